//! The awaitable of `send`.

use pyo3::exceptions::PyRuntimeWarning;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use super::coroutine::Step;
use super::state::State;
use super::waiting::{self, Until};
use super::{Link, coroutine, output, sending, settle};
use crate::payload::Payload;
use crate::prepared::Prepared;

/// What `send()` returns. Nothing happens before it is awaited: then it waits for room, and queues the
/// message at once when there is some. One that is cancelled has sent nothing.
#[pyclass(module = "websocket_proto._core")]
pub(crate) struct Send {
    link: Py<Link>,
    message: Py<PyAny>,
    /// What wakes this call, once it waits.
    future: Option<Py<PyAny>>,
    progress: Progress,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    NotAwaited,
    Awaited,
    Done,
}

/// Whether it is a call's turn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Now,
    AfterOthers,
    /// Nothing is sent any more, and how the connection ends is not known yet.
    AfterEnd,
}

/// What `send()` returns for a message: a call of `_send_parts` for an iterable of fragments.
pub(super) fn begin<'py>(
    link: &Bound<'py, Link>,
    message: &Bound<'py, PyAny>,
    is_text: Option<bool>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = link.py();
    let is_whole = message.is_instance_of::<PyString>()
        || message.is_instance_of::<PyBytes>()
        || message.is_instance_of::<Prepared>()
        || !has_parts(message)?;
    if !is_whole {
        return link.call_method1(intern!(py, "_send_parts"), (message, is_text));
    }
    let message = match is_text {
        Some(true) if let Ok(data) = message.extract::<Payload<'_>>() => {
            PyString::from_bytes(py, data.bytes())?.into_any()
        }
        Some(false) if let Ok(text) = message.cast::<PyString>() => {
            PyBytes::new(py, text.to_str()?.as_bytes()).into_any()
        }
        _ => message.clone(),
    };
    Ok(Bound::new(py, Send::new(link.clone().unbind(), message.unbind()))?.into_any())
}

/// Whether the fragments of a message can be had from this, which has no buffer of bytes.
fn has_parts(message: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = message.py();
    let is_iterable =
        message.hasattr(intern!(py, "__aiter__"))? || message.hasattr(intern!(py, "__iter__"))?;
    Ok(is_iterable
        && message.extract::<Payload<'_>>().is_err()
        && !message.is_instance_of::<PyDict>())
}

impl Send {
    const fn new(link: Py<Link>, message: Py<PyAny>) -> Self {
        Self { link, message, future: None, progress: Progress::NotAwaited }
    }

    fn poll<'py>(&mut self, py: Python<'py>) -> PyResult<Step<'py>> {
        if self.progress == Progress::Done {
            return Err(coroutine::reused());
        }
        self.progress = Progress::Awaited;
        let link = self.link.bind(py);
        let mut turn = link.get().with(py, |state| state.turn_of(self.future.as_ref()))?;
        if turn == Turn::AfterOthers {
            output::flush_from_outside(link)?;
            turn = link.get().with(py, |state| state.turn_of(self.future.as_ref()))?;
        }
        match turn {
            Turn::Now => self.send_now(py),
            Turn::AfterOthers | Turn::AfterEnd => self.wait(py, turn),
        }
    }

    fn send_now<'py>(&mut self, py: Python<'py>) -> PyResult<Step<'py>> {
        let waited = self.future.is_some();
        self.leave(py)?;
        let link = self.link.bind(py);
        let sent = sending::send(link, self.message.bind(py));
        if waited {
            settle::wake_waiting(link)?;
        }
        sent.map(|()| Step::Return(py.None().into_bound(py)))
    }

    fn wait<'py>(&mut self, py: Python<'py>, turn: Turn) -> PyResult<Step<'py>> {
        let link = self.link.bind(py);
        let future = coroutine::future(link)?;
        let own = future.clone_ref(py);
        let old = self.future.replace(future.clone_ref(py));
        if turn == Turn::AfterEnd {
            if let Some(old) = &old {
                link.get().with(py, |state| state.outbox.leave(old))?;
            }
            waiting::wait(link, Until::Ended, own)?;
        } else {
            link.get().with(py, |state| state.outbox.wait(old.as_ref(), own))?;
        }
        coroutine::suspend(py, future).map(Step::Wait)
    }

    /// Waits no more.
    fn leave(&mut self, py: Python<'_>) -> PyResult<()> {
        self.progress = Progress::Done;
        if let Some(own) = self.future.take() {
            self.link.bind(py).get().with(py, |state| state.outbox.leave(&own))?;
        }
        Ok(())
    }

    fn abandon(&mut self, py: Python<'_>) -> PyResult<()> {
        let waited = self.future.is_some();
        self.leave(py)?;
        if waited { settle::wake_waiting(self.link.bind(py)) } else { Ok(()) }
    }
}

#[pymethods]
impl Send {
    fn __await__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.poll(py).map(Step::next)
    }

    #[pyo3(signature = (value, /))]
    fn send(&mut self, value: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        self.poll(value.py())?.send()
    }

    #[pyo3(signature = (kind, value = None, traceback = None, /))]
    fn throw(
        &mut self,
        kind: &Bound<'_, PyAny>,
        value: Option<&Bound<'_, PyAny>>,
        traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        self.abandon(kind.py())?;
        Err(coroutine::thrown(kind, value, traceback))
    }

    fn close(&mut self, py: Python<'_>) -> PyResult<()> {
        self.abandon(py)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.link)?;
        visit.call(&self.message)?;
        visit.call(&self.future)
    }
}

impl Drop for Send {
    fn drop(&mut self) {
        if self.progress == Progress::Done {
            return;
        }
        Python::try_attach(|py| {
            coroutine::beside_exception(py, || match self.progress {
                Progress::NotAwaited => warn(py),
                // The link may be thrown away, too.
                Progress::Awaited | Progress::Done => drop(self.abandon(py)),
            });
        });
    }
}

fn warn(py: Python<'_>) {
    let category = py.get_type::<PyRuntimeWarning>();
    let message = c"send() was never awaited, so nothing was sent: write await before it, or \
                    call send_nowait()";
    if let Err(error) = PyErr::warn(py, &category, message, 1) {
        error.write_unraisable(py, None);
    }
}

impl State {
    /// Whether it is the turn of the call that is woken by `own`, or of one that does not wait yet.
    fn turn_of(&self, own: Option<&Py<PyAny>>) -> Turn {
        if self.is_closing_down() {
            return if self.has_ended() { Turn::Now } else { Turn::AfterEnd };
        }
        let is_first = match (self.outbox.senders.front(), own) {
            (None, _) => true,
            (Some(first), Some(own)) => first.is(own),
            (Some(_), None) => false,
        };
        if is_first && self.may_send() { Turn::Now } else { Turn::AfterOthers }
    }
}
