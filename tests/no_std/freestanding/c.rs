//! What `core` expects of any C library, which is little. Targets without an operating system have the
//! functions from Rust.

/// # Safety
///
/// Both places have `len` bytes, and do not overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    for at in 0..len {
        // SAFETY: inside both places.
        unsafe { *to.wrapping_add(at) = *from.wrapping_add(at) };
    }
    to
}

/// # Safety
///
/// Both places have `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    if to.addr() <= from.addr() {
        // SAFETY: from the front, nothing is written before it was read.
        return unsafe { memcpy(to, from, len) };
    }
    for at in (0..len).rev() {
        // SAFETY: inside both places, and from the end nothing is written before it was read.
        unsafe { *to.wrapping_add(at) = *from.wrapping_add(at) };
    }
    to
}

/// # Safety
///
/// The place has `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    for at in 0..len {
        // SAFETY: inside the place.
        unsafe { *to.wrapping_add(at) = byte as u8 };
    }
    to
}

/// # Safety
///
/// Both places have `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    for at in 0..len {
        // SAFETY: inside both places.
        let (left, right) = unsafe { (*left.wrapping_add(at), *right.wrapping_add(at)) };
        if left != right {
            return i32::from(left) - i32::from(right);
        }
    }
    0
}

/// # Safety
///
/// Both places have `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    // SAFETY: the same.
    unsafe { memcmp(left, right, len) }
}

/// # Safety
///
/// The place has a byte that is 0.
#[unsafe(no_mangle)]
unsafe extern "C" fn strlen(text: *const u8) -> usize {
    let mut len = 0;
    // SAFETY: no byte before was 0.
    while unsafe { *text.wrapping_add(len) } != 0 {
        len += 1;
    }
    len
}

/// `core` was compiled for programs that unwind, and names this. Nothing here does.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// The same.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    crate::linux::exit(102)
}

/// For aarch64, Rust comes with code that asks which atomic instructions the processor has. That code
/// runs before `main`, if a C library calls it.
#[cfg(target_arch = "aarch64")]
#[unsafe(no_mangle)]
extern "C" fn getauxval(_: usize) -> usize {
    0
}
