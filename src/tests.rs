//! The texts of errors and endings, and the answers that errors lead to.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;
use core::time::Duration;

use crate::CloseFrame;
use crate::backoff::GiveUp;
use crate::handshake::{AnswerError, ExtendedConnectError, RequestError};
use crate::{
    CloseCode, Deadline, EndCause, Ending, EntropyError, ProtocolError, SendError, Side, Time,
};

const LIMITS: [ProtocolError; 6] = [
    ProtocolError::TargetTooLong,
    ProtocolError::HeadTooLong,
    ProtocolError::TooManyHeaders,
    ProtocolError::FrameTooLong,
    ProtocolError::MessageTooLong,
    ProtocolError::TooManyFragments,
];

fn protocol_errors() -> impl Iterator<Item = ProtocolError> {
    ProtocolError::ALL.iter().copied()
}

/// Checks that texts are short and begin in lower case, except with a name, and that no two are the
/// same.
#[track_caller]
fn check_texts(errors: impl IntoIterator<Item = impl Display>) {
    let mut texts: Vec<String> = errors.into_iter().map(|error| error.to_string()).collect();
    for text in &texts {
        let begins_in_lower_case = !text.starts_with(|first: char| first.is_uppercase());
        let begins_with_name =
            ["TLS ", "HTTP ", "Close "].iter().any(|name| text.starts_with(name));
        assert!(begins_in_lower_case || begins_with_name, "{text}");
        assert!((5..=120).contains(&text.len()), "{text}");
        assert!(!text.ends_with('.'), "{text}");
    }
    texts.sort();
    let count = texts.len();
    texts.dedup();
    assert_eq!(texts.len(), count, "two texts are the same: {texts:?}");
}

#[test]
fn protocol_errors_name_their_rule() {
    check_texts(protocol_errors());
    for error in protocol_errors() {
        let (text, section) = (error.to_string(), error.rfc_section());
        assert!(text.ends_with(&format!(" ({section})")), "{text}");
        let (document, number) = section.split_once('§').unwrap();
        let documents = ["", "RFC 6585 ", "RFC 7692 ", "RFC 9110 ", "RFC 9112 "];
        assert!(documents.contains(&document), "{text}");
        assert!(number.split('.').all(|part| part.parse::<u8>().is_ok()), "{text}");
    }
}

#[test]
fn errors_about_limits_name_the_option() {
    for error in protocol_errors() {
        let is_limit = LIMITS.contains(&error);
        assert_eq!(error.is_limit(), is_limit, "{error}");
        assert_eq!(error.to_string().contains("(Limits::"), is_limit, "{error}");
    }
}

#[test]
fn protocol_errors_have_at_most_one_answer() {
    for error in protocol_errors() {
        let (status, code) = (error.http_status(), error.close_code());
        assert!(status.is_none() || code.is_none(), "{error}");
        assert!(status.is_none_or(|status| (400..=599).contains(&status)), "{error}");
        assert!(code.is_none_or(CloseCode::is_sendable), "{error}");
    }
    // A client that reads a bad response has nobody to answer.
    let unanswered = protocol_errors()
        .filter(|error| error.http_status().is_none() && error.close_code().is_none());
    assert_eq!(unanswered.count(), 7);
}

#[test]
fn errors_of_the_caller_can_be_told_apart() {
    check_texts(SendError::ALL);
    check_texts(AnswerError::ALL);
    check_texts(RequestError::ALL);
    check_texts(ExtendedConnectError::ALL);
    check_texts([EntropyError::new()]);
    assert_eq!(SendError::from(EntropyError::new()), SendError::NoEntropy);
}

/// Whoever reads the text alone learns which value was wrong.
#[test]
fn errors_of_the_caller_name_what_was_wrong() {
    for (error, subject) in [
        (AnswerError::BadHeaderName.to_string(), "header name"),
        (AnswerError::BadHeaderValue.to_string(), "header value"),
        (AnswerError::BadSubprotocol.to_string(), "subprotocol"),
        (AnswerError::UnofferedSubprotocol.to_string(), "subprotocol"),
        (AnswerError::BadOrigin.to_string(), "origin"),
        (RequestError::BadCredentials.to_string(), "user name"),
        (RequestError::BadBearerToken.to_string(), "bearer token"),
        (RequestError::BadHeaderName.to_string(), "header name"),
        (RequestError::BadSubprotocol.to_string(), "subprotocol"),
        (RequestError::BadOrigin.to_string(), "origin"),
        (RequestError::BadCookie.to_string(), "cookie"),
        (RequestError::RedirectDowngrade.to_string(), "redirect"),
    ] {
        assert!(error.contains(subject), "{error}");
    }
    // A token may have a dot (RFC 9110 §5.6.2), as `chat.v2` has.
    let error = RequestError::BadSubprotocol.to_string();
    assert!(error.contains("!#$%&'*+-.^_`|~"), "{error}");
}

#[test]
fn endings_can_be_told_apart() {
    use EndCause::*;
    let other_causes = [
        Clean,
        Eof,
        EofInMessage,
        EofInFrame,
        EofAfterClose,
        EofInHandshake,
        Rejected,
        HealthCheck,
        Refused,
        Aborted,
        TransportFailed,
        NoEntropy,
        ForeignMemory,
        OutOfMemory,
    ];
    assert_eq!(other_causes.len(), EndCause::KINDS.len() - 2, "all but Failed and TimedOut");
    check_texts(other_causes.into_iter().chain(Deadline::ALL.iter().copied().map(TimedOut)));
    use GiveUp::{Attempts, ByApplication, Closed, ClosedHere, ClosedNormally, Limit, Unsupported};
    let numbered = [Closed(CloseCode::POLICY), GiveUp::Refused(404), Limit(LIMITS[0])];
    check_texts([ClosedNormally, ClosedHere, Attempts, Unsupported, ByApplication]);
    check_texts(numbered);
    let texts = numbered.map(|reason| reason.to_string());
    assert!(texts[0].ends_with(": 1008") && texts[1].ends_with(": 404"), "{texts:?}");
    assert!(texts[2].ends_with(&LIMITS[0].to_string()), "{texts:?}");
    for error in protocol_errors() {
        let text = Failed(error).to_string();
        assert!(text.ends_with(&error.to_string()), "{error}");
        assert_eq!(text.contains("exceeded a limit"), error.is_limit(), "{error}");
    }
}

#[test]
fn endings_say_who_said_what() {
    let mut ending = Ending {
        cause: EndCause::Clean,
        initiator: Some(Side::Peer),
        sent: None,
        received: None,
        fault: None,
        message_lost: false,
        stalled: Duration::ZERO,
    };
    assert_eq!(ending.to_string(), "closed");
    ending.received = Some(CloseFrame::new(CloseCode::GOING_AWAY, "a \"break\""));
    assert_eq!(ending.to_string(), "closed, the peer said 1001 \"a \\\"break\\\"\"");
    ending.sent = Some(CloseFrame::new(CloseCode::NORMAL, "bye"));
    let both = "closed, the peer said 1001 \"a \\\"break\\\"\", we said 1000 \"bye\"";
    assert_eq!(ending.to_string(), both);
    ending.fault = Some(ProtocolError::BadCloseCode);
    let text = ending.to_string();
    assert!(text.starts_with(both) && text.ends_with("not allowed on the wire (§7.4)"), "{text}");
}

#[test]
fn codes_and_times_show_their_numbers() {
    let code = CloseCode::from(4321);
    assert_eq!((code.to_string(), u16::from(code)), (String::from("4321"), 4321));
    assert_eq!(format!("{code:?}, {:>6}", code), "CloseCode(4321),   4321");
    let time = Time::default().after(Duration::from_millis(1500));
    assert_eq!(format!("{time:?}"), "Time(1.5s)");
}
