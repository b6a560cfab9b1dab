//! The opening handshake: what can be asked while its event is held, and a server's answer.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use std::mem::MaybeUninit;

use websocket_proto::Event as Found;
use websocket_proto::handshake::{Headers, OriginPolicy, Request};

use super::Connection;
use super::state::time;
use crate::answer::{self, Answer};
use crate::bytes::{Bytes, LentBytes};
use crate::code::Failure;
use crate::handle::{Handle, ask, change, look};

type Out<'a> = Option<&'a mut MaybeUninit<LentBytes>>;

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_target(connection: Option<&Handle<Connection>>) -> LentBytes {
    of_request(connection, |request| Some(request.target()))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_path(connection: Option<&Handle<Connection>>) -> LentBytes {
    of_request(connection, |request| Some(request.path()))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_query(connection: Option<&Handle<Connection>>) -> LentBytes {
    of_request(connection, |request| request.query())
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_authority(connection: Option<&Handle<Connection>>) -> LentBytes {
    of_request(connection, |request| Some(request.authority()))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_header(
    connection: Option<&Handle<Connection>>,
    name: Bytes<'_>,
) -> LentBytes {
    look(connection, LentBytes::NOTHING, |it| {
        let value = name.text().ok().and_then(|name| it.headers()?.get(name));
        value.map_or(LentBytes::NOTHING, LentBytes::new)
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_next_header(
    connection: Option<&Handle<Connection>>,
    cursor: Option<&mut usize>,
    name: Out<'_>,
    value: Out<'_>,
) -> bool {
    let Some(cursor) = cursor else { return false };
    look(connection, false, |it| {
        let found = it.headers().and_then(|headers| headers.next_at(*cursor));
        let header = found.map(|(header, _)| header);
        write(name, header.map(|header| header.name().as_bytes()));
        write(value, header.map(|header| header.value()));
        *cursor = found.map_or(*cursor, |(_, next)| next);
        found.is_some()
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_next_subprotocol(
    connection: Option<&Handle<Connection>>,
    cursor: Option<&mut usize>,
    name: Out<'_>,
) -> bool {
    let Some(cursor) = cursor else { return false };
    look(connection, false, |it| {
        let found = it.request().and_then(|request| request.subprotocols().nth(*cursor));
        write(name, found.map(str::as_bytes));
        *cursor += usize::from(found.is_some());
        found.is_some()
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_subprotocol(connection: Option<&Handle<Connection>>) -> LentBytes {
    look(connection, LentBytes::NOTHING, |it| match it.incoming.event() {
        Some(Found::Open(response)) => LentBytes::optional(response.subprotocol()),
        _ => LentBytes::NOTHING,
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_allows_origin(
    connection: Option<&Handle<Connection>>,
    origin: Bytes<'_>,
) -> i32 {
    ask(connection, |it| {
        let origin = [origin.text()?];
        let policy = match origin {
            [""] => OriginPolicy::SameHost,
            _ => OriginPolicy::list(&origin)?,
        };
        let request = it.request().ok_or(Failure::NoEvent)?;
        Ok(request.is_origin_allowed(&policy).into())
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_accept(
    connection: Option<&Handle<Connection>>,
    now: u64,
    answer: Option<&Handle<Answer>>,
) -> i32 {
    change(connection, |it| {
        answer::with(answer, |answer| {
            Ok(it.protocol.accept(time(now), answer.acceptance(), &mut it.outgoing)?)
        })
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_reject(
    connection: Option<&Handle<Connection>>,
    now: u64,
    status: u16,
    answer: Option<&Handle<Answer>>,
) -> i32 {
    change(connection, |it| {
        answer::with(answer, |answer| {
            let rejection = answer.rejection(status)?;
            Ok(it.protocol.reject(time(now), &rejection, &mut it.outgoing)?)
        })
    })
}

impl Connection {
    /// The request, while it is the event.
    fn request(&mut self) -> Option<Request<'_>> {
        if let Some(Found::Request(request)) = self.incoming.event() { Some(request) } else { None }
    }

    /// The headers of the request or response, while it is the event.
    fn headers(&mut self) -> Option<Headers<'_>> {
        match self.incoming.event()? {
            Found::Request(request) => Some(request.headers()),
            Found::Open(response) | Found::Refused(response) => Some(response.headers()),
            _ => None,
        }
    }
}

fn of_request(
    connection: Option<&Handle<Connection>>,
    part: impl FnOnce(Request<'_>) -> Option<&str>,
) -> LentBytes {
    look(connection, LentBytes::NOTHING, |it| LentBytes::optional(it.request().and_then(part)))
}

fn write(out: Out<'_>, bytes: Option<&[u8]>) {
    if let Some(out) = out {
        out.write(bytes.map_or(LentBytes::NOTHING, LentBytes::new));
    }
}
