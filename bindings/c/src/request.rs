//! A client's request while it is made: `wsp_request`.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use std::mem::MaybeUninit;

use websocket_proto::handshake::ClientRequest;

use crate::bytes::{Bytes, LentBytes};
use crate::code::Failure;
use crate::handle::{Exhausted, Handle, change, look, make_handle};

pub(crate) type Request = ClientRequest;

impl Exhausted for Request {}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_request_new(
    url: Bytes<'_>,
    out: Option<&mut MaybeUninit<Option<Box<Handle<Request>>>>>,
) -> i32 {
    let Some(out) = out else { return Failure::Null.number() };
    out.write(None);
    match make_handle(|| Ok(ClientRequest::new(url.text()?)?)) {
        Ok(request) => {
            out.write(Some(request));
            0
        }
        Err(error) => error.number(),
    }
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn wsp_request_free(request: *mut Handle<Request>) {
    // SAFETY: the header asks for a request of `wsp_request_new` that is not used any more.
    unsafe { Handle::free(request) }
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_request_header(
    request: Option<&Handle<Request>>,
    name: Bytes<'_>,
    value: Bytes<'_>,
) -> i32 {
    change(request, |it| Ok(it.add_header(name.text()?, value.text()?)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_request_subprotocol(
    request: Option<&Handle<Request>>,
    name: Bytes<'_>,
) -> i32 {
    change(request, |it| Ok(it.add_subprotocol(name.text()?)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_request_any_subprotocol(
    request: Option<&Handle<Request>>,
    name: Bytes<'_>,
) -> i32 {
    change(request, |it| Ok(it.add_any_subprotocol(name.text()?)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_request_origin(
    request: Option<&Handle<Request>>,
    origin: Bytes<'_>,
) -> i32 {
    change(request, |it| Ok(it.set_origin(origin.text()?)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_request_basic(
    request: Option<&Handle<Request>>,
    user: Bytes<'_>,
    password: Bytes<'_>,
) -> i32 {
    change(request, |it| Ok(it.set_basic(user.text()?, password.text()?)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_request_bearer(
    request: Option<&Handle<Request>>,
    token: Bytes<'_>,
) -> i32 {
    change(request, |it| Ok(it.set_bearer(token.text()?)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_request_cookie(
    request: Option<&Handle<Request>>,
    name: Bytes<'_>,
    value: Bytes<'_>,
) -> i32 {
    change(request, |it| Ok(it.add_cookie(name.text()?, value.text()?)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_request_host(request: Option<&Handle<Request>>) -> LentBytes {
    look(request, LentBytes::NOTHING, |it| LentBytes::new(it.uri().host().as_bytes()))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_request_port(request: Option<&Handle<Request>>) -> u16 {
    look(request, 0, |it| it.uri().port())
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_request_is_secure(request: Option<&Handle<Request>>) -> bool {
    look(request, false, |it| it.uri().is_secure())
}
