//! What the application sends.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use websocket_proto::{CloseCode, MessageKind, Prepared, SendError};

use super::state::time;
use super::{Connection, event};
use crate::bytes::Bytes;
use crate::code::{Code, Failure};
use crate::handle::{Handle, change};

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_send_text(
    connection: Option<&Handle<Connection>>,
    text: Bytes<'_>,
) -> i32 {
    change(connection, |it| Ok(it.protocol.send_text(checked(text)?, &mut it.outgoing)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_send_binary(
    connection: Option<&Handle<Connection>>,
    data: Bytes<'_>,
) -> i32 {
    change(connection, |it| Ok(it.protocol.send_binary(data.get()?, &mut it.outgoing)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_send_prepared(
    connection: Option<&Handle<Connection>>,
    message: Option<&Prepared>,
) -> i32 {
    change(connection, |it| {
        let message = message.ok_or(Failure::Null)?;
        Ok(it.protocol.send_prepared(message, &mut it.outgoing)?)
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_start(connection: Option<&Handle<Connection>>, kind: u32) -> i32 {
    change(connection, |it| {
        let kind = match kind {
            event::TEXT => MessageKind::Text,
            event::BINARY => MessageKind::Binary,
            _ => return Err(Failure::BadValue.into()),
        };
        Ok(it.protocol.start_message(kind)?)
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_fragment(
    connection: Option<&Handle<Connection>>,
    data: Bytes<'_>,
) -> i32 {
    change(connection, |it| Ok(it.protocol.send_fragment(data.get()?, &mut it.outgoing)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_finish(
    connection: Option<&Handle<Connection>>,
    data: Bytes<'_>,
) -> i32 {
    change(connection, |it| Ok(it.protocol.send_last_fragment(data.get()?, &mut it.outgoing)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_ping(
    connection: Option<&Handle<Connection>>,
    payload: Bytes<'_>,
) -> i32 {
    change(connection, |it| Ok(it.protocol.send_ping(payload.get()?, &mut it.outgoing)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_pong(
    connection: Option<&Handle<Connection>>,
    payload: Bytes<'_>,
) -> i32 {
    change(connection, |it| Ok(it.protocol.send_pong(payload.get()?, &mut it.outgoing)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_close(
    connection: Option<&Handle<Connection>>,
    now: u64,
    code: u16,
    reason: Bytes<'_>,
) -> i32 {
    change(connection, |it| {
        let (code, reason) = (CloseCode::new(code), checked(reason)?);
        Ok(it.protocol.start_close(time(now), code, reason, &mut it.outgoing)?)
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_abort(connection: Option<&Handle<Connection>>) -> i32 {
    change(connection, |it| {
        it.protocol.abort(&mut it.outgoing);
        Ok(())
    })
}

/// The text, or the error of text to be sent that is none.
#[inline]
fn checked(text: Bytes<'_>) -> Result<&str, Code> {
    Ok(str::from_utf8(text.get()?).map_err(|_| SendError::NotUtf8)?)
}
