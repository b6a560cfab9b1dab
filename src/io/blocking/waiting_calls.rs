//! The calls that wait at a split socket, and which of them can go on when.
//!
//! Each call waits in its own thread. Whoever has used the socket wakes those that can go on by
//! it. A call that was woken uses the socket itself, and so wakes the next one.

use std::collections::BTreeMap;
use std::thread::{self, Thread};

#[cfg(test)]
mod tests;

/// The calls that wait. Each has an id: the one that came first has the smallest.
#[derive(Debug, Default)]
pub(super) struct WaitingCalls {
    /// Calls that wait until everything before a position in the output is written, by position and
    /// id.
    for_position: BTreeMap<(u64, u64), Thread>,
    for_room: BTreeMap<u64, Thread>,
    /// Calls that wait until another sender's message in fragments is finished.
    for_message_end: BTreeMap<u64, Thread>,
    last_id: u64,
}

/// What a call waits for: a position in the output to be written, room, or the end of another
/// sender's message in fragments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitFor {
    Position(u64),
    Room,
    MessageEnd,
}

/// The state of the output, as far as it decides who can go on.
#[derive(Debug)]
pub(super) struct OutputState {
    /// Everything before this position is written.
    pub(super) flushed: u64,
    /// No output waits to be written.
    pub(super) drained: bool,
    /// Nobody writes.
    pub(super) idle: bool,
    pub(super) has_room: bool,
    /// A message in fragments is unfinished.
    pub(super) has_unfinished_message: bool,
    /// Messages are accepted.
    pub(super) open: bool,
}

impl WaitingCalls {
    pub(super) const fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Gives the call of this thread its place.
    pub(super) fn insert(&mut self, id: u64, wait: WaitFor) {
        let thread = thread::current();
        match wait {
            WaitFor::Position(position) => self.for_position.insert((position, id), thread),
            WaitFor::Room => self.for_room.insert(id, thread),
            WaitFor::MessageEnd => self.for_message_end.insert(id, thread),
        };
    }

    /// Takes the place of a call away, if it still has one.
    pub(super) fn remove(&mut self, id: u64, wait: WaitFor) {
        match wait {
            WaitFor::Position(position) => self.for_position.remove(&(position, id)),
            WaitFor::Room => self.for_room.remove(&id),
            WaitFor::MessageEnd => self.for_message_end.remove(&id),
        };
    }

    pub(super) fn is_empty(&self) -> bool {
        self.for_position.is_empty() && self.for_room.is_empty() && self.for_message_end.is_empty()
    }

    /// Wakes the calls that can go on. They lose their places, and take them again if they have to
    /// wait again.
    pub(super) fn wake(&mut self, output: &OutputState) {
        while let Some(first) = self.for_position.first_entry()
            && (output.drained || first.key().0 <= output.flushed)
        {
            first.remove().unpark();
        }
        if !output.open {
            let all = [&mut self.for_room, &mut self.for_message_end];
            all.into_iter().for_each(|all| std::mem::take(all).values().for_each(Thread::unpark));
        }
        if output.has_room {
            wake_first(&mut self.for_room);
        }
        if !output.has_unfinished_message {
            wake_first(&mut self.for_message_end);
        }
        if !output.drained && output.idle {
            self.wake_to_write();
        }
    }

    /// Wakes one call to write, if any waits.
    fn wake_to_write(&mut self) {
        if let Some((_, thread)) = self.for_position.pop_first() {
            return thread.unpark();
        }
        if !wake_first(&mut self.for_room) {
            wake_first(&mut self.for_message_end);
        }
    }
}

fn wake_first(calls: &mut BTreeMap<u64, Thread>) -> bool {
    calls.pop_first().inspect(|(_, thread)| thread.unpark()).is_some()
}
