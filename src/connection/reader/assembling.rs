//! Messages that are delivered whole.

use super::{Found, Frame, Reader, at_hand};
use crate::ProtocolError;
use crate::connection::config::Config;
use crate::memory::{Assembly, Delivered, Incoming, Place, What};
use crate::utf8;

impl Reader {
    pub(super) fn read_assembling(
        &mut self,
        mut frame: Frame,
        incoming: &mut Incoming,
        config: &Config,
    ) -> Result<Option<Found>, ProtocolError> {
        let len = at_hand(&frame, incoming.unread().len());
        let whole = frame.fin && len as u64 == frame.left && incoming.message_len() == 0;
        if whole {
            let place = incoming.consume(len);
            frame.take_in(incoming.at(place));
            return Ok(Some(Found::Data(self.finish_in_window(place, incoming)?)));
        }
        if len > 0 {
            self.assemble(&mut frame, len, incoming, config)?;
        }
        if frame.left > 0 {
            self.frame = Some(frame);
            return Ok(Some(Found::Nothing));
        }
        if frame.fin {
            return Ok(Some(Found::Data(self.finish_assembled(incoming)?)));
        }
        Ok(None)
    }

    /// Moves the next `len` payload bytes to the message.
    pub(super) fn assemble(
        &mut self,
        frame: &mut Frame,
        len: usize,
        incoming: &mut Incoming,
        config: &Config,
    ) -> Result<(), ProtocolError> {
        let (unread, message) = incoming.unread_and_assembly();
        make_room(message, len, frame.left, config.limits.message);
        message.append(&unread[..len], frame.key);
        frame.advance(len);
        if self.in_text() {
            message.check_text(usize::MAX)?;
        }
        incoming.consume(len);
        Ok(())
    }

    /// The message is complete, and all of it is at a place in the window.
    fn finish_in_window(
        &mut self,
        place: Place,
        incoming: &Incoming,
    ) -> Result<Delivered, ProtocolError> {
        let text = self.in_text();
        self.finish(text, !text || utf8::is_valid(incoming.bytes_at(place)), place)
    }

    /// The message is complete, and all of it was put together.
    pub(super) fn finish_assembled(
        &mut self,
        incoming: &Incoming,
    ) -> Result<Delivered, ProtocolError> {
        let text = self.in_text();
        self.finish(text, !text || incoming.message_is_text(), incoming.message_place(None))
    }

    fn finish(
        &mut self,
        text: bool,
        is_valid: bool,
        place: Place,
    ) -> Result<Delivered, ProtocolError> {
        self.message = None;
        if !is_valid {
            return Err(ProtocolError::InvalidUtf8);
        }
        Ok(if text { What::Text } else { What::Binary }.at(place))
    }
}

/// Room for `len` bytes and, as far as that is no more than has come, for the rest of the frame:
/// most frames that are cut are then put together without moving. No more than for the longest
/// message, which the frame has been found to stay within.
fn make_room(message: &mut Assembly, len: usize, frame_left: u64, longest: u64) {
    if message.capacity() - message.len() < len {
        let come = message.len() + len;
        let rest = usize::try_from(frame_left).map_or(usize::MAX, |left| left - len);
        let most = usize::try_from(longest).map_or(usize::MAX, |longest| longest - message.len());
        message.reserve(message.len().max(len + rest.min(come)).min(most));
    }
}
