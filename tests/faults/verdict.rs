//! What has to be true of every run.

use websocket_proto::{EndCause, SendError};

use super::fault::Fault;
use super::play::{Failure, Run, Told};

/// Nothing can be seen of what went wrong.
#[track_caller]
pub(crate) fn check_undisturbed(run: &Run, calm: &Run, how: &str) {
    assert_eq!(run.told, calm.told, "{how}");
    assert_eq!(run.heard.messages, calm.heard.messages, "{how}");
    assert_eq!(run.heard.pongs.last(), calm.heard.pongs.last(), "{how}");
    check_peer(run, calm, how);
}

/// What was told and heard is the beginning of what is told and heard without faults; the failure
/// and the end are told once.
#[track_caller]
pub(crate) fn check_cut_short(run: &Run, calm: &Run, fault: Fault, tells_ending: bool, how: &str) {
    check_peer(run, calm, how);
    let Told { opened, events, errors, endings, .. } = &run.told;
    assert!(calm.told.events.starts_with(events), "{how}: {run:#?}");
    let (failures, refusals): (Vec<Failure>, Vec<Failure>) =
        errors.iter().partition(|it| !matches!(it, Failure::Send(_) | Failure::NotWritten(_)));
    let refused = |refusal: &Failure| match refusal {
        Failure::Send(error) => {
            matches!(error, SendError::Closed | SendError::NoMessageInProgress)
        }
        Failure::NotWritten(how) => is_end(*how, fault),
        _ => false,
    };
    assert!(refusals.iter().all(refused), "{how}: {run:#?}");
    if !opened {
        assert!(events.is_empty() && endings.is_empty(), "{how}: {run:#?}");
        return assert_eq!(failures, [opening_failure(fault)], "{how}");
    }
    assert!(failures.len() <= 1, "{how}: {run:#?}");
    let expected = fault.kind().map(Failure::Io);
    assert!(failures.iter().all(|failure| Some(*failure) == expected), "{how}: {run:#?}");
    if tells_ending {
        assert!(matches!(endings[..], [ending] if is_end(ending, fault)), "{how}: {run:#?}");
    }
}

/// The future that opens the connection was dropped, and the stream with it.
#[track_caller]
pub(crate) fn check_given_up(run: &Run, calm: &Run, how: &str) {
    check_peer(run, calm, how);
    assert!(run.heard.messages.is_empty() && !run.told.opened, "{how}: {run:#?}");
}

/// The peer can make sense of what it got, and is told the end.
#[track_caller]
fn check_peer(run: &Run, calm: &Run, how: &str) {
    assert!(run.is_dropped, "{how}");
    assert_eq!((run.heard.endings, run.heard.violations.len()), (1, 0), "{how}: {run:#?}");
    assert!(calm.heard.messages.starts_with(&run.heard.messages), "{how}: {run:#?}");
    // §5.5.3: where several pings wait for their pongs, the newest may be answered alone.
    let mut pongs = calm.heard.pongs.iter();
    assert!(run.heard.pongs.iter().all(|pong| pongs.any(|calm| calm == pong)), "{how}: {run:#?}");
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
