//! The disagreements with other implementations, and why each is allowed or wrong.

use websocket_proto::ProtocolError::{
    BadCloseCode, BadLength, CloseTooShort, FrameTooLong, InvalidUtf8, MessageTooLong,
};

use crate::case::Case;
use crate::frames::CLOSE;
use crate::trace::{Fault, Report, What};

/// An implementation that is compared with this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    Tungstenite,
    TokioWebsockets,
}

use Peer::{TokioWebsockets, Tungstenite};

/// A kind of difference.
pub(crate) struct Disagreement {
    pub(crate) name: &'static str,
    /// The implementations that differ in this way.
    pub(crate) peers: &'static [Peer],
    pub(crate) theirs: &'static str,
    pub(crate) ours: &'static str,
    /// What the documents say about it.
    pub(crate) why: &'static str,
    /// Whether a case is of this kind. Each case is of exactly one kind.
    pub(crate) is: fn(&Case<'_>) -> bool,
}

pub(crate) const DISAGREEMENTS: [Disagreement; 16] = [
    Disagreement {
        name: "rules-with-frame",
        peers: &[Tungstenite],
        theirs: "Fails for a header when the whole frame has arrived.",
        ours: "Fails at the byte that breaks the rule.",
        why: "§5.2 to §5.5 say that the connection fails, and not when. Waiting holds a payload that is never delivered.",
        is: |case| {
            let known = case.header_fails() && !case.longer_form_fails();
            known && !is_reserved(case) && case.they_fail(Fault::Protocol, case.span.end)
        },
    },
    Disagreement {
        name: "opcode-with-header",
        peers: &[Tungstenite],
        theirs: "Fails for a reserved opcode when the whole header has arrived.",
        ours: "Fails at the first byte.",
        why: "§5.2 says that the connection fails, and not when.",
        is: |case| {
            let reserved = case.header_fails() && is_reserved(case);
            reserved && case.they_fail(Fault::Protocol, case.span.head)
        },
    },
    Disagreement {
        name: "longer-form-taken",
        peers: &[Tungstenite],
        theirs: "Accepts a payload length in more bytes than it needs.",
        ours: "Fails.",
        why: "§5.2 allows only the shortest form.",
        is: |case| case.longer_form_fails() && !is_reserved(case) && case.they_read_the_frame(),
    },
    Disagreement {
        name: "text-with-frame",
        peers: &[Tungstenite],
        theirs: "Validates text when the whole frame has arrived.",
        ours: "Fails at the first byte that cannot be part of UTF-8.",
        why: "§8.1 says that the connection fails, and not when.",
        is: |case| {
            let early = case.ours.is_some_and(|ours| ours.at < case.span.end);
            let invalid = early && case.error == Some(InvalidUtf8);
            invalid && case.they_fail(Fault::Text, case.span.end)
        },
    },
    Disagreement {
        name: "bad-code-as-1002",
        peers: &[Tungstenite],
        theirs: "Reports a Close frame whose code must not be sent as one with 1002.",
        ours: "Fails.",
        why: "§7.4.1 and §7.4.2: no endpoint may send such a code. Both answer with 1002, but an application should not see a code that nobody sent.",
        is: |case| case.error == Some(BadCloseCode) && reports_1002(case),
    },
    Disagreement {
        name: "code-1014-as-1002",
        peers: &[Tungstenite],
        theirs: "Reports a Close frame with 1014 as one with 1002.",
        ours: "Reports 1014.",
        why: "§11.7: 1014 is in the registry, for gateways that received an invalid response.",
        is: |case| case.ours.and_then(Report::code) == Some(1014) && reports_1002(case),
    },
    Disagreement {
        name: "after-close",
        peers: &[Tungstenite],
        theirs: "As a client, fails for bytes after the peer's Close frame.",
        ours: "Ignores them.",
        why: "§1.4: bytes after a Close frame are discarded.",
        is: |case| {
            let failed = case.theirs.and_then(Report::failed);
            case.stream.client && case.ours.is_none() && failed.is_some()
        },
    },
    Disagreement {
        name: "end-before-violation",
        peers: &[Tungstenite, TokioWebsockets],
        theirs: "Reports the end of the stream inside a frame, without checking the part that arrived.",
        ours: "Has failed for that part.",
        why: "The documents do not say when to check. No Close frame arrived, so the code is 1006 for both (§7.1.5).",
        is: |case| case.error.is_some() && !case.longer_form_fails() && case.they_see_the_end(),
    },
    Disagreement {
        name: "limit-before-rules",
        peers: &[Tungstenite, TokioWebsockets],
        theirs: "Fails for the length of a frame whose header breaks a rule as well, or reports a length with its top bit set as one over the limit.",
        ours: "Fails for the rule.",
        why: "§7.1.7 gives no order of reasons to fail. A length with its top bit set is invalid (§5.2), so 1002 says more than 1009.",
        is: |case| {
            let both = case.header_fails() && case.passes_limit();
            both && [case.span.key, case.span.head]
                .iter()
                .any(|at| case.they_fail(Fault::Limit, *at))
        },
    },
    Disagreement {
        name: "message-limit-with-frame",
        peers: &[Tungstenite, TokioWebsockets],
        theirs: "Checks the length of a message when the whole fragment that exceeds the limit has arrived, and after its text.",
        ours: "Fails at the fragment's header.",
        why: "§10.4 leaves limits to the implementation. Waiting holds more than the limit.",
        is: |case| {
            let text = case.theirs.is_some_and(|report| report.failed() == Some(Fault::Text));
            let late = text || case.they_fail(Fault::Limit, case.span.end);
            case.error == Some(MessageTooLong) && late
        },
    },
    Disagreement {
        name: "first-byte-with-second",
        peers: &[TokioWebsockets],
        theirs: "Checks a header from its second byte on.",
        ours: "Fails at the first byte, if that breaks a rule.",
        why: "§5.2 to §5.5 say that the connection fails, and not when.",
        is: |case| {
            let first = case.ours.is_some_and(|ours| ours.at == case.span.start + 1);
            first && case.header_fails() && case.they_fail(Fault::Protocol, case.span.start + 2)
        },
    },
    Disagreement {
        name: "length-with-last-byte",
        peers: &[TokioWebsockets],
        theirs: "Fails for a length of 64 bits that is not in the shortest form when all of it has arrived.",
        ours: "Fails at the byte that rules out the 64-bit form.",
        why: "§5.2 says that the connection fails, and not when.",
        is: |case| {
            let early = case.ours.is_some_and(|ours| ours.at < case.span.key);
            let long = early && case.error == Some(BadLength) && !case.span.is_shortest();
            long && case.they_fail(Fault::Protocol, case.span.key)
        },
    },
    Disagreement {
        name: "limit-before-key",
        peers: &[TokioWebsockets],
        theirs: "Fails for the length of a frame before the masking key.",
        ours: "Fails after it.",
        why: "§10.4 leaves limits to the implementation; the payload is never held.",
        is: |case| {
            let later = case.error == Some(FrameTooLong) || ends_in_frame(case);
            later && case.passes_limit() && case.they_fail(Fault::Limit, case.span.key)
        },
    },
    Disagreement {
        name: "one-byte-close-by-length",
        peers: &[TokioWebsockets],
        theirs: "Fails for a Close frame of one byte at its length.",
        ours: "Fails at that byte.",
        why: "§5.5.1 says what a Close frame contains, and not when to check.",
        is: |case| {
            let later = case.error == Some(CloseTooShort) || ends_in_frame(case);
            let short = case.span.opcode == CLOSE && case.span.len == 1;
            later && short && case.they_fail(Fault::Protocol, case.span.start + 2)
        },
    },
    Disagreement {
        name: "code-before-reason",
        peers: &[TokioWebsockets],
        theirs: "Fails for the code of a Close frame whose reason is not UTF-8 either.",
        ours: "Fails for the reason.",
        why: "§7.1.7 gives no order of reasons to fail.",
        is: |case| {
            let both = case.span.opcode == CLOSE && case.error == Some(InvalidUtf8);
            both && case.they_fail(Fault::Protocol, case.span.end)
        },
    },
    Disagreement {
        name: "cut-text-before-empty-fragment",
        peers: &[TokioWebsockets],
        theirs: "Accepts a text that ends inside a character, if its last fragment is empty.",
        ours: "Fails.",
        why: "§8.1: the whole message has to be UTF-8.",
        is: |case| {
            let empty = case.span.opcode == 0 && case.span.fin && case.span.len == 0;
            let taken = matches!(case.theirs, Some(Report { what: What::Text(text), .. }) if str::from_utf8(text).is_err());
            case.error == Some(InvalidUtf8) && empty && taken
        },
    },
];

/// Whether the opcode is one that no document defines.
fn is_reserved(case: &Case<'_>) -> bool {
    matches!(case.span.opcode, 3..=7 | 11..)
}

/// Whether the other reports a Close frame with 1002 that the peer did not send.
fn reports_1002(case: &Case<'_>) -> bool {
    let made = What::Close(1002, b"Protocol violation".into());
    case.theirs == Some(&Report { at: case.span.end, what: made })
}

/// Whether we saw the end of the stream inside the frame.
fn ends_in_frame(case: &Case<'_>) -> bool {
    case.is_cut() && case.ours.is_some_and(|ours| ours.what == What::Eof)
}
