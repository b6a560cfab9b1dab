//! The state machine in a program without the standard library.
#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;

use websocket_proto::{Config, Connection, Incoming, Outgoing, Progress, Time};

#[global_allocator]
static NO_MEMORY: NoMemory = NoMemory;

struct NoMemory;

unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Uses enough of the crate that it has to be linked.
#[unsafe(no_mangle)]
pub extern "C" fn receives_nothing() -> bool {
    let mut connection = Connection::server(Config::default(), Time::ZERO);
    let (mut incoming, mut outgoing) = (Incoming::new(), Outgoing::new());
    connection.receive(Time::ZERO, &mut incoming, &mut outgoing) == Ok(Progress::NeedBytes)
}
