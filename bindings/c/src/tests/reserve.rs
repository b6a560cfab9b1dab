//! The reserve, which many threads use at once.

#![expect(unsafe_code, reason = "tests deal in raw memory")]

use std::alloc::Layout;
use std::{slice, thread};

use crate::reserve::Reserve;

const TURNS: u8 = if cfg!(miri) { 8 } else { 200 };

fn fill_and_give_back(reserve: &Reserve, layout: Layout, with: u8) {
    let memory = reserve.take(layout);
    if memory.is_null() {
        return;
    }
    assert!(memory.addr().is_multiple_of(layout.align()));
    // SAFETY: there are as many bytes, and nobody else has them.
    unsafe { memory.write_bytes(with, layout.size()) };
    thread::yield_now();
    // SAFETY: as above.
    let bytes = unsafe { slice::from_raw_parts(memory, layout.size()) };
    assert!(bytes.iter().all(|byte| *byte == with));
    let unit = reserve.unit_of(memory).unwrap();
    assert!(!reserve.is_settled_here());
    reserve.give_back(unit, layout);
    assert!(reserve.is_settled_here());
}

#[test]
fn threads_share_the_reserve_and_know_what_is_theirs() {
    static RESERVE: Reserve = Reserve::new();
    thread::scope(|scope| {
        for number in 0..4_u8 {
            scope.spawn(move || {
                for turn in 0..TURNS {
                    let len = 1 + usize::from(turn) * 37 % (16 << 10);
                    let layout = Layout::from_size_align(len, 1 << (turn % 12)).unwrap();
                    fill_and_give_back(&RESERVE, layout, number);
                }
            });
        }
    });
}

#[test]
fn what_was_taken_around_a_callback_is_set_aside_meanwhile() {
    static RESERVE: Reserve = Reserve::new();
    let layout = Layout::new::<u64>();
    let around = RESERVE.take(layout);
    let units = RESERVE.settle_here();
    assert!(RESERVE.is_settled_here());
    let inside = RESERVE.take(layout);
    assert!(!RESERVE.is_settled_here());
    assert_eq!(RESERVE.settle_here(), 1 << RESERVE.unit_of(inside).unwrap());
    RESERVE.unsettle_here(units);
    assert_eq!(units, 1 << RESERVE.unit_of(around).unwrap());
    assert!(!RESERVE.is_settled_here());
    RESERVE.give_back(RESERVE.unit_of(around).unwrap(), layout);
    assert!(RESERVE.is_settled_here());
    RESERVE.give_back(RESERVE.unit_of(inside).unwrap(), layout);
}
