use super::*;

#[test]
fn blocks_are_aligned_and_freed() {
    for (items, size) in [(1, 1), (3, 5), (1, 48 << 10)] {
        // SAFETY: the block is written within its length, and freed once.
        unsafe {
            let block = allocate(ptr::null_mut(), items, size);
            assert!(!block.is_null() && block.addr().is_multiple_of(FRONT));
            block.cast::<u8>().write_bytes(7, (items * size) as usize);
            free(ptr::null_mut(), block);
        }
    }
}

#[test]
fn nothing_and_too_much_are_null() {
    // SAFETY: null may be freed.
    unsafe {
        assert!(allocate(ptr::null_mut(), 0, 8).is_null());
        assert!(allocate(ptr::null_mut(), c_uint::MAX, c_uint::MAX).is_null());
        free(ptr::null_mut(), ptr::null_mut());
    }
}
