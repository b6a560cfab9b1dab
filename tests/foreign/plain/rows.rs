//! Faults that plain programs once met, which must not come back.

use websocket_proto::io::Error;
use websocket_proto::{Config, Delivery, ProtocolError};

use crate::meeting::{Run, Setting, Trailing, settings};
use crate::peer::{End, Frame, Seen};
use crate::program::Program::{self, *};

const ECHOES: [Program; 3] = [Echo, EchoStream, EchoSplit];
const ECHOES_UNTIL_CLOSE: [Program; 3] =
    [EchoUntilClose, EchoStreamUntilClose, EchoSplitUntilClose];

pub(crate) fn text(text: &str) -> Frame {
    (0x81, text.as_bytes().to_vec())
}

pub(crate) fn close(code: u16, reason: &str) -> Frame {
    (0x88, [&code.to_be_bytes(), reason.as_bytes()].concat())
}

/// A frame with a reserved bit, for which no extension was agreed on.
pub(crate) fn violation() -> Frame {
    (0xc1, Vec::new())
}

/// Checks that in every setting the programs return the expected result, and that their peers
/// receive exactly these frames and then the end of the stream.
#[track_caller]
fn deliver(
    programs: &[Program],
    config: Config,
    sent: &[Frame],
    wanted: &[Frame],
    is_right: impl Fn(&Result<(), Error>) -> bool,
) {
    for program in programs {
        for setting in settings() {
            let (seen, result) = setting.play(Run { config, ..Run::of(*program) }, sent);
            let wanted = Seen { frames: wanted.to_vec(), part: 0, end: End::Whole };
            assert_eq!(seen, wanted, "{program:?} {setting:?}");
            assert!(is_right(&result), "{program:?} {setting:?}: {result:?}");
        }
    }
}

/// Checks that a long message arrives whole from programs that send it and return.
#[track_caller]
fn deliver_at_length(settings: impl Iterator<Item = Setting>) {
    let long = [text(&"x".repeat(1 << 20))];
    for setting in settings {
        for program in [SendAndReturn, SplitSendAndReturn] {
            let (seen, result) = setting.play(Run::of(program), &long);
            // Not assert_eq!, which would print megabytes.
            let Seen { frames, part, end } = seen;
            assert!(frames == long, "{program:?} {setting:?}: {part} bytes, {end:?}");
            assert_eq!(end, End::Whole, "{program:?} {setting:?}");
            assert!(result.is_ok(), "{program:?} {setting:?}: {result:?}");
        }
    }
}

fn is_violation(result: &Result<(), Error>) -> bool {
    matches!(result, Err(Error::Protocol(_)))
}

#[test]
fn a_violation_is_answered_with_its_close_frame() {
    deliver(&ECHOES, Config::default(), &[violation()], &[close(1002, "")], is_violation);
}

#[test]
fn a_violation_after_a_message_in_one_segment_loses_neither_answer() {
    let (sent, wanted) = ([text("good"), violation()], [text("good"), close(1002, "")]);
    deliver(&ECHOES, Config::default(), &sent, &wanted, is_violation);
}

#[test]
fn a_limit_is_answered_with_its_close_frame() {
    let mut config = Config::default();
    config.limits.message = 10;
    let sent = [text("good"), text("much too long")];
    deliver(&ECHOES, config, &sent, &[text("good"), close(1009, "")], is_violation);
}

#[test]
fn text_that_is_not_utf_8_is_answered_with_its_close_frame() {
    let sent = [text("good"), (0x81, b"\xff".to_vec())];
    let wanted = [text("good"), close(1007, "")];
    deliver(&ECHOES, Config::default(), &sent, &wanted, |result| {
        matches!(result, Err(Error::Protocol(ProtocolError::InvalidUtf8)))
    });
}

#[test]
fn violations_and_close_frames_where_messages_come_in_chunks() {
    let mut config = Config::default();
    config.delivery = Delivery::Streaming;
    let (sent, wanted) = ([text("good"), violation()], [close(1002, "")]);
    deliver(&[Echo, EchoSplit], config, &sent, &wanted, is_violation);
    let (sent, wanted) = ([text("last"), close(1000, "")], [close(1000, "")]);
    deliver(&[EchoUntilClose, EchoSplitUntilClose], config, &sent, &wanted, Result::is_ok);
}

#[test]
fn a_close_frame_is_answered() {
    let (sent, wanted) = ([close(3001, "enough")], [close(3001, "")]);
    deliver(&ECHOES_UNTIL_CLOSE, Config::default(), &sent, &wanted, Result::is_ok);
}

#[test]
fn a_close_frame_after_a_message_in_one_segment_loses_neither_answer() {
    let sent = [text("last"), close(1000, "")];
    deliver(&ECHOES_UNTIL_CLOSE, Config::default(), &sent, &sent, Result::is_ok);
}

#[test]
fn a_reply_arrives_though_the_program_returns() {
    let programs = [FeedAndReturn, SendAndReturn, SplitFeedAndReturn, SplitSendAndReturn];
    deliver(&programs, Config::default(), &[text("one")], &[text("one")], Result::is_ok);
}

#[test]
fn a_long_reply_arrives_though_the_program_returns() {
    deliver_at_length(settings().filter(|setting| setting.trailing != Trailing::Unread));
}

/// Input that arrives after the socket was dropped resets the connection, and the reset may
/// overtake output that the system has not sent. Then a beginning of the output arrives, and
/// nothing else.
#[test]
fn of_a_reply_at_length_a_beginning_arrives_with_more_unread() {
    let long = [text(&"x".repeat(1 << 20))];
    for setting in settings().filter(|setting| setting.trailing == Trailing::Unread) {
        let (seen, result) = setting.play(Run::of(SendAndReturn), &long);
        assert!(result.is_ok(), "{setting:?}: {result:?}");
        let Seen { frames, part, .. } = seen;
        assert!(frames.is_empty() || (frames == long && part == 0), "{setting:?}: {part} bytes");
    }
}

#[test]
fn a_close_frame_arrives_though_the_program_returns() {
    let (sent, wanted) = ([text("one")], [close(1000, "bye")]);
    deliver(&[CloseAndReturn], Config::default(), &sent, &wanted, Result::is_ok);
}

#[test]
fn a_greeting_arrives_though_the_program_returns() {
    let programs = [GreetAndReturn, FeedGreetingAndReturn];
    deliver(&programs, Config::default(), &[], &[text("hello")], Result::is_ok);
}
