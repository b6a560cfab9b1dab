//! What is said.

use websocket_proto::CloseCode;

/// The body of a refusal.
pub(crate) const REFUSAL: &str = "not without a ticket\n";

/// What a server program sends in fragments.
pub(crate) fn fragments() -> String {
    format!("κόσμε{}", "x".repeat(70_000))
}

/// The messages of the cell `many`, which resemble each other.
pub(crate) fn many() -> impl Iterator<Item = String> {
    (0..100).map(|number| format!("message {number} ").repeat(number))
}

/// A text of `len` bytes, with characters of each length.
pub(crate) fn text(len: usize) -> String {
    let mut text = String::with_capacity(len);
    for character in "κό σμε😀a漢字!".chars().cycle() {
        if text.len() + character.len_utf8() > len {
            break;
        }
        text.push(character);
    }
    text.extend(std::iter::repeat_n('.', len - text.len()));
    text
}

/// Bytes that do not compress, and do not repeat with the length of any buffer.
pub(crate) fn binary(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut next_byte = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..len).map(|_| next_byte()).collect()
}

/// The code and the reason that a cell's name stands for.
pub(crate) fn closing(what: &str) -> Option<(CloseCode, String)> {
    Some(match what {
        "none" => (CloseCode::NO_STATUS, String::new()),
        "reason" => (CloseCode::new(3001), "enough κόσμε".into()),
        "longest" => (CloseCode::NORMAL, "r".repeat(123)),
        code => (CloseCode::new(code.parse().ok()?), String::new()),
    })
}

/// The command by which a server program is asked to close.
pub(crate) fn close_command(code: CloseCode, reason: &str) -> String {
    match code {
        CloseCode::NO_STATUS => "!close".into(),
        _ if reason.is_empty() => format!("!close {}", code.get()),
        _ => format!("!close {} {reason}", code.get()),
    }
}

/// The code and the reason that a command asks for, if it is one.
pub(crate) fn asked_closing(command: &str) -> Option<(CloseCode, &str)> {
    let wanted = command.strip_prefix("!close")?.trim_start();
    if wanted.is_empty() {
        return Some((CloseCode::NO_STATUS, ""));
    }
    let (code, reason) = wanted.split_once(' ').unwrap_or((wanted, ""));
    Some((CloseCode::new(code.parse().ok()?), reason))
}
