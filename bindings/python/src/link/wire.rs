//! The transport below a connection, and what is known of it.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;

use super::socket::Socket;
use super::timers::Timers;

/// A transport, and the loop that it belongs to.
pub(super) struct Wire {
    pub(super) transport: Py<PyAny>,
    pub(super) event_loop: Py<PyAny>,
    /// Those of the loop.
    pub(super) timers: Py<Timers>,
    /// Where the transport may be bypassed while it has nothing to write.
    pub(super) socket: Option<Socket>,
    /// What tells the number of the socket, if the loop closes sockets without telling their protocols.
    pub(super) vanishing: Option<Py<PyAny>>,
    /// Whether the transport can shut down one direction; TLS cannot.
    pub(super) can_half_close: bool,
}

impl Wire {
    /// Takes a transport that was connected.
    pub(super) fn new(transport: &Bound<'_, PyAny>) -> PyResult<Self> {
        let event_loop = running_loop(transport.py())?;
        let (socket, vanishing) = Socket::of(transport).unzip();
        limit_queue(transport, socket.is_some());
        Ok(Self {
            transport: transport.clone().unbind(),
            timers: Timers::of(&event_loop)?,
            event_loop: event_loop.unbind(),
            socket,
            vanishing: vanishing.flatten(),
            can_half_close: can_half_close(transport),
        })
    }

    pub(super) fn clone_ref(&self, py: Python<'_>) -> Self {
        Self {
            transport: self.transport.clone_ref(py),
            event_loop: self.event_loop.clone_ref(py),
            timers: self.timers.clone_ref(py),
            vanishing: self.vanishing.as_ref().map(|object| object.clone_ref(py)),
            ..*self
        }
    }

    pub(super) fn write(&self, bytes: &Bound<'_, PyBytes>) -> PyResult<()> {
        let py = bytes.py();
        self.transport.bind(py).call_method1(intern!(py, "write"), (bytes,))?;
        Ok(())
    }

    pub(super) fn call(&self, py: Python<'_>, method: Method) -> PyResult<()> {
        let name = match method {
            Method::WriteEof => intern!(py, "write_eof"),
            Method::Close => intern!(py, "close"),
            Method::Abort => intern!(py, "abort"),
            Method::PauseReading => intern!(py, "pause_reading"),
            Method::ResumeReading => intern!(py, "resume_reading"),
        };
        self.transport.bind(py).call_method0(name)?;
        Ok(())
    }

    pub(super) fn is_closing(&self, py: Python<'_>) -> PyResult<bool> {
        self.transport.bind(py).call_method0(intern!(py, "is_closing"))?.is_truthy()
    }

    /// How many bytes the transport has taken and not written; 0 if it does not say.
    pub(super) fn held(&self, py: Python<'_>) -> usize {
        let held = self.transport.bind(py).call_method0(intern!(py, "get_write_buffer_size"));
        held.and_then(|held| held.extract()).unwrap_or(0)
    }
}

/// What a transport is told to do.
#[derive(Clone, Copy)]
pub(super) enum Method {
    WriteEof,
    Close,
    Abort,
    PauseReading,
    ResumeReading,
}

/// The loop that runs on this thread.
pub(super) fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static GET: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    GET.import(py, "asyncio", "get_running_loop")?.call0()
}

/// Lets the transport say when it holds something back, and when it holds nothing any more: what
/// waits is kept by the connection, which knows its limits and deadlines.
fn limit_queue(transport: &Bound<'_, PyAny>, is_plain: bool) {
    // With a limit of 0, TLS would pause when nothing waits.
    let most = if is_plain { 0 } else { 1 };
    let py = transport.py();
    // One that has no limits just takes everything.
    let _ = transport.call_method1(intern!(py, "set_write_buffer_limits"), (most, 0));
}

fn can_half_close(transport: &Bound<'_, PyAny>) -> bool {
    let answer = transport.call_method0(intern!(transport.py(), "can_write_eof"));
    answer.and_then(|answer| answer.is_truthy()).unwrap_or(false)
}
