//! The header has the structs and the numbers of this side: `tests/layout.c` says both in C, and has
//! to be as it is written here. With `LAYOUT=write` in the environment it is written.

use std::mem::{align_of, offset_of, size_of};
use std::path::Path;

use super::numbers::numbers;
use crate::bytes::{Bytes, LentBytes};
use crate::connection::{EndingReport, Event, TotalsReport, TrafficReport};
use crate::deflate::DeflateParameters;
use crate::owned::Owned;

/// The size and the alignment of a struct, and where its members are.
macro_rules! layout {
    ($lines:ident, $name:literal, $type:ty: $($member:ident),+) => {
        let (size, align) = (size_of::<$type>(), align_of::<$type>());
        $lines.push(format!("sizeof({}) == {size}", $name));
        $lines.push(format!("_Alignof({}) == {align}", $name));
        $(
            let offset = offset_of!($type, $member);
            $lines.push(format!("offsetof({}, {}) == {offset}", $name, stringify!($member)));
        )+
    };
}

fn layouts() -> Vec<String> {
    let mut lines = Vec::new();
    layout!(lines, "wsp_bytes", LentBytes: data, len);
    layout!(lines, "wsp_deflate", DeflateParameters: server_no_context_takeover,
        client_no_context_takeover, server_max_window_bits, client_max_window_bits,
        requires_client_max_window_bits, reserved);
    layout!(lines, "wsp_event", Event: kind, error, code, flags, reserved, data, len, round_trip,
        reserved_too);
    layout!(lines, "wsp_owned", Owned: data, len, owner);
    layout!(lines, "wsp_ending", EndingReport: cause, deadline, error, fault, code, sent, received,
        initiator, message_lost, has_sent, has_received, reserved, stalled, sent_reason,
        received_reason, reserved_too);
    layout!(lines, "wsp_traffic", TrafficReport: messages, frames, payload_bytes, wire_bytes);
    layout!(lines, "wsp_totals", TotalsReport: sent, received);
    lines
}

fn layout_file() -> String {
    let numbers = numbers().into_iter().map(|(name, number)| format!("WSP_{name} == {number}"));
    let asserts =
        layouts().into_iter().chain(numbers).map(|it| format!("_Static_assert({it}, \"\");\n"));
    let head = "/* Written by the tests of the library, for 64 bits: LAYOUT=write. */\n#include <websocket_proto.h>\n\n";
    std::iter::once(head.to_owned()).chain(asserts).collect()
}

#[test]
#[cfg(target_pointer_width = "64")]
fn the_header_has_the_layout_and_the_numbers_of_the_library() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/layout.c");
    if std::env::var("LAYOUT").is_ok_and(|how| how == "write") {
        std::fs::write(&path, layout_file()).unwrap();
    }
    let (found, expected) = (std::fs::read_to_string(path).unwrap(), layout_file());
    let lines = expected.lines().filter(|line| !found.lines().any(|one| one == *line));
    assert_eq!(lines.collect::<Vec<_>>(), [""; 0], "run with LAYOUT=write, and look at the header");
    assert_eq!(found.lines().count(), expected.lines().count(), "run with LAYOUT=write");
}

#[test]
fn bytes_are_the_same_both_ways() {
    assert_eq!(size_of::<Bytes<'_>>(), size_of::<LentBytes>());
    assert_eq!(offset_of!(Bytes<'_>, len), offset_of!(LentBytes, len));
}
