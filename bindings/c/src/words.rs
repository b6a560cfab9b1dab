//! Names, texts and sections for numbers, and what the library says of itself.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use std::ffi::{CStr, c_char};
use std::fmt::Display;
use std::sync::OnceLock;

use websocket_proto::handshake::{AnswerError, RequestError};
use websocket_proto::{Deadline, EndCause, Event, ProtocolError, SendError, Side, Transport};

use crate::code::{Code, Failure};
use crate::connection::event;
use crate::deflate;
use crate::handle::make;

/// What there is to say of all numbers. It is made in few pieces, so that it can be refused where there
/// is no memory for it.
#[derive(Default)]
struct Table {
    /// C strings.
    bytes: Vec<u8>,
    numbers: Vec<Words>,
}

/// Where the words of a number begin.
struct Words {
    number: i32,
    name: usize,
    text: usize,
    section: usize,
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_name(number: i32) -> *const c_char {
    word(number, |words| words.name)
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_explain(number: i32) -> *const c_char {
    word(number, |words| words.text)
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_section(number: i32) -> *const c_char {
    word(number, |words| words.section)
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_has_deflate() -> bool {
    deflate::BUILT
}

/// A word of a known number; an empty string for any other, or if there is no memory for words.
fn word(number: i32, choose: impl FnOnce(&Words) -> usize) -> *const c_char {
    let word = table().and_then(|table| table.word(number, choose));
    word.unwrap_or_default().as_ptr()
}

fn table() -> Option<&'static Table> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    match TABLE.get() {
        Some(table) => Some(table),
        None => make(Table::try_new).ok().map(|table| TABLE.get_or_init(|| table)),
    }
}

impl Table {
    fn try_new() -> Result<Self, Code> {
        let mut table = Self::default();
        for it in Failure::ALL {
            table.try_add(it.number(), it.name(), &it.description(), None)?;
        }
        for it in SendError::ALL {
            table.try_add(-i32::from(it.code()), it.name(), it, it.rfc_section())?;
        }
        for it in AnswerError::ALL {
            table.try_add(-i32::from(it.code()), it.name(), it, it.rfc_section())?;
        }
        for it in RequestError::ALL {
            table.try_add(-i32::from(it.code()), it.name(), it, it.rfc_section())?;
        }
        for it in ProtocolError::ALL {
            table.try_add(-i32::from(it.code()), it.name(), it, Some(it.rfc_section()))?;
        }
        let fails = (event::FAILS as u16, "fails");
        for (code, name) in named().chain([fails]) {
            table.try_add(code.into(), name, &name, None)?;
        }
        Ok(table)
    }

    fn try_add(
        &mut self,
        number: i32,
        name: &str,
        text: &dyn Display,
        section: Option<&str>,
    ) -> Result<(), Code> {
        let name = self.try_append(name)?;
        let text = self.try_append(&text.to_string())?;
        let section = self.try_append(section.unwrap_or_default())?;
        self.numbers.try_reserve(1)?;
        self.numbers.push(Words { number, name, text, section });
        Ok(())
    }

    /// Appends a C string, and returns where it begins.
    fn try_append(&mut self, word: &str) -> Result<usize, Code> {
        let start = self.bytes.len();
        self.bytes.try_reserve(word.len() + 1)?;
        self.bytes.extend_from_slice(word.as_bytes());
        self.bytes.push(0);
        Ok(start)
    }

    fn word(&self, number: i32, choose: impl FnOnce(&Words) -> usize) -> Option<&CStr> {
        let words = self.numbers.iter().find(|words| words.number == number)?;
        CStr::from_bytes_until_nul(&self.bytes[choose(words)..]).ok()
    }
}

/// What is no error.
fn named() -> impl Iterator<Item = (u16, &'static str)> {
    let kinds = [Event::KINDS, EndCause::KINDS].into_iter().flatten().copied();
    let sides = Side::ALL.iter().map(|it| (it.code(), it.name()));
    let transports = Transport::ALL.iter().map(|it| (it.code(), it.name()));
    let deadlines = Deadline::ALL.iter().map(|it| (it.code(), it.name()));
    kinds.chain(sides).chain(transports).chain(deadlines)
}
