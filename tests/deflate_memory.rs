//! The memory of zlib-rs's contexts: one allocation each, given back, and none while they work.
#![allow(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Inflate, InflateFlush};

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    /// May be below zero: some memory is given back by another thread than asked for it.
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

// SAFETY: all of it is done by the system's allocator, with the arguments as they came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        BYTES.set(BYTES.get() + layout.size() as isize);
        // SAFETY: the caller's duty.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        BYTES.set(BYTES.get() - layout.size() as isize);
        // SAFETY: the caller's duty.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// The allocations and bytes that `make` leaves; checks that `work` allocates nothing and that all
/// is given back.
fn held<T>(make: impl FnOnce() -> T, work: impl FnOnce(&mut T)) -> (usize, isize) {
    let before = (ALLOCATIONS.get(), BYTES.get());
    let mut context = make();
    let made = (ALLOCATIONS.get() - before.0, BYTES.get() - before.1);
    work(&mut context);
    assert_eq!((ALLOCATIONS.get() - before.0, BYTES.get() - before.1), made);
    drop(context);
    assert_eq!(BYTES.get(), before.1);
    made
}

fn compress(deflate: &mut Box<Deflate>) {
    let message = [*b"some text, some more text "; 200];
    let mut output = [0; 8192];
    for _ in 0..20 {
        deflate.compress(message.as_flattened(), &mut output, DeflateFlush::SyncFlush).unwrap();
        deflate.reset();
    }
}

#[test]
fn inflating() {
    let hello = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00, 0x00, 0xFF, 0xFF];
    let (allocations, bytes) = held(
        || Box::new(Inflate::new(false, 15)),
        |context| {
            for _ in 0..100 {
                context.decompress(&hello, &mut [0; 9], InflateFlush::NoFlush).unwrap();
                context.reset(false);
                context.set_dictionary(&[7; 32_768]).unwrap();
            }
        },
    );
    println!("inflating: {bytes} bytes");
    assert_eq!(allocations, 2);
    assert!((40_000..50_000).contains(&bytes), "{bytes}");
}

/// Run with `--nocapture` for the table.
#[test]
fn deflating() {
    println!("deflating: bytes by window (down) and memory level (across)");
    for window in 9..=15 {
        let row: Vec<isize> = (1..=9).map(|memory| deflating_with(window, memory)).collect();
        println!("{window:2} {row:7?}");
    }
}

fn deflating_with(window: i32, memory: i32) -> isize {
    let config = DeflateConfig {
        level: 6,
        window_bits: -window,
        mem_level: memory,
        ..DeflateConfig::default()
    };
    let (allocations, bytes) = held(|| Box::new(Deflate::new_with_config(config)), compress);
    assert_eq!(allocations, 2);
    // 128 KiB for hashes, whatever is asked for; four bytes per byte of the window (its double,
    // and two for each as links); seven per symbol of a block; and the rest.
    let expected = (128 << 10) + (4 << window) + (7 << (memory + 6));
    assert!((expected..expected + 8192).contains(&bytes), "{window}, {memory}: {bytes}");
    bytes
}
