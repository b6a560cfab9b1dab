//! Time, and what to do with the transport.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use std::mem::MaybeUninit;
use std::time::Duration;

use websocket_proto::{Time, Transport};

use super::Connection;
use crate::deflate::{self, DeflateParameters};
use crate::handle::{Handle, change, look};
use crate::options::{self, NEVER};

const CLOSE_TRANSPORT: u32 = Transport::Close.code() as u32;

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_timeout(connection: Option<&Handle<Connection>>) -> u64 {
    look(connection, NEVER, |it| it.protocol.poll_timeout().map_or(NEVER, nanos_of))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_handle_timeout(
    connection: Option<&Handle<Connection>>,
    now: u64,
) -> i32 {
    change(connection, |it| {
        it.protocol.handle_timeout(time(now), &mut it.outgoing);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_transport(connection: Option<&Handle<Connection>>) -> u32 {
    look(connection, CLOSE_TRANSPORT, |it| it.protocol.transport().code().into())
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_is_open(connection: Option<&Handle<Connection>>) -> bool {
    look(connection, false, |it| it.protocol.is_open())
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_lenient(connection: Option<&Handle<Connection>>) -> u32 {
    look(connection, 0, |it| options::bits(it.protocol.leniency_used()))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_round_trip(connection: Option<&Handle<Connection>>) -> u64 {
    look(connection, NEVER, |it| it.protocol.round_trip().map_or(NEVER, nanos))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_agreed(
    connection: Option<&Handle<Connection>>,
    out: Option<&mut MaybeUninit<DeflateParameters>>,
) -> bool {
    let agreed = look(connection, None, |it| it.protocol.deflate());
    if let Some(out) = out {
        out.write(agreed.map_or_else(DeflateParameters::default, Into::into));
    }
    agreed.is_some()
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_set_compression(
    connection: Option<&Handle<Connection>>,
    enabled: bool,
) -> i32 {
    change(connection, |it| {
        deflate::set_compression(&mut it.protocol, enabled);
        Ok(())
    })
}

pub(crate) fn time(nanos: u64) -> Time {
    Time::new(Duration::from_nanos(nanos))
}

fn nanos_of(time: Time) -> u64 {
    nanos(time.since_origin())
}

pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(NEVER)
}
