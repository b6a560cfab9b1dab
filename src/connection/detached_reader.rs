//! Reading frames without the connection, which others may have locked meanwhile.

use alloc::sync::Arc;

use super::reader::{Found, Reader};
use super::{Connection, Progress};
use crate::frame::Masking;
use crate::{Config, Incoming, Leniency, Outgoing, ProtocolError, Time};

/// What reads frames without the connection. When the connection has to handle what was read, the
/// two [swap](Connection::swap_reader) their readers, and swap them again afterwards.
#[derive(Debug)]
pub(crate) struct DetachedReader {
    reader: Reader,
    config: Arc<Config>,
    masking: Masking,
    leniency_used: Leniency,
    /// The connection does not know yet of a leniency that was used.
    has_news: bool,
}

/// What was read and the connection has to handle.
pub(crate) struct Unhandled(Result<Found, ProtocolError>);

impl DetachedReader {
    /// Reads on to the next event. Returns `None` if that is a message or a part of one, which is
    /// then the event of `incoming`. The connection has to handle everything else.
    #[inline(always)]
    pub(crate) fn read(&mut self, incoming: &mut Incoming) -> Option<Unhandled> {
        incoming.forget_event();
        match self.find(incoming) {
            // With a deadline for messages, the connection has to know when one is complete.
            Ok(Found::Data(delivered))
                if self.config.message_timeout.is_none() && !self.has_news =>
            {
                incoming.deliver(delivered);
                None
            }
            found => Some(Unhandled(found)),
        }
    }

    #[inline(always)]
    fn find(&mut self, incoming: &mut Incoming) -> Result<Found, ProtocolError> {
        let masked = self.masking.is_usual();
        if self.reader.at_rest()
            && let Some(whole) = self.reader.read_whole(&mut incoming.memory, masked)
        {
            return whole.map(Found::Data);
        }
        let Self { reader, config, masking, leniency_used, has_news } = self;
        let used_before = *leniency_used;
        let found = reader.read_frames(&mut incoming.memory, config, *masking, leniency_used);
        *has_news |= *leniency_used != used_before;
        found
    }
}

impl Connection {
    /// Takes the reader out, to read without the connection from now on.
    pub(crate) fn detach_reader(&mut self) -> DetachedReader {
        let mut left_behind = Reader::new(&self.config);
        left_behind.tally = self.reader.tally;
        DetachedReader {
            reader: core::mem::replace(&mut self.reader, left_behind),
            config: Arc::clone(&self.config),
            masking: self.masking(),
            leniency_used: self.leniency_used,
            has_news: false,
        }
    }

    /// Takes the reader back, or gives it away again. What it has read is known to the connection
    /// from then on.
    pub(crate) fn swap_reader(&mut self, detached: &mut DetachedReader) {
        core::mem::swap(&mut self.reader, &mut detached.reader);
        detached.has_news = false;
        self.reader.tally.catch_up(detached.reader.tally);
        self.leniency_used.unmasked_frames |= detached.leniency_used.unmasked_frames;
        self.leniency_used.masked_frames |= detached.leniency_used.masked_frames;
    }

    /// Whether frames are read. Not only what is read can end that, but also any other call.
    pub(crate) const fn reads_frames(&self) -> bool {
        self.life.reads_frames()
    }

    /// Handles what the detached reader has read, as [`receive_or_pause`](Self::receive_or_pause)
    /// does. If frames are not read any more, what it has read is dropped.
    pub(crate) fn receive_unhandled(
        &mut self,
        unhandled: Unhandled,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Option<Progress>, ProtocolError> {
        if self.reads_frames() {
            self.receive_found(unhandled.0, now, incoming, outgoing)
        } else {
            self.receive_or_pause(now, incoming, outgoing)
        }
    }
}

#[cfg(test)]
mod tests;
