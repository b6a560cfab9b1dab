//! Tests of the delays, and of [`Disconnect::default_advice`].

mod table;

use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::*;
use crate::CloseFrame;
use crate::{CloseCode, Deadline, EndCause, ProtocolError, Side};

const SECOND: Duration = Duration::from_secs(1);

fn ending(cause: EndCause) -> Ending {
    Ending {
        cause,
        initiator: None,
        sent: None,
        received: None,
        fault: None,
        message_lost: false,
        stalled: Duration::ZERO,
    }
}

/// The ending of a connection that the peer closed with this code.
fn closed(code: u16) -> Ending {
    let received = Some(CloseFrame::new(CloseCode::new(code), ""));
    Ending { initiator: Some(Side::Peer), received, ..ending(EndCause::Clean) }
}

/// The ending of a connection that this side closed.
fn closed_here(cause: EndCause) -> Ending {
    Ending { initiator: Some(Side::Local), ..ending(cause) }
}

fn advice(ending: &Ending) -> Advice {
    Disconnect::Ended(ending).default_advice()
}

/// A backoff without jitter, from 1 s, doubled up to 10 s.
fn exact() -> Backoff {
    Backoff { first: SECOND, longest: 10 * SECOND, jitter: Jitter::None, ..Backoff::default() }
}

/// The delays after `count` failures in a row, in seconds.
fn delays(backoff: &mut Backoff, count: usize) -> Vec<u64> {
    let delay = |_| match backoff.after_failure(0) {
        Retry::After(delay) => delay.as_secs(),
        Retry::Never(reason) => panic!("{reason}"),
    };
    (0..count).map(delay).collect()
}

#[test]
fn delays_grow_up_to_the_longest() {
    assert_eq!(delays(&mut exact(), 6), [1, 2, 4, 8, 10, 10]);
    let mut triple = Backoff { factor: 3, ..exact() };
    assert_eq!(delays(&mut triple, 4), [1, 3, 9, 10]);
    let mut even = Backoff { factor: 1, ..exact() };
    assert_eq!(delays(&mut even, 3), [1, 1, 1]);
    let mut none = Backoff { factor: 0, ..exact() };
    assert_eq!(delays(&mut none, 3), [1, 0, 0]);
}

#[test]
fn nothing_overflows() {
    let mut backoff = Backoff { factor: u32::MAX, ..exact() };
    backoff.attempts_made = u32::MAX;
    assert_eq!(delays(&mut backoff, 1), [10]);
    assert_eq!(backoff.attempts_made(), u32::MAX);
    let mut endless = Backoff { first: Duration::MAX, longest: Duration::MAX, ..exact() };
    endless.longest_retry_after = Duration::MAX;
    for jitter in [Jitter::Full, Jitter::Equal, Jitter::None] {
        endless.jitter = jitter;
        let delay = endless.after_refusal(503, Some(Duration::MAX), u64::MAX);
        assert_eq!(delay, Retry::After(Duration::MAX));
    }
}

#[test]
fn jitter_keeps_its_bounds() {
    let delay = |jitter: Jitter, random| jitter.apply(8 * SECOND, random);
    assert_eq!(delay(Jitter::Full, 0), Duration::ZERO);
    assert_eq!(delay(Jitter::Full, 1 << 63), 4 * SECOND);
    assert_eq!(delay(Jitter::Full, u64::MAX), 8 * SECOND);
    assert_eq!(delay(Jitter::Equal, 0), 8 * SECOND);
    assert_eq!(delay(Jitter::Equal, u64::MAX), 4 * SECOND);
    for random in [0, 1, 1 << 63, u64::MAX] {
        assert_eq!(delay(Jitter::None, random), 8 * SECOND);
        assert_eq!(Jitter::Full.apply(Duration::ZERO, random), Duration::ZERO);
        assert!(Jitter::Equal.apply(Duration::MAX, random) >= Duration::MAX / 2);
    }
}

#[test]
fn a_steady_connection_resets() {
    let (mut backoff, lost) = (exact(), ending(EndCause::Eof));
    let steady = backoff.steady;
    assert_eq!(delays(&mut backoff, 3), [1, 2, 4]);
    let short = backoff.after_ending(&lost, steady - SECOND, 0);
    assert_eq!(short, Retry::After(8 * SECOND));
    assert_eq!(backoff.after_ending(&lost, steady, 0), Retry::After(SECOND));
    assert_eq!((backoff.attempts_made(), delays(&mut backoff, 1)), (1, vec![2]));
    backoff.reset();
    assert_eq!(delays(&mut backoff, 1), [1]);
}

#[test]
fn attempts_come_to_an_end() {
    let mut backoff = Backoff { attempts: Some(2), ..exact() };
    assert_eq!(delays(&mut backoff, 2), [1, 2]);
    assert_eq!(backoff.after_failure(0), Retry::Never(GiveUp::Attempts));
    let steady = backoff.steady;
    assert_eq!(backoff.after_ending(&ending(EndCause::Eof), steady, 0), Retry::After(SECOND));
}

#[test]
fn retry_after_is_a_lower_bound() {
    let mut backoff = Backoff { jitter: Jitter::Full, ..exact() };
    let asked = Some(20 * SECOND);
    assert_eq!(backoff.after_refusal(503, asked, 0), Retry::After(20 * SECOND));
    assert_eq!(backoff.after_refusal(429, asked, u64::MAX), Retry::After(22 * SECOND));
    backoff.longest_retry_after = 5 * SECOND;
    assert_eq!(backoff.after_refusal(503, asked, 0), Retry::After(5 * SECOND));
    let never = backoff.after_refusal(404, asked, 0);
    assert_eq!(never, Retry::Never(GiveUp::Refused(404)));
}

#[test]
fn statuses() {
    for status in [408, 425, 429, 500, 502, 503, 504, 520, 522, 530] {
        assert_eq!(Disconnect::Refused(status).default_advice(), Advice::Retry, "{status}");
    }
    for status in [200, 301, 400, 401, 403, 404, 407, 426, 501, 505, 599] {
        let never = Advice::GiveUp(GiveUp::Refused(status));
        assert_eq!(Disconnect::Refused(status).default_advice(), never, "{status}");
    }
    assert_eq!(Disconnect::Unreachable.default_advice(), Advice::Retry);
}

#[test]
fn codes() {
    assert_eq!(advice(&closed(1000)), Advice::GiveUp(GiveUp::ClosedNormally));
    for code in [1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003] {
        let never = Advice::GiveUp(GiveUp::Closed(CloseCode::new(code)));
        assert_eq!(advice(&closed(code)), never, "{code}");
    }
    for code in [1001, 1005, 1011, 1012, 1014, 3001, 3008, 4000, 4999] {
        assert_eq!(advice(&closed(code)), Advice::Retry, "{code}");
    }
    assert_eq!(advice(&closed(1013)), Advice::RetryLater);
    let mut backoff = exact();
    backoff.longest = 60 * SECOND;
    let later = backoff.after_ending(&closed(1013), Duration::ZERO, 0);
    assert_eq!(later, Retry::After(30 * SECOND));
}

/// Every cause, and the advice after it.
const CAUSES: [(EndCause, Advice); 23] = [
    (EndCause::Clean, Advice::Retry),
    (EndCause::Eof, Advice::Retry),
    (EndCause::EofInMessage, Advice::Retry),
    (EndCause::EofInFrame, Advice::Retry),
    (EndCause::EofAfterClose, Advice::Retry),
    (EndCause::EofInHandshake, Advice::Retry),
    (EndCause::Rejected, Advice::GiveUp(GiveUp::ClosedHere)),
    (EndCause::HealthCheck, Advice::GiveUp(GiveUp::ClosedHere)),
    (EndCause::Refused, Advice::RetryLater),
    (EndCause::Failed(ProtocolError::Masked), Advice::RetryLater),
    (EndCause::Failed(ProtocolError::WrongAccept), Advice::RetryLater),
    (EndCause::Failed(ProtocolError::BadCloseCode), Advice::Retry),
    (
        EndCause::Failed(ProtocolError::MessageTooLong),
        Advice::GiveUp(GiveUp::Limit(ProtocolError::MessageTooLong)),
    ),
    (EndCause::TimedOut(Deadline::Handshake), Advice::Retry),
    (EndCause::TimedOut(Deadline::Close), Advice::Retry),
    (EndCause::TimedOut(Deadline::Pong), Advice::Retry),
    (EndCause::TimedOut(Deadline::Write), Advice::Retry),
    (EndCause::TimedOut(Deadline::Message), Advice::Retry),
    (EndCause::Aborted, Advice::GiveUp(GiveUp::ClosedHere)),
    (EndCause::TransportFailed, Advice::Retry),
    (EndCause::NoEntropy, Advice::Retry),
    (EndCause::ForeignMemory, Advice::Retry),
    (EndCause::OutOfMemory, Advice::Retry),
];

#[test]
fn every_cause() {
    for (cause, expected) in CAUSES {
        assert_eq!(advice(&ending(cause)), expected, "{cause}");
    }
}

/// The peer has closed even if our answer could not be sent.
#[test]
fn a_close_frame_before_a_failure_counts() {
    let causes = [
        EndCause::TransportFailed,
        EndCause::TimedOut(Deadline::Write),
        EndCause::TimedOut(Deadline::Close),
    ];
    for (code, cause) in [1000, 1001, 1008, 1013].into_iter().zip(causes.into_iter().cycle()) {
        let failed = Ending { cause, ..closed(code) };
        assert_eq!(advice(&failed), advice(&closed(code)), "{code}");
    }
}

#[test]
fn what_the_application_closed_stays_closed() {
    for cause in [
        EndCause::Clean,
        EndCause::Eof,
        EndCause::EofInMessage,
        EndCause::EofInFrame,
        EndCause::EofAfterClose,
        EndCause::TransportFailed,
        EndCause::TimedOut(Deadline::Close),
        EndCause::TimedOut(Deadline::Write),
    ] {
        assert_eq!(advice(&closed_here(cause)), Advice::GiveUp(GiveUp::ClosedHere), "{cause}");
    }
    // In these cases this side sends a Close frame by itself.
    assert_eq!(advice(&closed_here(EndCause::TimedOut(Deadline::Pong))), Advice::Retry);
    assert_eq!(advice(&closed_here(EndCause::TimedOut(Deadline::Message))), Advice::Retry);
    assert_eq!(advice(&closed_here(EndCause::Failed(ProtocolError::Masked))), Advice::RetryLater);
}

#[test]
#[expect(clippy::wildcard_enum_match_arm, reason = "as applications write it")]
fn the_application_advises() {
    let mut backoff = exact();
    backoff.advise = |disconnect| match disconnect {
        Disconnect::Refused(404) => Advice::Retry,
        Disconnect::Ended(ending) if ending.code().get() == 4001 => {
            Advice::GiveUp(GiveUp::ByApplication)
        }
        other => other.default_advice(),
    };
    assert_eq!(backoff.after_refusal(404, None, 0), Retry::After(SECOND));
    let expired = backoff.after_ending(&closed(4001), SECOND, 0);
    assert_eq!(expired, Retry::Never(GiveUp::ByApplication));
    assert_eq!(backoff.after_ending(&closed(4002), SECOND, 0), Retry::After(2 * SECOND));
}
