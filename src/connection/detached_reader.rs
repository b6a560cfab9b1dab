//! Reading frames apart from the connection, which may be locked by others meanwhile.

use alloc::sync::Arc;

use super::reader::{Found, Reader};
use super::{Connection, Progress};
use crate::frame::Masking;
use crate::{Config, Delivery, Incoming, Leniency, Outgoing, ProtocolError, Time};

/// What reading frames takes besides the memory. While the connection has to see what was read,
/// the two [swap](Connection::swap_reader) readers, and swap them again behind it.
#[derive(Debug)]
pub(crate) struct DetachedReader {
    reader: Reader,
    config: Arc<Config>,
    masking: Masking,
    leniency_used: Leniency,
}

/// What was read and not taken in.
pub(crate) struct Unhandled(Result<Found, ProtocolError>);

impl DetachedReader {
    /// Reads on to the next event. `None` if that is a message, or a part of one, which then stands
    /// in `incoming`; all else is the connection's to see.
    #[inline(always)]
    pub(crate) fn read(&mut self, incoming: &mut Incoming) -> Option<Unhandled> {
        incoming.forget_event();
        match self.find(incoming) {
            // A wait for the rest of a message has its deadline in the connection.
            Ok(Found::Data(delivered)) if self.config.message_timeout.is_none() => {
                incoming.deliver(delivered);
                None
            }
            found => Some(Unhandled(found)),
        }
    }

    #[inline(always)]
    fn find(&mut self, incoming: &mut Incoming) -> Result<Found, ProtocolError> {
        let masked = self.masking != Masking::Forbidden;
        if self.reader.at_rest()
            && self.config.delivery == Delivery::Whole
            && let Some(whole) = Reader::read_whole(&mut incoming.memory, &self.config, masked)
        {
            return whole.map(Found::Data);
        }
        let Self { reader, config, masking, leniency_used } = self;
        reader.read_frames(&mut incoming.memory, config, *masking, leniency_used)
    }
}

impl Connection {
    /// Takes the reader out, which stays apart.
    pub(crate) fn detach_reader(&mut self) -> DetachedReader {
        DetachedReader {
            reader: core::mem::replace(&mut self.reader, Reader::new()),
            config: Arc::clone(&self.config),
            masking: self.masking(),
            leniency_used: self.leniency_used,
        }
    }

    /// Takes the reader from there, or gives it back.
    pub(crate) fn swap_reader(&mut self, detached: &mut DetachedReader) {
        core::mem::swap(&mut self.reader, &mut detached.reader);
        self.leniency_used.unmasked_frames |= detached.leniency_used.unmasked_frames;
    }

    /// Whether frames are read, which others than the reader may bring to its end.
    pub(crate) const fn reads_frames(&self) -> bool {
        self.life.reads_frames()
    }

    /// Takes in what was read apart, as [`receive_or_pause`](Self::receive_or_pause) does. If nothing is
    /// read any more, what was found is let go.
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
