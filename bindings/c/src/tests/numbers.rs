//! All numbers of the header, as this side has them.

#![expect(unsafe_code, reason = "tests call what C programs call")]

use std::ffi::CStr;

use websocket_proto::handshake::{AnswerError, RequestError};
use websocket_proto::{Deadline, EndCause, ProtocolError, SendError, Side, Transport};

use crate::code::Failure;
use crate::connection::{beginnings, event, input, output};
use crate::{options, words};

/// The name of a number in the header, without `WSP_`, and the number.
pub(super) fn numbers() -> Vec<(String, i64)> {
    let mut all = errors();
    let named = |prefix: &'static str| {
        move |(code, name): (u16, &'static str)| (in_header(prefix, name), i64::from(code))
    };
    all.extend(Side::ALL.iter().map(|it| (it.code(), it.name())).map(named("")));
    all.extend(Deadline::ALL.iter().map(|it| (it.code(), it.name())).map(named("DEADLINE_")));
    all.extend(EndCause::KINDS.iter().copied().filter_map(cause));
    all.extend(Transport::ALL.iter().map(|it| (transport(*it).into(), it.code().into())));
    all.extend(constants().map(|(name, number)| (name.to_owned(), number)));
    all
}

fn errors() -> Vec<(String, i64)> {
    let mut all: Vec<(String, i64)> = Vec::new();
    let failures = Failure::ALL.iter().map(|it| ("ERR_", it.name(), -it.number() as u16));
    let sends = SendError::ALL.iter().map(|it| ("SEND_", it.name(), it.code()));
    let answers = AnswerError::ALL.iter().map(|it| ("ANSWER_", it.name(), it.code()));
    let requests = RequestError::ALL.iter().map(|it| ("REQUEST_", it.name(), it.code()));
    let peers = ProtocolError::ALL.iter().map(|it| ("PEER_", it.name(), it.code()));
    for (prefix, name, code) in failures.chain(sends).chain(answers).chain(requests).chain(peers) {
        if !cannot_happen(prefix, name) {
            all.push((in_header(prefix, name), -i64::from(code)));
        }
    }
    all
}

/// What only reconnecting clients and redirects bring about, which the library does not have.
fn cannot_happen(prefix: &str, name: &str) -> bool {
    let request = ["redirect-scheme", "redirect-downgrade", "too-many-redirects"];
    prefix == "SEND_" && name == "disconnected" || prefix == "REQUEST_" && request.contains(&name)
}

fn in_header(prefix: &str, name: &str) -> String {
    format!("{prefix}{}", name.to_ascii_uppercase().replace('-', "_"))
}

/// Two causes have other names where an event or an option has theirs.
fn cause((code, name): (u16, &'static str)) -> Option<(String, i64)> {
    let name = match name {
        "refused" => "REFUSED_BY_SERVER".to_owned(),
        "health-check" => "HEALTH_CHECKED".to_owned(),
        // A connection is never separated from its memory here.
        "foreign-memory" => return None,
        name => in_header("", name),
    };
    Some((name, code.into()))
}

const fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Keep => "KEEP",
        Transport::ShutdownWrite => "SHUTDOWN_WRITE",
        Transport::Close => "CLOSE_TRANSPORT",
    }
}

/// The constants of these modules, whose names are those of the header.
macro_rules! constants {
    ($($module:ident: $($name:ident),+;)+) => {
        [$($((stringify!($name), $module::$name as i64)),+),+]
    };
}

fn constants() -> impl Iterator<Item = (&'static str, i64)> {
    let all = constants! {
        beginnings: SERVER, CLIENT;
        input: WAIT, EVENT, OVER;
        output: PIECES;
        event: NOTHING, REQUEST, OPEN, REFUSED, TEXT, BINARY, START, CHUNK, END, PING, PONG, CLOSE,
            ENDED, FAILS, IS_TEXT, HAS_ROUND_TRIP, TRUNCATED, IS_OTHER;
        options: MAX_MESSAGE, MAX_FRAME, MAX_FRAGMENTS, MAX_HEAD, MAX_HEADERS, MAX_REFUSAL_BODY,
            MAX_OUTPUT, FRAGMENT_SIZE, WINDOW, HANDSHAKE_TIMEOUT, CLOSE_TIMEOUT, WRITE_TIMEOUT,
            MESSAGE_TIMEOUT, KEEPALIVE, KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT,
            KEEPALIVE_CLOSE_CODE, KEEPALIVE_WHEN_BUSY, AUTOMATIC_PONG, STREAMING, LENIENCY, OTHER_REQUESTS, DEFLATE,
            DEFLATE_LEVEL, DEFLATE_MEMORY_LEVEL, DEFLATE_MINIMUM, DEFLATE_KEEP_CONTEXTS,
            HEALTH_CHECK, OFFER, FALLBACK, POLICY, LENIENT_UNMASKED_FRAMES, LENIENT_MASKED_FRAMES,
            LENIENT_UNASSIGNED_CLOSE_CODES, LENIENT_BARE_LF, LENIENT_MISSING_REASON,
            LENIENT_ANY_KEY_LENGTH, LENIENT_ANY_SUBPROTOCOL, LENIENT_EMPTY_LISTS,
            LENIENT_UNCONFIRMED_DEFLATE, LENIENT_UNCHECKED_TEXT;
    };
    all.into_iter()
}

#[test]
fn the_kinds_of_events_are_those_of_the_core() {
    let kinds = [
        event::REQUEST,
        event::OPEN,
        event::REFUSED,
        event::TEXT,
        event::BINARY,
        event::START,
        event::CHUNK,
        event::END,
        event::PING,
        event::PONG,
        event::CLOSE,
        event::ENDED,
    ];
    let core = websocket_proto::Event::KINDS.iter().map(|(code, _)| u32::from(*code));
    assert!(core.eq(kinds));
}

#[test]
fn every_error_has_words() {
    for (name, number) in errors() {
        let number = i32::try_from(number).unwrap();
        let words = [words::wsp_name(number), words::wsp_explain(number)];
        for word in words {
            // SAFETY: a C string that is good for ever.
            let word = unsafe { CStr::from_ptr(word) };
            assert!(!word.is_empty(), "{name}");
        }
    }
}
