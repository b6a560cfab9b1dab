//! What C programs do, by the exported functions and raw pointers, for Miri: the README has the
//! command.

#![expect(unsafe_code, reason = "tests do what C programs do")]

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::{ptr, slice};

use crate::bytes::{Bytes, LentBytes};
use crate::connection::{
    Connection, Event, beginnings, event, handshake, input, output, send, totals,
};
use crate::handle::Handle;
use crate::owned::{self, Owned};
use crate::{config, pool, prepared};

const REQUEST: &[u8] = b"GET /a HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// "hi" in a binary frame of a client.
const HI: &[u8] = b"\x82\x82\0\0\0\0hi";

/// A connection as a C program holds it.
struct Held(*mut Handle<Connection>);

impl Held {
    fn new(connection: Box<Handle<Connection>>) -> Self {
        Self(Box::into_raw(connection))
    }

    fn get(&self) -> Option<&Handle<Connection>> {
        // SAFETY: it is freed when this is dropped.
        unsafe { self.0.as_ref() }
    }

    fn receive(&self) -> (i32, Event) {
        let mut event = MaybeUninit::uninit();
        let answer = input::wsp_receive(self.get(), 0, Some(&mut event));
        // SAFETY: the call writes it in any case.
        (answer, unsafe { event.assume_init() })
    }

    /// Reads as a transport does, through the pointer.
    fn read(&self, bytes: &[u8]) {
        let mut len = MaybeUninit::uninit();
        let space = input::wsp_space(self.get(), Some(&mut len));
        // SAFETY: the call has written it.
        assert!(unsafe { len.assume_init() } >= bytes.len());
        // SAFETY: there is room for them.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), space, bytes.len()) };
        assert_eq!(input::wsp_filled(self.get(), bytes.len()), 0);
    }

    fn written(&self) -> Vec<u8> {
        let mut pieces = [const { MaybeUninit::uninit() }; output::PIECES];
        let count = output::wsp_pending(self.get(), Some(&mut pieces));
        // SAFETY: that many were written.
        let piece = |piece: &MaybeUninit<LentBytes>| unsafe { piece.assume_init() };
        // SAFETY: they are good until the output changes.
        let bytes = |it: LentBytes| unsafe { slice::from_raw_parts(it.data, it.len) }.to_vec();
        let written: Vec<u8> = pieces[..count].iter().map(piece).flat_map(bytes).collect();
        assert_eq!(output::wsp_advance(self.get(), written.len()), 0);
        written
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: it is not used any more.
        unsafe { beginnings::wsp_connection_free(self.0) };
    }
}

/// The bytes of an event, as a C program passes them on.
fn shown(event: &Event) -> Bytes<'_> {
    // SAFETY: no input call was made since.
    unsafe { slice::from_raw_parts(event.data, event.len) }.into()
}

fn open_server() -> Held {
    let server = Held::new(beginnings::wsp_server_new(None, 0).unwrap());
    server.read(REQUEST);
    assert_eq!(server.receive().1.kind, event::REQUEST);
    let target = handshake::wsp_target(server.get());
    // SAFETY: the event is still held.
    assert_eq!(unsafe { slice::from_raw_parts(target.data, target.len) }, b"/a");
    assert_eq!(handshake::wsp_accept(server.get(), 0, None), 0);
    assert!(server.written().starts_with(b"HTTP/1.1 101 "));
    server
}

#[test]
fn an_event_is_changed_where_it_is_and_sent_back() {
    let server = open_server();
    server.read(HI);
    let (answer, event) = server.receive();
    assert_eq!((answer, event.kind), (input::EVENT, event::BINARY));
    // SAFETY: a binary event may be changed.
    unsafe { *event.data = b'H' };
    assert_eq!(send::wsp_send_binary(server.get(), shown(&event)), 0);
    // SAFETY: sending does not touch it.
    unsafe { *event.data = b'h' };
    assert_eq!(send::wsp_send_binary(server.get(), shown(&event)), 0);
    assert_eq!(server.written(), b"\x82\x02Hi\x82\x02hi");
    assert_eq!(server.receive().0, input::WAIT);
}

#[test]
fn a_payload_outlives_its_connection() {
    let server = open_server();
    server.read(HI);
    assert_eq!(server.receive().0, input::EVENT);
    let mut payload = MaybeUninit::uninit();
    assert_eq!(input::wsp_take_payload(server.get(), Some(&mut payload)), 0);
    drop(server);
    // SAFETY: the call has written it.
    let mut payload: Owned = unsafe { payload.assume_init() };
    // SAFETY: it is not freed yet.
    assert_eq!(unsafe { slice::from_raw_parts(payload.data, payload.len) }, b"hi");
    owned::wsp_owned_free(Some(&mut payload));
    assert!(payload.data.is_null());
}

#[test]
fn connections_take_turns_with_a_window() {
    let pool = Box::into_raw(pool::wsp_pool_new(64).unwrap());
    // SAFETY: it is freed below.
    let lent = || unsafe { pool.as_ref() };
    let servers = [open_server(), open_server()];
    for (from, to) in [(0, 5), (5, HI.len())] {
        for server in &servers {
            assert_eq!(pool::wsp_lend(server.get(), lent()), 0);
            server.read(&HI[from..to]);
            let (_, event) = server.receive();
            assert_eq!(event.kind == event::BINARY, to == HI.len());
            assert_eq!(pool::wsp_take_back(server.get(), lent()), 0);
        }
    }
    // SAFETY: it is not used any more.
    unsafe { pool::wsp_pool_free(pool) };
}

#[test]
fn a_prepared_message_is_sent_to_many() {
    let mut out = MaybeUninit::new(None);
    assert_eq!(prepared::wsp_prepared_text(b"news"[..].into(), Some(&mut out)), 0);
    // SAFETY: the call has written it.
    let news = unsafe { out.assume_init() }.unwrap();
    let servers = [open_server(), open_server()];
    for server in &servers {
        assert_eq!(send::wsp_send_prepared(server.get(), Some(&news)), 0);
    }
    prepared::wsp_prepared_free(Some(news));
    for server in &servers {
        assert_eq!(server.written(), b"\x81\x04news");
        let mut totals = MaybeUninit::uninit();
        assert_eq!(totals::wsp_read_totals(server.get(), Some(&mut totals)), 0);
        // SAFETY: the call has written it.
        let sent = unsafe { totals.assume_init() }.sent;
        assert_eq!((sent.messages, sent.payload_bytes), (1, 4));
    }
}

extern "C" fn fill(user: *mut c_void, to: *mut u8, len: usize) -> bool {
    // SAFETY: the caller says so, and `user` is a counter of the test.
    unsafe {
        *user.cast::<usize>() += 1;
        to.write_bytes(0, len);
    }
    true
}

extern "C" fn drop_user(user: *mut c_void) {
    // SAFETY: as above.
    unsafe { *user.cast::<usize>() += 100 };
}

#[test]
fn a_source_of_random_bytes_lives_as_long_as_what_needs_it() {
    let count = Box::into_raw(Box::new(0_usize));
    let config = config::wsp_config_new().unwrap();
    let answer =
        config::wsp_config_set_entropy(Some(&config), Some(fill), count.cast(), Some(drop_user));
    assert_eq!(answer, 0);
    let mut out = MaybeUninit::new(None);
    let (role, place) = (beginnings::CLIENT, Some(&mut out));
    assert_eq!(beginnings::wsp_established_new(Some(&config), role, None, 0, place), 0);
    config::wsp_config_free(Some(config));
    // SAFETY: the call has written it.
    let client = Held::new(unsafe { out.assume_init() }.unwrap());
    assert_eq!(send::wsp_send_binary(client.get(), b"hi"[..].into()), 0);
    assert_eq!(client.written(), HI);
    drop(client);
    // SAFETY: nobody else has it any more.
    assert_eq!(*unsafe { Box::from_raw(count) }, 101);
}
