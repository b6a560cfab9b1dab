//! Crowds of calls: who is woken, and how many at a time.

use super::*;

const CALLS: u64 = 1000;

/// Output that waits, while another call writes.
const BUSY: OutputState = OutputState {
    flushed: 0,
    drained: false,
    idle: false,
    has_room: false,
    has_unfinished_message: true,
    open: true,
};

const DRAINED: OutputState = OutputState {
    drained: true,
    idle: true,
    has_room: true,
    has_unfinished_message: false,
    ..BUSY
};

impl WaitingCalls {
    fn of(wait: impl Fn(u64) -> WaitFor) -> Self {
        let mut calls = Self::default();
        for number in 1..=CALLS {
            let id = calls.new_id();
            calls.insert(id, wait(number));
        }
        calls
    }

    fn count(&self) -> usize {
        self.for_position.len() + self.for_room.len() + self.for_message_end.len()
    }

    /// How many calls this wakes.
    fn woken(&mut self, output: &OutputState) -> usize {
        let before = self.count();
        self.wake(output);
        before - self.count()
    }
}

#[test]
fn what_is_written_wakes_those_who_wait_for_it_and_no_other() {
    let mut calls = WaitingCalls::of(WaitFor::Position);
    for flushed in [0, 0, 1, 1, 10, 500, 500] {
        calls.wake(&OutputState { flushed, ..BUSY });
        assert_eq!(calls.count() as u64, CALLS - flushed);
    }
    assert_eq!(calls.woken(&DRAINED), 500);
    assert!(calls.is_empty());
}

#[test]
fn room_wakes_one_at_a_time_and_the_first_first() {
    let mut calls = WaitingCalls::of(|_| WaitFor::Room);
    assert_eq!(calls.woken(&BUSY), 0);
    for left in (0..CALLS).rev() {
        assert_eq!(calls.woken(&OutputState { has_room: true, ..BUSY }), 1);
        assert_eq!(calls.for_room.keys().next(), (left > 0).then_some(&(CALLS - left + 1)));
    }
    assert!(calls.is_empty());
}

#[test]
fn the_end_of_a_message_wakes_one_at_a_time() {
    let mut calls = WaitingCalls::of(|_| WaitFor::MessageEnd);
    assert_eq!(calls.woken(&BUSY), 0);
    for _ in 0..CALLS {
        assert_eq!(calls.woken(&OutputState { has_unfinished_message: false, ..BUSY }), 1);
    }
    assert!(calls.is_empty());
}

#[test]
fn one_is_woken_to_write_where_nobody_writes() {
    for wait in [WaitFor::Position(7), WaitFor::Room, WaitFor::MessageEnd] {
        let mut calls = WaitingCalls::of(|_| wait);
        for _ in 0..CALLS {
            assert_eq!(calls.woken(&OutputState { idle: true, ..BUSY }), 1, "{wait:?}");
        }
        assert!(calls.is_empty());
    }
}

#[test]
fn the_end_of_the_connection_wakes_all_who_want_to_send() {
    for wait in [WaitFor::Room, WaitFor::MessageEnd] {
        let mut calls = WaitingCalls::of(|_| wait);
        assert_eq!(calls.woken(&OutputState { open: false, ..BUSY }) as u64, CALLS);
    }
}

#[test]
fn nothing_is_kept_of_a_call_that_is_over() {
    for wait in [WaitFor::Position(7), WaitFor::Room, WaitFor::MessageEnd] {
        let mut calls = WaitingCalls::of(|_| wait);
        (1..=CALLS).for_each(|id| calls.remove(id, wait));
        assert!(calls.is_empty(), "{wait:?}");
        // Who was woken meanwhile has no place any more.
        calls.remove(1, wait);
    }
}
