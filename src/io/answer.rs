//! The answer of a server's application to a request.

use crate::handshake::{Acceptance, AnswerError, Rejection};
use crate::{Connection, Outgoing, Time};

/// Answers a request as `decision` says, or with 500 if that is not possible, as it is not the
/// client's fault. The error is the application's mistake. `note_rejected` is told the status of a
/// rejection.
pub(super) fn answer(
    connection: &mut Connection,
    now: Time,
    decision: Result<Acceptance, Rejection>,
    outgoing: &mut Outgoing,
    note_rejected: impl FnOnce(u16),
) -> Result<(), AnswerError> {
    let accepted =
        decision.and_then(|acceptance| Ok(connection.accept(now, &acceptance, outgoing)?));
    let Err(mut rejection) = accepted else { return Ok(()) };
    let mut rejected = connection.reject(now, &rejection, outgoing);
    if rejected == Err(AnswerError::BadStatus) {
        rejection = AnswerError::BadStatus.into();
        rejected = connection.reject(now, &rejection, outgoing);
    }
    note_rejected(rejection.status());
    rejection.error().map_or(rejected, Err)
}
