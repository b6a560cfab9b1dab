//! What has to hold for a run, compared with the baseline run of the same scenario without faults.

use websocket_proto::{EndCause, SendError};

use super::fault::Fault;
use super::play::{Failure, Observed, Run};

/// Checks that neither side noticed the fault.
#[track_caller]
pub(crate) fn check_undisturbed(run: &Run, baseline: &Run, case: &str) {
    assert_eq!(run.observed, baseline.observed, "{case}");
    assert_eq!(run.peer_log.messages, baseline.peer_log.messages, "{case}");
    assert_eq!(run.peer_log.pongs.last(), baseline.peer_log.pongs.last(), "{case}");
    check_peer(run, baseline, case);
}

/// Checks that each side saw the beginning of what it sees without faults, and that the failure and
/// the end were reported once.
#[track_caller]
pub(crate) fn check_cut_short(
    run: &Run,
    baseline: &Run,
    fault: Fault,
    tells_ending: bool,
    case: &str,
) {
    check_peer(run, baseline, case);
    let Observed { opened, events, errors, endings, .. } = &run.observed;
    assert!(baseline.observed.events.starts_with(events), "{case}: {run:#?}");
    let (failures, refusals): (Vec<Failure>, Vec<Failure>) =
        errors.iter().partition(|it| !matches!(it, Failure::Send(_) | Failure::NotWritten(_)));
    let refused = |refusal: &Failure| match refusal {
        Failure::Send(error) => {
            matches!(error, SendError::Closed | SendError::NoMessageInProgress)
        }
        Failure::NotWritten(how) => is_end(*how, fault),
        _ => false,
    };
    assert!(refusals.iter().all(refused), "{case}: {run:#?}");
    if !opened {
        assert!(events.is_empty() && endings.is_empty(), "{case}: {run:#?}");
        return assert_eq!(failures, [opening_failure(fault)], "{case}");
    }
    assert!(failures.len() <= 1, "{case}: {run:#?}");
    let expected = fault.kind().map(Failure::Io);
    assert!(failures.iter().all(|failure| Some(*failure) == expected), "{case}: {run:#?}");
    if tells_ending {
        assert!(matches!(endings[..], [ending] if is_end(ending, fault)), "{case}: {run:#?}");
    }
}

/// Checks a run in which the future that opens the connection was dropped: the stream was dropped
/// with it.
#[track_caller]
pub(crate) fn check_dropped_while_opening(run: &Run, baseline: &Run, case: &str) {
    check_peer(run, baseline, case);
    assert!(run.peer_log.messages.is_empty() && !run.observed.opened, "{case}: {run:#?}");
}

/// Checks that all that the peer received was valid, and that it saw the end.
#[track_caller]
fn check_peer(run: &Run, baseline: &Run, case: &str) {
    assert!(run.is_dropped, "{case}");
    assert_eq!((run.peer_log.endings, run.peer_log.violations.len()), (1, 0), "{case}: {run:#?}");
    assert!(baseline.peer_log.messages.starts_with(&run.peer_log.messages), "{case}: {run:#?}");
    // §5.5.3: where several pings wait for their pongs, only the newest has to be answered.
    let mut pongs = baseline.peer_log.pongs.iter();
    assert!(
        run.peer_log.pongs.iter().all(|pong| pongs.any(|baseline| baseline == pong)),
        "{case}: {run:#?}"
    );
}

fn opening_failure(fault: Fault) -> Failure {
    match fault.kind() {
        Some(kind) => Failure::Io(kind),
        None => Failure::Ended(EndCause::EofInHandshake),
    }
}

fn is_end(how: EndCause, fault: Fault) -> bool {
    match how {
        EndCause::Clean => true,
        EndCause::TransportFailed => fault != Fault::Eof,
        EndCause::Eof | EndCause::EofInMessage | EndCause::EofInFrame | EndCause::EofAfterClose => {
            fault == Fault::Eof
        }
        _ => false,
    }
}
