//! A server's answers to requests.

use pyo3::prelude::*;

use super::{Link, commands};
use crate::connection::opening::{acceptance, rejection};
use crate::{clock, errors};

pub(super) fn accept(
    link: &Bound<'_, Link>,
    subprotocol: Option<&str>,
    headers: Option<&Bound<'_, PyAny>>,
    extensions: bool,
) -> PyResult<()> {
    let py = link.py();
    let acceptance = acceptance(py, subprotocol, headers, extensions)?;
    let answered = link.get().with(py, |state| {
        let accepted = state.connection.accept(clock::now(), &acceptance, &mut state.outgoing);
        if accepted.is_ok() {
            state.was_open = true;
            state.subprotocol = subprotocol.map(Into::into);
        }
        accepted
    })?;
    answered.map_err(|error| errors::answer_error(py, error))?;
    commands::go_on(link)?;
    // Many connections say nothing for long after the answer.
    link.get().with(py, |state| state.outgoing.shrink())
}

pub(super) fn reject(
    link: &Bound<'_, Link>,
    status: &Bound<'_, PyAny>,
    headers: Option<&Bound<'_, PyAny>>,
    body: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let py = link.py();
    let rejection = rejection(status, headers, body)?;
    let answered = link
        .get()
        .with(py, |state| state.connection.reject(clock::now(), &rejection, &mut state.outgoing))?;
    answered.map_err(|error| errors::answer_error(py, error))?;
    commands::go_on(link)
}
