//! Where the others tell something else, and why that is allowed or wrong.

use websocket_proto::ProtocolError::{
    BadCloseCode, BadLength, CloseTooShort, FrameTooLong, InvalidUtf8, MessageTooLong,
};

use crate::case::Case;
use crate::frames::CLOSE;
use crate::trace::{Fault, Told, What};

/// Who is compared with this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    Tungstenite,
    TokioWebsockets,
}

use Peer::{TokioWebsockets, Tungstenite};

/// One way to differ.
pub(crate) struct Disagreement {
    pub(crate) name: &'static str,
    /// Who does so.
    pub(crate) peers: &'static [Peer],
    pub(crate) theirs: &'static str,
    pub(crate) ours: &'static str,
    /// What the documents say of it.
    pub(crate) why: &'static str,
    /// Whether a case is of this kind. A case is of one kind alone.
    pub(crate) is: fn(&Case<'_>) -> bool,
}

pub(crate) const DISAGREEMENTS: [Disagreement; 16] = [
    Disagreement {
        name: "rules-with-frame",
        peers: &[Tungstenite],
        theirs: "Fails for a header when the whole frame is there.",
        ours: "Fails at the byte that breaks the rule.",
        why: "§5.2 to §5.5 say that the connection fails, and not when. Who waits holds a payload that nobody will see.",
        is: |case| {
            let known = case.header_fails() && !case.longer_form_fails();
            known && !is_reserved(case) && case.they_fail(Fault::Protocol, case.span.end)
        },
    },
    Disagreement {
        name: "opcode-with-header",
        peers: &[Tungstenite],
        theirs: "Fails for a reserved opcode when the whole header is there.",
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
        theirs: "Takes a payload length in more bytes than it needs.",
        ours: "Fails.",
        why: "§5.2: the shortest form is the only one.",
        is: |case| case.longer_form_fails() && !is_reserved(case) && case.they_read_the_frame(),
    },
    Disagreement {
        name: "text-with-frame",
        peers: &[Tungstenite],
        theirs: "Looks at text when the whole frame is there.",
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
        theirs: "Tells a Close frame whose code must not be sent as one with 1002.",
        ours: "Fails.",
        why: "§7.4.1 and §7.4.2: no endpoint may send such a code. Both answer with 1002; an application should not be told what nobody sent.",
        is: |case| case.error == Some(BadCloseCode) && tells_1002(case),
    },
    Disagreement {
        name: "code-1014-as-1002",
        peers: &[Tungstenite],
        theirs: "Tells a Close frame with 1014 as one with 1002.",
        ours: "Tells it as it is.",
        why: "§11.7: 1014 is in the registry, for gateways that got a bad answer.",
        is: |case| case.ours.and_then(Told::code) == Some(1014) && tells_1002(case),
    },
    Disagreement {
        name: "behind-close",
        peers: &[Tungstenite],
        theirs: "As a client, fails for what comes behind the peer's Close frame.",
        ours: "Ignores it.",
        why: "§1.4: what comes behind a Close frame is discarded.",
        is: |case| {
            let failed = case.theirs.and_then(Told::failed);
            case.stream.client && case.ours.is_none() && failed.is_some()
        },
    },
    Disagreement {
        name: "end-before-verdict",
        peers: &[Tungstenite, TokioWebsockets],
        theirs: "Tells the end of the stream inside a frame, before it looks at what it has of it.",
        ours: "Has failed for what was there.",
        why: "The documents do not say when to look. No Close frame came, so the code is 1006 for both (§7.1.5).",
        is: |case| case.error.is_some() && !case.longer_form_fails() && case.they_see_the_end(),
    },
    Disagreement {
        name: "limit-before-rules",
        peers: &[Tungstenite, TokioWebsockets],
        theirs: "Fails for the length of a frame whose header breaks a rule as well, or tells a length with its top bit set as one that is too long.",
        ours: "Fails for the rule.",
        why: "§7.1.7 has no order of reasons to fail. A length with its top bit set is none (§5.2), so 1002 says more than 1009.",
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
        theirs: "Looks at the length of a message when the whole fragment that passes the limit is there, and perhaps was not text.",
        ours: "Fails at the fragment's header.",
        why: "§10.4 leaves limits to the implementation. Who waits has held more than its limit.",
        is: |case| {
            let text = case.theirs.is_some_and(|told| told.failed() == Some(Fault::Text));
            let late = text || case.they_fail(Fault::Limit, case.span.end);
            case.error == Some(MessageTooLong) && late
        },
    },
    Disagreement {
        name: "first-byte-with-second",
        peers: &[TokioWebsockets],
        theirs: "Looks at a header from its second byte on.",
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
        theirs: "Fails for a length of 64 bits that is not in its shortest form when all of it is there.",
        ours: "Fails when what is there can be no length of 64 bits.",
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
        ours: "Fails behind it.",
        why: "§10.4 leaves limits to the implementation; the payload is never held.",
        is: |case| {
            let later = case.error == Some(FrameTooLong) || ends_in_frame(case);
            later && case.passes_limit() && case.they_fail(Fault::Limit, case.span.key)
        },
    },
    Disagreement {
        name: "one-byte-close-by-length",
        peers: &[TokioWebsockets],
        theirs: "Fails for a Close frame of one byte by its length.",
        ours: "Fails at that byte.",
        why: "§5.5.1 says what is in a Close frame, and not when to look.",
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
        why: "§7.1.7 has no order of reasons to fail.",
        is: |case| {
            let both = case.span.opcode == CLOSE && case.error == Some(InvalidUtf8);
            both && case.they_fail(Fault::Protocol, case.span.end)
        },
    },
    Disagreement {
        name: "cut-text-before-empty-fragment",
        peers: &[TokioWebsockets],
        theirs: "Takes a text that ends inside a character, if its last fragment is empty.",
        ours: "Fails.",
        why: "§8.1: the whole message is UTF-8.",
        is: |case| {
            let empty = case.span.opcode == 0 && case.span.fin && case.span.len == 0;
            let taken = matches!(case.theirs, Some(Told { what: What::Text(text), .. }) if str::from_utf8(text).is_err());
            case.error == Some(InvalidUtf8) && empty && taken
        },
    },
];

/// The opcode is one that no document defines.
fn is_reserved(case: &Case<'_>) -> bool {
    matches!(case.span.opcode, 3..=7 | 11..)
}

/// They tell a Close frame of their own making.
fn tells_1002(case: &Case<'_>) -> bool {
    let made = What::Close(1002, b"Protocol violation".into());
    case.theirs == Some(&Told { at: case.span.end, what: made })
}

/// For us the stream ended inside the frame.
fn ends_in_frame(case: &Case<'_>) -> bool {
    case.is_cut() && case.ours.is_some_and(|ours| ours.what == What::Eof)
}
