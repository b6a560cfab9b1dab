//! How a connection ended: `wsp_ending`.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use std::mem::MaybeUninit;

use websocket_proto::{CloseCode, CloseFrame, EndCause, Ending};

use super::Connection;
use super::state::nanos;
use crate::bytes::LentBytes;
use crate::code::{Code, Failure};
use crate::handle::{Handle, change};

/// The ending as a plain value; the reasons belong to the connection.
#[repr(C)]
pub(crate) struct EndingReport {
    pub(crate) cause: i32,
    pub(crate) deadline: i32,
    pub(crate) error: i32,
    pub(crate) fault: i32,
    pub(crate) code: u16,
    pub(crate) sent: u16,
    pub(crate) received: u16,
    pub(crate) initiator: u8,
    pub(crate) message_lost: u8,
    pub(crate) has_sent: u8,
    pub(crate) has_received: u8,
    pub(crate) reserved: [u8; 6],
    pub(crate) stalled: u64,
    pub(crate) sent_reason: LentBytes,
    pub(crate) received_reason: LentBytes,
    pub(crate) reserved_too: [u64; 4],
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_read_ending(
    connection: Option<&Handle<Connection>>,
    out: Option<&mut MaybeUninit<EndingReport>>,
) -> i32 {
    let Some(out) = out else { return Failure::Null.number() };
    if connection.is_some_and(Handle::is_exhaustion_told) {
        out.write(EndingReport::out_of_memory());
        return 0;
    }
    change(connection, |it| {
        out.write(EndingReport::new(it.ending.as_deref().ok_or(Failure::NoEvent)?));
        Ok(())
    })
}

impl EndingReport {
    /// The ending of a connection whose memory is not looked at.
    fn out_of_memory() -> Self {
        Self {
            cause: EndCause::OutOfMemory.code().into(),
            deadline: 0,
            error: 0,
            fault: 0,
            code: CloseCode::ABNORMAL.get(),
            sent: 0,
            received: 0,
            initiator: 0,
            message_lost: 0,
            has_sent: 0,
            has_received: 0,
            reserved: [0; 6],
            stalled: 0,
            sent_reason: LentBytes::NOTHING,
            received_reason: LentBytes::NOTHING,
            reserved_too: [0; 4],
        }
    }

    fn new(ending: &Ending) -> Self {
        let (error, deadline) = match ending.cause {
            EndCause::Failed(error) => (Code::from(error).number(), 0),
            EndCause::TimedOut(deadline) => (0, deadline.code().into()),
            _ => (0, 0),
        };
        let (sent, sent_reason) = frame(ending.sent.as_ref());
        let (received, received_reason) = frame(ending.received.as_ref());
        Self {
            cause: ending.cause.code().into(),
            deadline,
            error,
            fault: ending.fault.map_or(0, |fault| Code::from(fault).number()),
            code: ending.code().get(),
            sent,
            received,
            initiator: ending.initiator.map_or(0, |side| side.code() as u8),
            message_lost: ending.message_lost.into(),
            has_sent: ending.sent.is_some().into(),
            has_received: ending.received.is_some().into(),
            reserved: [0; 6],
            stalled: nanos(ending.stalled),
            sent_reason,
            received_reason,
            reserved_too: [0; 4],
        }
    }
}

/// The code and the reason of a Close frame; 0 and nothing if there was none.
fn frame(frame: Option<&CloseFrame>) -> (u16, LentBytes) {
    frame.map_or((0, LentBytes::NOTHING), |frame| {
        (frame.code.get(), LentBytes::new(frame.reason.as_bytes()))
    })
}
