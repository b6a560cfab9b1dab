//! What Linux is asked for, without a library between.

use core::arch::{asm, global_asm};

use super::main;

/// Writes to standard output. What does not fit is lost.
pub(crate) fn write(parts: &[&str]) {
    for part in parts {
        // SAFETY: the text is there as long as the call takes.
        unsafe { call(WRITE, 1, part.as_ptr().addr(), part.len()) };
    }
}

/// Ends the program.
pub(crate) fn exit(code: usize) -> ! {
    loop {
        // SAFETY: it does not return.
        unsafe { call(EXIT, code, 0, 0) };
    }
}

#[cfg(target_arch = "x86_64")]
const WRITE: usize = 1;
#[cfg(target_arch = "x86_64")]
const EXIT: usize = 60;

#[cfg(any(target_arch = "x86", target_arch = "arm", target_arch = "s390x"))]
const WRITE: usize = 4;
#[cfg(any(target_arch = "x86", target_arch = "arm", target_arch = "s390x"))]
const EXIT: usize = 1;

#[cfg(any(target_arch = "aarch64", target_arch = "riscv32", target_arch = "riscv64"))]
const WRITE: usize = 64;
#[cfg(any(target_arch = "aarch64", target_arch = "riscv32", target_arch = "riscv64"))]
const EXIT: usize = 93;

// The kernel begins at `_start`, with the arguments on the stack, which is aligned to 16 bytes.

#[cfg(target_arch = "x86_64")]
global_asm!(".globl _start", "_start:", "xor ebp, ebp", "call {}", "ud2", sym main);

#[cfg(target_arch = "x86")]
global_asm!(".globl _start", "_start:", "xor ebp, ebp", "call {}", "ud2", sym main);

#[cfg(target_arch = "aarch64")]
global_asm!(".globl _start", "_start:", "bl {}", "brk #1", sym main);

#[cfg(target_arch = "arm")]
global_asm!(".globl _start", ".thumb_func", "_start:", "bl {}", "udf #1", sym main);

#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
global_asm!(".globl _start", "_start:", "call {}", "unimp", sym main);

// A function may save its registers in 160 bytes of its caller.
#[cfg(target_arch = "s390x")]
global_asm!(".globl _start", "_start:", "aghi %r15, -160", "brasl %r14, {}", "j .", sym main);

/// A system call.
///
/// # Safety
///
/// As the kernel's documentation has it for this number.
#[cfg(target_arch = "x86_64")]
unsafe fn call(number: usize, first: usize, second: usize, third: usize) {
    // SAFETY: the kernel's convention, with the two registers that it overwrites.
    unsafe {
        asm!("syscall", inlateout("rax") number => _, in("rdi") first, in("rsi") second,
            in("rdx") third, lateout("rcx") _, lateout("r11") _, options(nostack));
    }
}

/// As above.
#[cfg(target_arch = "x86")]
unsafe fn call(number: usize, first: usize, second: usize, third: usize) {
    // SAFETY: the kernel's convention.
    unsafe {
        asm!("int 0x80", inlateout("eax") number => _, in("ebx") first, in("ecx") second,
            in("edx") third, options(nostack));
    }
}

/// As above.
#[cfg(target_arch = "aarch64")]
unsafe fn call(number: usize, first: usize, second: usize, third: usize) {
    // SAFETY: the kernel's convention.
    unsafe {
        asm!("svc #0", in("x8") number, inlateout("x0") first => _, in("x1") second,
            in("x2") third, options(nostack));
    }
}

/// As above.
#[cfg(target_arch = "arm")]
unsafe fn call(number: usize, first: usize, second: usize, third: usize) {
    // SAFETY: the kernel's convention. The number belongs in r7, which Rust may use for the frame, so
    // it is put back.
    unsafe {
        asm!("mov {saved}, r7", "mov r7, {number}", "svc #0", "mov r7, {saved}",
            saved = out(reg) _, number = in(reg) number, inlateout("r0") first => _,
            in("r1") second, in("r2") third, options(nostack));
    }
}

/// As above.
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
unsafe fn call(number: usize, first: usize, second: usize, third: usize) {
    // SAFETY: the kernel's convention.
    unsafe {
        asm!("ecall", in("a7") number, inlateout("a0") first => _, in("a1") second,
            in("a2") third, options(nostack));
    }
}

/// As above.
#[cfg(target_arch = "s390x")]
unsafe fn call(number: usize, first: usize, second: usize, third: usize) {
    // SAFETY: the kernel's convention.
    unsafe {
        asm!("svc 0", in("r1") number, inlateout("r2") first => _, in("r3") second,
            in("r4") third, options(nostack));
    }
}
