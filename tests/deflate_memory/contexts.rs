//! The memory of the contexts of zlib-rs: one allocation each, which is released, and none while
//! they work.

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Inflate, InflateFlush};

use crate::counting::{allocations, bytes};

/// The allocations and bytes of what `make` returns. Checks that `work` allocates nothing and that
/// all is released.
fn held<T>(make: impl FnOnce() -> T, work: impl FnOnce(&mut T)) -> (usize, isize) {
    let before = (allocations(), bytes());
    let mut context = make();
    let made = (allocations() - before.0, bytes() - before.1);
    work(&mut context);
    assert_eq!((allocations() - before.0, bytes() - before.1), made);
    drop(context);
    assert_eq!(bytes(), before.1);
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
    // 128 KiB for hashes in any case; four bytes per byte of the window, which is held twice and
    // has two bytes of links per byte; seven bytes per symbol of a block; and the rest.
    let expected = (128 << 10) + (4 << window) + (7 << (memory + 6));
    assert!((expected..expected + 8192).contains(&bytes), "{window}, {memory}: {bytes}");
    bytes
}
