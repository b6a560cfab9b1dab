//! Reading frames apart from the connection, which may be locked by others meanwhile.

use alloc::sync::Arc;

use super::reader::{Found, Reader};
use super::{Connection, Progress};
use crate::frame::Masking;
use crate::{Config, Delivery, Incoming, Leniency, Outgoing, ProtocolError, Time};

/// What reading frames takes besides the memory. While the connection has to see what was read,
/// the two [swap](Connection::swap_reader) readers, and swap them again behind it.
#[derive(Debug)]
pub(crate) struct Apart {
    reader: Reader,
    config: Arc<Config>,
    masking: Masking,
    leniency_used: Leniency,
}

/// What was read and not taken in.
pub(crate) struct Unseen(Result<Found, ProtocolError>);

impl Apart {
    /// Reads on to the next event. `None` if that is a message, or a part of one, which then stands
    /// in `incoming`; all else is the connection's to see.
    #[inline(always)]
    pub(crate) fn read(&mut self, incoming: &mut Incoming) -> Option<Unseen> {
        incoming.forget_event();
        match self.find(incoming) {
            // A wait for the rest of a message has its deadline in the connection.
            Ok(Found::Data(delivered)) if self.config.message_timeout.is_none() => {
                incoming.deliver(delivered);
                None
            }
            found => Some(Unseen(found)),
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
    pub(crate) fn take_apart(&mut self) -> Apart {
        Apart {
            reader: core::mem::replace(&mut self.reader, Reader::new()),
            config: Arc::clone(&self.config),
            masking: self.masking(),
            leniency_used: self.leniency_used,
        }
    }

    /// Takes the reader from there, or gives it back.
    pub(crate) fn swap_reader(&mut self, apart: &mut Apart) {
        core::mem::swap(&mut self.reader, &mut apart.reader);
        self.leniency_used.unmasked_frames |= apart.leniency_used.unmasked_frames;
    }

    /// Whether frames are read, which others than the reader may bring to its end.
    pub(crate) const fn reads_frames(&self) -> bool {
        self.life.reads_frames()
    }

    /// Takes in what was read apart, as [`receive_some`](Self::receive_some) does. If nothing is
    /// read any more, what was found is let go.
    pub(crate) fn receive_unseen(
        &mut self,
        unseen: Unseen,
        now: Time,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<Option<Progress>, ProtocolError> {
        if self.reads_frames() {
            self.receive_found(unseen.0, now, incoming, outgoing)
        } else {
            self.receive_some(now, incoming, outgoing)
        }
    }
}
