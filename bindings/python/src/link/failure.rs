//! What happens when the listener fails.

use pyo3::exceptions::{PyKeyboardInterrupt, PySystemExit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use websocket_proto::Time;

use super::Link;

/// Closes the connection with 1011 and reports the exception to the loop. What ends the program is
/// raised instead.
pub(super) fn handle(link: &Bound<'_, Link>, error: PyErr, now: Time) -> PyResult<()> {
    let py = link.py();
    let wire = link.get().with(py, |state| {
        state.close_for_failure(now);
        state.wire.as_ref().map(|wire| wire.clone_ref(py))
    })?;
    if ends_program(py, &error) {
        return Err(error);
    }
    let context = PyDict::new(py);
    context.set_item(intern!(py, "message"), intern!(py, "a WebSocket listener failed"))?;
    context.set_item(intern!(py, "exception"), error.value(py))?;
    context.set_item(intern!(py, "protocol"), link)?;
    let Some(wire) = wire else {
        error.write_unraisable(py, Some(link.as_any()));
        return Ok(());
    };
    context.set_item(intern!(py, "transport"), &wire.transport)?;
    wire.event_loop.bind(py).call_method1(intern!(py, "call_exception_handler"), (context,))?;
    Ok(())
}

/// Passes on what ends the program, of what happened in a call whose other errors do not matter.
pub(super) fn interrupt(py: Python<'_>, called: PyResult<()>) -> PyResult<()> {
    called.or_else(|error| if ends_program(py, &error) { Err(error) } else { Ok(()) })
}

fn ends_program(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyKeyboardInterrupt>(py) || error.is_instance_of::<PySystemExit>(py)
}
