//! Names, texts and sections for numbers, and what the library says of itself.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use std::ffi::{CString, c_char};
use std::fmt::Display;
use std::sync::OnceLock;

use websocket_proto::handshake::{AnswerError, RequestError};
use websocket_proto::{Deadline, EndCause, Event, ProtocolError, SendError, Side, Transport};

use crate::code::Failure;
use crate::connection::event;
use crate::deflate;
use crate::handle::guard;

/// What there is to say of a number, as C strings.
struct Words {
    number: i32,
    name: CString,
    text: CString,
    section: CString,
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_name(number: i32) -> *const c_char {
    word(number, |words| &words.name)
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_explain(number: i32) -> *const c_char {
    word(number, |words| &words.text)
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_section(number: i32) -> *const c_char {
    word(number, |words| &words.section)
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_has_deflate() -> bool {
    deflate::BUILT
}

/// A word of a known number; an empty string for any other.
fn word(number: i32, choose: impl FnOnce(&'static Words) -> &'static CString) -> *const c_char {
    guard(c"".as_ptr(), || {
        let words = table().iter().find(|words| words.number == number);
        words.map_or(c"".as_ptr(), |words| choose(words).as_ptr())
    })
}

fn table() -> &'static Vec<Words> {
    static TABLE: OnceLock<Vec<Words>> = OnceLock::new();
    TABLE.get_or_init(make_table)
}

fn make_table() -> Vec<Words> {
    let mut table = Vec::new();
    let mut add = |number: i32, name: &str, text: &dyn Display, section: Option<&str>| {
        let parts = [name, &text.to_string(), section.unwrap_or_default()];
        let [name, text, section] = parts.map(|part| CString::new(part).unwrap_or_default());
        table.push(Words { number, name, text, section });
    };
    for it in Failure::ALL {
        add(it.number(), it.name(), &it.description(), None);
    }
    for it in SendError::ALL {
        add(-i32::from(it.code()), it.name(), it, it.rfc_section());
    }
    for it in AnswerError::ALL {
        add(-i32::from(it.code()), it.name(), it, it.rfc_section());
    }
    for it in RequestError::ALL {
        add(-i32::from(it.code()), it.name(), it, it.rfc_section());
    }
    for it in ProtocolError::ALL {
        add(-i32::from(it.code()), it.name(), it, Some(it.rfc_section()));
    }
    let fails = (event::FAILS as u16, "fails");
    for (code, name) in named().chain([fails]) {
        add(code.into(), name, &name, None);
    }
    table
}

/// What is no error.
fn named() -> impl Iterator<Item = (u16, &'static str)> {
    let kinds = [Event::KINDS, EndCause::KINDS].into_iter().flatten().copied();
    let sides = Side::ALL.iter().map(|it| (it.code(), it.name()));
    let transports = Transport::ALL.iter().map(|it| (it.code(), it.name()));
    let deadlines = Deadline::ALL.iter().map(|it| (it.code(), it.name()));
    kinds.chain(sides).chain(transports).chain(deadlines)
}
