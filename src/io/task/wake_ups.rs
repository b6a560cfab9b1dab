//! Who is woken after somebody has worked at a socket that several calls may wait for.

use std::mem;
use std::task::Waker;

use super::waiters::{OutputState, Waiters};
use super::{Wire, Writer};
use crate::{Time, Transport};

/// What the receiver waits for, besides input.
pub(super) struct ReceiverView {
    deadline: Option<Time>,
    transport: Transport,
    drained: bool,
}

/// Who has worked at a socket.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Worker {
    /// The receiver, which knows what it has done.
    Receiver,
    /// A call that sends.
    Sender,
}

impl ReceiverView {
    /// Whether the receiver, which last saw `before`, has to look again.
    fn needs_receiver_since(&self, before: &Self) -> bool {
        let earlier = match (self.deadline, before.deadline) {
            (Some(now), Some(before)) => now < before,
            (now, None) => now.is_some(),
            (None, Some(_)) => false,
        };
        let ends = self.transport != Transport::Keep;
        earlier || self.transport != before.transport || (ends && self.drained != before.drained)
    }
}

impl<W: Wire> Writer<W> {
    /// What the receiver sees now. Look at this before the work, for
    /// [`take_ready`](Self::take_ready) after it.
    pub(super) fn receiver_view(&self) -> ReceiverView {
        ReceiverView {
            deadline: self.connection.poll_timeout(),
            transport: self.connection.transport(),
            drained: self.is_drained(),
        }
    }

    /// The wakers of those who can go on after the work of `worker`.
    pub(super) fn take_ready(
        &mut self,
        waiters: &Waiters,
        worker: Worker,
        before: &ReceiverView,
    ) -> Vec<Waker> {
        let mut output = self.output_state();
        output.wakes_receiver = worker != Worker::Receiver && self.must_wake_receiver(before);
        let (wakers, awaited_position) = waiters.take_ready(&output);
        self.awaited_position = awaited_position;
        wakers
    }

    /// Whether the receiver has more to do than `before`, or has to do it earlier. A failed write
    /// that was not reported counts once.
    fn must_wake_receiver(&mut self, before: &ReceiverView) -> bool {
        mem::take(&mut self.has_unreported_failure)
            || self.receiver_view().needs_receiver_since(before)
    }

    fn output_state(&self) -> OutputState {
        OutputState {
            flushed: self.flushed,
            drained: self.is_drained(),
            room: self.room(),
            message_in_progress: self.has_unfinished_message(),
            open: self.connection.is_open(),
            needs_driver: !self.is_drained() && !self.stream_wakes,
            wakes_receiver: false,
        }
    }
}
