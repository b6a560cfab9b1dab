//! How connections begin and how they are freed.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use std::mem::MaybeUninit;
use std::sync::Arc;

use websocket_proto::{Connection as Protocol, Outgoing, Role, Time};

use super::Connection;
use super::state::time;
use crate::code::{Code, Failure};
use crate::config::{SharedSettings, current};
use crate::deflate::DeflateParameters;
use crate::handle::{Handle, make_handle};
use crate::request::Request;

pub(crate) const SERVER: u32 = 1;
pub(crate) const CLIENT: u32 = 2;

type Out<'a> = Option<&'a mut MaybeUninit<Option<Box<Handle<Connection>>>>>;

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_server_new(
    config: Option<&SharedSettings>,
    now: u64,
) -> Option<Box<Handle<Connection>>> {
    let server = make_handle(|| {
        let settings = current(config);
        let protocol = Protocol::server(Arc::clone(&settings.config), time(now));
        Ok(Connection::new(protocol, Outgoing::new(), settings))
    });
    server.ok()
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_client_new(
    config: Option<&SharedSettings>,
    request: Option<&Handle<Request>>,
    now: u64,
    out: Out<'_>,
) -> i32 {
    give(out, || {
        let request = request.ok_or(Failure::Null)?;
        request.hold(|request| client(config, request, time(now)))?
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_established_new(
    config: Option<&SharedSettings>,
    role: u32,
    agreed: Option<&DeflateParameters>,
    now: u64,
    out: Out<'_>,
) -> i32 {
    give(out, || established(config, role, agreed, time(now)))
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn wsp_connection_free(connection: *mut Handle<Connection>) {
    // SAFETY: the header asks for a connection of the library that is not used any more.
    unsafe { Handle::free(connection) }
}

fn client(
    config: Option<&SharedSettings>,
    request: &Request,
    now: Time,
) -> Result<Connection, Code> {
    let settings = current(config);
    let mut outgoing = Outgoing::new();
    // SAFETY: the source becomes a part of the connection, which is dropped before it.
    let source = unsafe { settings.source.for_connection() };
    let config = Arc::clone(&settings.config);
    let protocol = Protocol::client(request, config, now, source, &mut outgoing)?;
    Ok(Connection::new(protocol, outgoing, settings))
}

fn established(
    config: Option<&SharedSettings>,
    role: u32,
    agreed: Option<&DeflateParameters>,
    now: Time,
) -> Result<Connection, Code> {
    let settings = current(config);
    let role = match role {
        SERVER => Role::Server,
        // SAFETY: as in `client`.
        CLIENT => Role::Client(unsafe { settings.source.for_connection() }),
        _ => return Err(Failure::BadValue.into()),
    };
    let agreed = agreed.copied().map(DeflateParameters::agreed).transpose()?;
    if agreed.is_some() && !crate::deflate::BUILT {
        return Err(Failure::NotBuilt.into());
    }
    let protocol = Protocol::established(role, agreed, Arc::clone(&settings.config), now);
    Ok(Connection::new(protocol, Outgoing::new(), settings))
}

fn give(out: Out<'_>, begin: impl FnOnce() -> Result<Connection, Code>) -> i32 {
    let Some(out) = out else { return Failure::Null.number() };
    out.write(None);
    match make_handle(begin) {
        Ok(connection) => {
            out.write(Some(connection));
            0
        }
        Err(code) => code.number(),
    }
}
