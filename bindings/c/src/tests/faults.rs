//! Faults in the library, which only this side can bring about, and handles that were freed.

#![expect(unsafe_code, reason = "tests call what C programs call")]

use std::mem::MaybeUninit;

use websocket_proto::{Entropy, EntropyError};

use crate::code::Failure;
use crate::config::{Settings, SharedSettings};
use crate::connection::{Connection, beginnings, input, send, state};
use crate::entropy::Source;
use crate::handle::Handle;

struct Broken;

impl Entropy for Broken {
    fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
        panic!("a fault on purpose")
    }
}

fn client() -> Box<Handle<Connection>> {
    let source = Source::Test(&Broken);
    let settings = SharedSettings::new(Settings { source, ..Settings::default() });
    let mut out = MaybeUninit::new(None);
    let answer = beginnings::wsp_established_new(
        Some(&settings),
        beginnings::CLIENT,
        None,
        0,
        Some(&mut out),
    );
    assert_eq!(answer, 0);
    // SAFETY: the call writes it in any case.
    unsafe { out.assume_init() }.expect("a connection")
}

#[test]
fn a_fault_ends_the_connection_and_not_the_program() {
    let connection = client();
    let text = || b"x"[..].into();
    assert_eq!(send::wsp_send_text(Some(&connection), text()), Failure::Panic.number());
    assert_eq!(send::wsp_send_text(Some(&connection), text()), Failure::Panic.number());
    let mut event = MaybeUninit::uninit();
    let answer = input::wsp_receive(Some(&connection), 0, Some(&mut event));
    assert_eq!(answer, Failure::Panic.number());
    let close = websocket_proto::Transport::Close.code();
    assert_eq!(state::wsp_transport(Some(&connection)), u32::from(close));
    assert_eq!(state::wsp_timeout(Some(&connection)), u64::MAX);
    // SAFETY: it is not used any more.
    unsafe { beginnings::wsp_connection_free(Box::into_raw(connection)) };
}

#[test]
#[cfg(debug_assertions)]
fn a_debug_build_finds_out_that_a_connection_was_freed() {
    let connection = Box::into_raw(client());
    // SAFETY: a debug build keeps the handle for ever.
    let (this, freed) = unsafe { (&*connection, Failure::Freed.number()) };
    // SAFETY: `this` is kept as well.
    unsafe { beginnings::wsp_connection_free(connection) };
    assert_eq!(send::wsp_abort(Some(this)), freed);
    // SAFETY: as above; freeing it twice is found out too.
    unsafe { beginnings::wsp_connection_free(connection) };
    assert_eq!(send::wsp_abort(Some(this)), freed);
}
