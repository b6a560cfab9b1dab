//! The asyncio protocol: `Link`.
//!
//! No lock is held while Python code runs, which may call the same link: each step locks the state,
//! takes what it needs, and unlocks.

mod answers;
mod beginning;
mod closed;
mod commands;
mod contexts;
mod coroutine;
mod events;
mod failure;
mod inbox;
mod input;
mod life;
mod listener;
mod outbox;
mod output;
mod recv;
mod send;
mod sending;
mod settle;
mod socket;
mod state;
mod timer;
mod timers;
mod waiter;
mod waiting;
mod window;
mod wire;

use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyMemoryView, PyTuple};

pub(crate) use recv::Recv;
pub(crate) use send::Send;

use crate::config::Config;
use crate::deflate::DeflateParameters;
use crate::ending::Ending;
use crate::exclusive::Exclusive;
use crate::payload::Payload;
use beginning::Beginning;
use inbox::Marks;
use listener::Listener;
use recv::Asks;
use state::{Phase, State};
use waiter::Resume;

/// One WebSocket as the protocol of an asyncio transport.
#[pyclass(frozen, subclass, weakref, module = "websocket_proto._core")]
pub(crate) struct Link {
    /// Nothing until `__init__`.
    state: Exclusive<Option<State>>,
}

impl Link {
    /// Calls `look` with the state, in which no Python code may run.
    #[inline(always)]
    fn with<R>(&self, py: Python<'_>, look: impl FnOnce(&mut State) -> R) -> PyResult<R> {
        match self.state.try_with(py, |state| state.as_mut().map(look)) {
            Ok(Some(result)) => Ok(result),
            Ok(None) => Err(not_initialized()),
            Err(refused) => Err(refused.exception(py)),
        }
    }
}

#[cold]
fn not_initialized() -> PyErr {
    PyRuntimeError::new_err("call __init__ of Link first")
}

#[pymethods]
impl Link {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self { state: Exclusive::new(None) }
    }

    #[pyo3(signature = (
        beginning = None, /, *, config = None, listener = None, read_limit = 262_144,
        write_limit = 65_536, message_limit = (usize::MAX, usize::MAX)
    ))]
    fn __init__(
        slf: &Bound<'_, Self>,
        beginning: Option<&Bound<'_, PyAny>>,
        config: Option<&Bound<'_, Config>>,
        listener: Option<&Bound<'_, PyAny>>,
        read_limit: usize,
        write_limit: usize,
        message_limit: (usize, usize),
    ) -> PyResult<()> {
        let begun = Beginning::new(beginning, Config::shared(config))?;
        let listener = listener.map(Listener::new).transpose()?;
        let (high, low) = message_limit;
        let messages = Marks { high: high.max(1), low };
        let state = begun.into_state(listener, read_limit, messages, write_limit);
        let refused = slf.get().state.with(slf.py(), |old| match old {
            Some(_) => Some(state),
            None => {
                *old = Some(state);
                None
            }
        })?;
        match refused {
            Some(_) => Err(PyRuntimeError::new_err("__init__ of Link was called before")),
            None => Ok(()),
        }
    }

    fn connection_made(slf: &Bound<'_, Self>, transport: &Bound<'_, PyAny>) -> PyResult<()> {
        life::connect(slf, transport)
    }

    #[pyo3(signature = (sizehint, /))]
    fn get_buffer(
        slf: &Bound<'_, Self>,
        sizehint: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyMemoryView>> {
        // However much the loop would read: the window has room for more.
        let _ = sizehint;
        window::view(slf.py())
    }

    #[pyo3(signature = (nbytes, /))]
    fn buffer_updated(slf: &Bound<'_, Self>, nbytes: usize) -> PyResult<()> {
        let py = slf.py();
        slf.get().with(py, |state| {
            window::received(py, nbytes, |bytes| state.take_input(bytes));
        })?;
        input::pump(slf, Resume::Now)
    }

    #[pyo3(signature = (data, /))]
    fn data_received(slf: &Bound<'_, Self>, data: Payload<'_>) -> PyResult<()> {
        slf.get().with(slf.py(), |state| {
            state.take_input(data.bytes());
        })?;
        input::pump(slf, Resume::Now)
    }

    fn eof_received(slf: &Bound<'_, Self>) -> PyResult<()> {
        life::end_input(slf)
    }

    #[pyo3(signature = (exc, /))]
    fn connection_lost(slf: &Bound<'_, Self>, exc: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        life::lose(slf, exc)
    }

    fn pause_writing(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |state| {
            state.outbox.is_paused = true;
        })
    }

    fn resume_writing(slf: &Bound<'_, Self>) -> PyResult<()> {
        life::resume_writing(slf)
    }

    fn _flush_now(slf: &Bound<'_, Self>) -> PyResult<()> {
        output::flush_due(slf)
    }

    fn _go_on(slf: &Bound<'_, Self>) -> PyResult<()> {
        input::pump(slf, Resume::Soon)
    }

    #[pyo3(signature = (message, /, *, text = None))]
    fn send<'py>(
        slf: &Bound<'py, Self>,
        message: &Bound<'py, PyAny>,
        text: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        send::begin(slf, message, text)
    }

    #[pyo3(signature = (message, /))]
    fn send_nowait(slf: &Bound<'_, Self>, message: &Bound<'_, PyAny>) -> PyResult<()> {
        sending::send(slf, message)
    }

    #[pyo3(signature = (message, /))]
    fn queue_nowait(slf: &Bound<'_, Self>, message: &Bound<'_, PyAny>) -> PyResult<()> {
        sending::queue(slf, message)
    }

    fn flush(slf: &Bound<'_, Self>) -> PyResult<()> {
        sending::settle_command(slf)
    }

    #[pyo3(signature = (decode = None))]
    fn recv(slf: Py<Self>, decode: Option<bool>) -> Recv {
        Recv::new(slf, Asks::for_message(decode))
    }

    fn __aiter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __anext__(slf: Py<Self>) -> Recv {
        Recv::new(slf, Asks::for_next())
    }

    fn start(slf: &Bound<'_, Self>, text: bool) -> PyResult<()> {
        commands::start(slf, text)
    }

    #[pyo3(signature = (data, /))]
    fn fragment(slf: &Bound<'_, Self>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        commands::fragment(slf, data, commands::Place::Middle)
    }

    #[pyo3(signature = (data = None, /))]
    fn finish(slf: &Bound<'_, Self>, data: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let empty = PyBytes::new(slf.py(), b"").into_any();
        commands::fragment(slf, data.unwrap_or(&empty), commands::Place::Last)
    }

    /// A call of `send` begins or ends a message in fragments: others wait meanwhile.
    #[pyo3(signature = (is_in_parts, /))]
    fn _hold_senders(slf: &Bound<'_, Self>, is_in_parts: bool) -> PyResult<()> {
        slf.get().with(slf.py(), |state| {
            state.outbox.is_in_parts = is_in_parts;
        })?;
        settle::wake_waiting(slf)
    }

    #[pyo3(signature = (payload, /))]
    fn send_ping(slf: &Bound<'_, Self>, payload: Payload<'_>) -> PyResult<()> {
        commands::ping(slf, payload.bytes())
    }

    #[pyo3(signature = (payload, /))]
    fn send_pong(slf: &Bound<'_, Self>, payload: Payload<'_>) -> PyResult<()> {
        commands::pong(slf, payload.bytes())
    }

    #[pyo3(signature = (code = 1000, reason = ""))]
    fn start_close(slf: &Bound<'_, Self>, code: i64, reason: &str) -> PyResult<()> {
        commands::close(slf, code, reason)
    }

    fn abort(slf: &Bound<'_, Self>) -> PyResult<()> {
        commands::abort(slf)
    }

    #[pyo3(signature = (*, subprotocol = None, headers = None, extensions = true))]
    fn accept(
        slf: &Bound<'_, Self>,
        subprotocol: Option<&str>,
        headers: Option<&Bound<'_, PyAny>>,
        extensions: bool,
    ) -> PyResult<()> {
        answers::accept(slf, subprotocol, headers, extensions)
    }

    #[pyo3(signature = (status, *, headers = None, body = None))]
    fn reject(
        slf: &Bound<'_, Self>,
        status: &Bound<'_, PyAny>,
        headers: Option<&Bound<'_, PyAny>>,
        body: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        answers::reject(slf, status, headers, body)
    }

    fn pause_reading(slf: &Bound<'_, Self>) -> PyResult<()> {
        commands::pause(slf)
    }

    fn resume_reading(slf: &Bound<'_, Self>) -> PyResult<()> {
        commands::resume(slf)
    }

    fn closed_error(slf: &Bound<'_, Self>) -> PyErr {
        closed::exception(slf)
    }

    fn wait_until(slf: &Bound<'_, Self>, until: &str) -> PyResult<Py<PyAny>> {
        life::wait_until(slf, until)
    }

    fn set_listener(slf: &Bound<'_, Self>, listener: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let new = listener.map(Listener::new).transpose()?;
        let old = slf.get().with(slf.py(), |state| {
            state.is_listener_new = state.is_delivering;
            std::mem::replace(&mut state.listener, new)
        })?;
        drop(old);
        Ok(())
    }

    #[getter]
    fn transport(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.with(py, |state| state.wire.as_ref().map(|wire| wire.transport.clone_ref(py)))
    }

    #[getter]
    fn is_open(&self, py: Python<'_>) -> PyResult<bool> {
        self.with(py, |state| state.connection.is_open())
    }

    #[getter]
    fn was_open(&self, py: Python<'_>) -> PyResult<bool> {
        self.with(py, |state| state.was_open)
    }

    #[getter]
    fn is_client(&self, py: Python<'_>) -> PyResult<bool> {
        self.with(py, |state| state.connection.is_client())
    }

    #[getter]
    fn is_closed(&self, py: Python<'_>) -> PyResult<bool> {
        self.with(py, |state| state.phase == Phase::Lost)
    }

    #[getter]
    fn state_name(&self, py: Python<'_>) -> PyResult<&'static str> {
        self.with(py, |state| state.name())
    }

    #[getter]
    fn request(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.with(py, |state| state.request.as_ref().map(|request| request.clone_ref(py)))
    }

    #[getter]
    fn response(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.with(py, |state| state.response.as_ref().map(|response| response.clone_ref(py)))
    }

    #[getter]
    fn subprotocol(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.with(py, |state| state.subprotocol.as_deref().map(str::to_owned))
    }

    #[getter]
    fn deflate(&self, py: Python<'_>) -> PyResult<Option<DeflateParameters>> {
        self.with(py, |state| state.connection.deflate().map(|core| DeflateParameters { core }))
    }

    #[getter]
    fn ending(&self, py: Python<'_>) -> PyResult<Option<Ending>> {
        self.with(py, |state| state.ending.as_deref().map(Ending::delivered))
    }

    #[getter]
    fn round_trip(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        self.with(py, |state| {
            state.connection.round_trip().map(|round_trip| round_trip.as_secs_f64())
        })
    }

    #[getter]
    fn buffered(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, |state| state.inbox.len())
    }

    #[getter]
    fn waiting(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, |state| state.outgoing.len())
    }

    #[getter]
    fn has_room(&self, py: Python<'_>) -> PyResult<bool> {
        self.with(py, |state| state.has_room())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Whoever uses the state now has a reference to this object.
        let visited = self.state.look(|state| state.as_ref().map(|state| state.traverse(&visit)));
        visited.flatten().unwrap_or(Ok(()))
    }

    fn __clear__(&self) {
        let cleared = self.state.look(Option::take);
        drop(cleared);
    }
}
