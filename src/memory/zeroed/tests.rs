use super::*;

#[test]
fn zeros_grow_like_any_vector() {
    for len in [0, 1, 1000, 300_000] {
        let mut zeros = zeroed(len).unwrap();
        assert!(zeros.len() == len && zeros.iter().all(|byte| *byte == 0));
        zeros.extend_from_slice(b"more");
        assert_eq!(&zeros[len..], b"more");
    }
}

#[test]
fn what_no_vector_can_hold_is_refused() {
    assert_eq!(zeroed(usize::MAX), Err(NoMemory));
}
