//! The awaitable of `recv`.

use pyo3::exceptions::PyStopAsyncIteration;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::coroutine::Step;
use super::state::State;
use super::waiter::{Resume, Waiter};
use super::{Link, closed, coroutine, input, output};

/// What `recv()` returns. Nothing happens before it is awaited.
#[pyclass(module = "websocket_proto._core")]
pub(crate) struct Recv {
    link: Py<Link>,
    asks: Asks,
    progress: Progress,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    NotAwaited,
    /// It is this call that the waiter of the link stands for.
    Waits,
    Done,
}

/// What a call asks for.
#[derive(Clone, Copy)]
pub(crate) struct Asks {
    /// Whether text is to come as `str` and as nothing else, or as `bytes`.
    decode: Option<bool>,
    /// A clean end ends an iteration, and is no error.
    for_iteration: bool,
}

/// What a call of `recv` finds.
enum Next {
    /// Also whether there may be more that was held back.
    Message(Py<PyAny>, bool),
    /// No message, and none will come.
    Ended,
    Wait,
    /// Another call waits already.
    Busy,
}

impl Recv {
    pub(super) const fn new(link: Py<Link>, asks: Asks) -> Self {
        Self { link, asks, progress: Progress::NotAwaited }
    }

    fn poll<'py>(&mut self, py: Python<'py>) -> PyResult<Step<'py>> {
        let waits = match self.progress {
            Progress::Done => return Err(coroutine::reused()),
            Progress::Waits => true,
            Progress::NotAwaited => false,
        };
        let link = &self.link.clone_ref(py).into_bound(py);
        let next = link.get().with(py, |state| state.next_message(waits))?;
        if matches!(next, Next::Wait) {
            return self.wait(link);
        }
        self.progress = Progress::Done;
        self.finish(link, next)
    }

    /// How the call returns or fails.
    fn finish<'py>(&self, link: &Bound<'py, Link>, next: Next) -> PyResult<Step<'py>> {
        match next {
            Next::Message(message, must_go_on) => {
                if must_go_on {
                    input::pump(link, Resume::Soon)?;
                }
                let message = message.into_bound(link.py());
                decoded(message, self.asks.decode).map(Step::Return)
            }
            Next::Ended => Err(self.end(link)?),
            Next::Busy | Next::Wait => Err(closed::concurrency_error(
                link.py(),
                "another call of recv waits for a message already",
            )),
        }
    }

    fn wait<'py>(&mut self, link: &Bound<'py, Link>) -> PyResult<Step<'py>> {
        output::flush_waiting(link)?;
        let waiter = waiter(link)?;
        waiter.get().begin(link.py())?;
        self.progress = Progress::Waits;
        Ok(Step::Wait(waiter.into_any()))
    }

    /// The exception that says that no message follows.
    fn end(&self, link: &Bound<'_, Link>) -> PyResult<PyErr> {
        if self.asks.for_iteration && closed::is_closed_ok(link)? {
            return Ok(PyStopAsyncIteration::new_err(()));
        }
        Ok(closed::exception(link))
    }

    /// Leaves the messages to the next call.
    fn abandon(&mut self, py: Python<'_>) -> PyResult<()> {
        if std::mem::replace(&mut self.progress, Progress::Done) == Progress::Waits {
            self.link.bind(py).get().with(py, |state| {
                state.inbox.is_awaited = false;
            })?;
        }
        Ok(())
    }
}

/// The waiter of a link, for a call that begins to wait.
fn waiter(link: &Bound<'_, Link>) -> PyResult<Py<Waiter>> {
    let py = link.py();
    let made = link.get().with(py, |state| {
        state.inbox.is_awaited = true;
        state.inbox.waiter.as_ref().map(|waiter| waiter.clone_ref(py))
    })?;
    if let Some(waiter) = made {
        return Ok(waiter);
    }
    let waiter = Py::new(py, Waiter::new(coroutine::event_loop(link)?.unbind()))?;
    let kept = waiter.clone_ref(py);
    link.get().with(py, |state| {
        state.inbox.waiter = Some(kept);
    })?;
    Ok(waiter)
}

impl Asks {
    pub(super) const fn for_message(decode: Option<bool>) -> Self {
        Self { decode, for_iteration: false }
    }

    pub(super) const fn for_next() -> Self {
        Self { decode: None, for_iteration: true }
    }
}

#[pymethods]
impl Recv {
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
        visit.call(&self.link)
    }
}

/// A task that waits may be thrown away with its loop.
impl Drop for Recv {
    fn drop(&mut self) {
        if self.progress == Progress::Waits {
            Python::try_attach(|py| coroutine::beside_exception(py, || drop(self.abandon(py))));
        }
    }
}

impl State {
    /// What a call gets, which waits already or not yet.
    fn next_message(&mut self, waits: bool) -> Next {
        if self.inbox.is_awaited && !waits {
            return Next::Busy;
        }
        let next = match self.inbox.pop() {
            Some(message) => Next::Message(message, self.is_reading_stopped && self.may_go_on()),
            None if self.has_ended() => Next::Ended,
            None => return Next::Wait,
        };
        self.inbox.is_awaited = false;
        next
    }

    /// Whether events that were held back can be delivered now.
    fn may_go_on(&self) -> bool {
        !self.is_held_back() && !self.is_delivering
    }
}

/// The message as `decode` asks for it.
fn decoded<'py>(message: Bound<'py, PyAny>, decode: Option<bool>) -> PyResult<Bound<'py, PyAny>> {
    let py = message.py();
    match decode {
        Some(false) if let Ok(text) = message.cast::<PyString>() => {
            Ok(PyBytes::new(py, text.to_str()?.as_bytes()).into_any())
        }
        Some(true) if let Ok(data) = message.cast::<PyBytes>() => {
            Ok(PyString::from_bytes(py, data.as_bytes())?.into_any())
        }
        _ => Ok(message),
    }
}
