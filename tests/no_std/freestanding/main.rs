//! A program without the standard library and without a C library: it says to Linux itself what came
//! out of the conversation, and ends with 0 only if that was right.
#![no_std]
#![no_main]
// The functions in `c` would be made of calls to themselves.
#![no_builtins]

#[cfg(target_os = "linux")]
mod c;
mod linux;

use core::panic::PanicInfo;

use no_std::{Wrong, converse};

/// Where the program begins, with a stack and nothing else.
extern "C" fn main() -> ! {
    for (compressed, name) in [(false, "plain"), (true, "compressed")] {
        if let Err(Wrong(what)) = converse(compressed) {
            linux::write(&["wrong, ", name, ": ", what, "\n"]);
            linux::exit(1);
        }
        linux::write(&["right, ", name, "\n"]);
    }
    linux::exit(0)
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    linux::write(&["a panic\n"]);
    linux::exit(101)
}
