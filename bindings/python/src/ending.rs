//! How a connection ended: `Ending`.

use std::sync::{Arc, OnceLock};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use websocket_proto::{
    CloseCode, CloseFrame, Config, Connection, Deadline, EndCause, Event, Incoming, Outgoing,
    ProtocolError, Role, Side, Time,
};

use crate::attributes::values;
use crate::clock;
use crate::errors;
use crate::events::Close;

/// Why and how a connection ended. Its `str` says it in words.
#[pyclass(frozen, eq, hash, module = "websocket_proto")]
#[derive(Clone, PartialEq)]
pub(crate) struct Ending {
    core: Arc<websocket_proto::Ending>,
}

const NAMES: [&str; 9] = [
    "cause",
    "error",
    "deadline",
    "initiator",
    "sent",
    "received",
    "fault",
    "message_lost",
    "stalled",
];

impl Ending {
    /// The ending that was delivered.
    pub(crate) fn delivered(ending: &websocket_proto::Ending) -> Self {
        Self { core: Arc::new(ending.clone()) }
    }

    /// The ending as the core has it.
    pub(crate) fn core(&self) -> &websocket_proto::Ending {
        &self.core
    }
}

impl std::hash::Hash for Ending {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.core().cause, self.core().code()).hash(state);
    }
}

#[pymethods]
impl Ending {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("cause", "code", "reason")
    }

    #[new]
    #[pyo3(
        signature = (cause, *, error = None, deadline = None, initiator = None, sent = None,
            received = None, fault = None, message_lost = false, stalled = 0.0),
    )]
    #[expect(clippy::too_many_arguments, reason = "they are what an ending consists of")]
    fn new(
        cause: &str,
        error: Option<&Bound<'_, PyAny>>,
        deadline: Option<&str>,
        initiator: Option<&str>,
        sent: Option<&Bound<'_, Close>>,
        received: Option<&Bound<'_, Close>>,
        fault: Option<&Bound<'_, PyAny>>,
        message_lost: bool,
        stalled: f64,
    ) -> PyResult<Self> {
        let error = error.map(errors::known_protocol_error).transpose()?;
        let deadline = deadline.map(|name| named("deadline", name, Deadline::ALL, Deadline::name));
        let initiator = initiator.map(|name| named("initiator", name, Side::ALL, Side::name));
        let mut core = template().clone();
        core.cause = cause_of(cause, error, deadline.transpose()?)?;
        core.initiator = initiator.transpose()?;
        core.sent = sent.and_then(close_frame);
        core.received = received.and_then(close_frame);
        core.fault = fault.map(errors::known_protocol_error).transpose()?;
        core.message_lost = message_lost;
        core.stalled = clock::duration("stalled", stalled)?;
        Ok(Self { core: Arc::new(core) })
    }

    /// Whether both sides sent a Close frame, this side not because of a violation or a deadline.
    #[getter]
    fn clean(&self) -> bool {
        self.core.is_clean()
    }

    /// What ended the connection.
    #[getter]
    fn cause(&self) -> &'static str {
        self.core.cause.name()
    }

    /// The code of the peer's Close frame; 1006 if it sent none (§7.1.5).
    #[getter]
    fn code(&self) -> u16 {
        self.core.code().get()
    }

    /// The reason in the peer's Close frame.
    #[getter]
    fn reason(&self) -> &str {
        self.core.received.as_ref().map_or("", |frame| &frame.reason)
    }

    /// The Close frame that this side sent, or at least queued.
    #[getter]
    fn sent(&self) -> Option<Close> {
        self.core.sent.as_ref().map(close)
    }

    /// The Close frame that the peer sent, also if its code must not be sent.
    #[getter]
    fn received(&self) -> Option<Close> {
        self.core.received.as_ref().map(close)
    }

    /// Who sent the first Close frame.
    #[getter]
    fn initiator(&self) -> Option<&'static str> {
        self.core.initiator.map(Side::name)
    }

    /// What the peer did wrong, if the cause is `"failed"`.
    #[getter]
    fn error<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.core.cause {
            EndCause::Failed(error) => errors::protocol_exception(py, error).map(Some),
            _ => Ok(None),
        }
    }

    /// Which deadline passed, if the cause is `"timed-out"`.
    #[getter]
    fn deadline(&self) -> Option<&'static str> {
        match self.core.cause {
            EndCause::TimedOut(deadline) => Some(deadline.name()),
            _ => None,
        }
    }

    /// What was wrong with the Close frame that the peer sent after ours.
    #[getter]
    fn fault<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.core.fault.map(|fault| errors::protocol_exception(py, fault)).transpose()
    }

    /// Whether the peer had begun a message or a frame that was not received to its end.
    #[getter]
    fn message_lost(&self) -> bool {
        self.core.message_lost
    }

    /// The longest delay in seconds with which a deadline was handled: this side's own lateness.
    #[getter]
    fn stalled(&self) -> f64 {
        self.core.stalled.as_secs_f64()
    }

    fn __getnewargs_ex__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let options = values(slf, &NAMES[1..])?;
        Ok((PyTuple::new(slf.py(), [slf.get().cause()])?, options))
    }

    /// What happened, in words.
    fn __str__(&self) -> String {
        errors::in_python(&self.core.to_string())
    }

    pub(crate) fn __repr__(&self) -> String {
        format!("<Ending {}: {}>", self.cause(), self.__str__())
    }
}

fn close(frame: &CloseFrame) -> Close {
    Close { code: frame.code.get(), reason: frame.reason.clone() }
}

fn close_frame(close: &Bound<'_, Close>) -> Option<CloseFrame> {
    let Close { code, reason } = close.get();
    let mut frame = template().sent.clone()?;
    (frame.code, frame.reason) = (CloseCode::new(*code), reason.clone());
    Some(frame)
}

/// An ending with a Close frame, to be changed: the core lets nobody else make one.
fn template() -> &'static websocket_proto::Ending {
    static TEMPLATE: OnceLock<websocket_proto::Ending> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let (mut incoming, mut outgoing) = (Incoming::new(), Outgoing::new());
        let mut connection =
            Connection::established(Role::Server, None, Config::default(), Time::ZERO);
        let _ = connection.start_close(Time::ZERO, CloseCode::NORMAL, "", &mut outgoing);
        connection.abort(&mut outgoing);
        let _ = connection.receive(Time::ZERO, &mut incoming, &mut outgoing);
        match incoming.event() {
            Some(Event::Ended(ending)) => ending.clone(),
            _ => unreachable!("a connection that was aborted ends"),
        }
    })
}

/// The cause of this name.
fn cause_of(
    name: &str,
    error: Option<ProtocolError>,
    deadline: Option<Deadline>,
) -> PyResult<EndCause> {
    const PLAIN: [EndCause; 14] = [
        EndCause::Clean,
        EndCause::Eof,
        EndCause::EofInMessage,
        EndCause::EofInFrame,
        EndCause::EofAfterClose,
        EndCause::EofInHandshake,
        EndCause::Rejected,
        EndCause::HealthCheck,
        EndCause::Refused,
        EndCause::Aborted,
        EndCause::TransportFailed,
        EndCause::NoEntropy,
        EndCause::ForeignMemory,
        EndCause::OutOfMemory,
    ];
    match (name, error, deadline) {
        ("failed", Some(error), None) => Ok(EndCause::Failed(error)),
        ("timed-out", None, Some(deadline)) => Ok(EndCause::TimedOut(deadline)),
        ("failed", ..) => Err(PyValueError::new_err("the cause \"failed\" has an error alone")),
        ("timed-out", ..) => {
            Err(PyValueError::new_err("the cause \"timed-out\" has a deadline alone"))
        }
        (_, None, None) => named("cause", name, &PLAIN, |cause| cause.name()),
        _ => Err(PyValueError::new_err("only a failure has an error, only a timeout a deadline")),
    }
}

/// The value of this name.
fn named<T: Copy>(
    what: &str,
    name: &str,
    all: &[T],
    name_of: fn(T) -> &'static str,
) -> PyResult<T> {
    all.iter().copied().find(|value| name_of(*value) == name).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|value| name_of(*value)).collect();
        PyValueError::new_err(format!("the {what} {name:?} is none of: {}", names.join(", ")))
    })
}
