//! The configuration of connections: `Config` and `Keepalive`.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pyo3::basic::CompareOp;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PyTuple};
use websocket_proto::{CloseCode, Delivery, Leniency};

use crate::attributes::{compare, hash, repr, values};
use crate::clock;
use crate::deflate::Deflate;
use crate::options::{self, shown};

/// Every choice and every limit of a connection.
///
/// A configuration never changes, and any number of connections and threads may share it. Lengths are
/// in bytes and inclusive, times in seconds; `None` sets no limit.
#[pyclass(frozen, module = "websocket_proto")]
pub(crate) struct Config {
    core: Arc<websocket_proto::Config>,
}

impl Config {
    /// The configuration of an optional argument: the default one, of which there is one for all, if
    /// there is none.
    pub(crate) fn shared(config: Option<&Bound<'_, Self>>) -> Arc<websocket_proto::Config> {
        static DEFAULT: OnceLock<Arc<websocket_proto::Config>> = OnceLock::new();
        let shared =
            config.map_or_else(|| DEFAULT.get_or_init(Arc::default), |config| &config.get().core);
        Arc::clone(shared)
    }
}

#[pymethods]
impl Config {
    #[new]
    #[pyo3(signature = (**options), text_signature = "(*, max_message=67108864, max_frame=67108864, \
        max_fragments=1024, max_head=16384, max_headers=128, max_refusal_body=16384, \
        max_output=1048576, fragment_size=None, handshake_timeout=10.0, close_timeout=5.0, \
        write_timeout=120.0, message_timeout=None, keepalive=Keepalive(), automatic_pong=True, \
        streaming=False, health_check=None, other_requests=False, leniency=(), deflate=None)")]
    fn new(options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        Self::changed(websocket_proto::Config::default(), options)
    }

    /// The same configuration but for these options. Raises what the constructor does.
    #[pyo3(signature = (**changes))]
    fn replace(&self, changes: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        Self::changed(*self.core, changes)
    }

    /// The longest message that is accepted; a longer one is answered with 1009.
    #[getter]
    fn max_message(&self) -> Option<u64> {
        shown(self.core.limits.message)
    }

    /// The longest frame that is accepted; a longer one is answered with 1009.
    #[getter]
    fn max_frame(&self) -> Option<u64> {
        shown(self.core.limits.frame)
    }

    /// How many fragments a message may have beyond one for every 16 bytes of it.
    #[getter]
    fn max_fragments(&self) -> Option<u64> {
        shown(self.core.limits.extra_fragments)
    }

    /// The longest head of a request or response that is accepted.
    #[getter]
    fn max_head(&self) -> Option<u64> {
        shown(self.core.limits.head)
    }

    /// How many headers a request or response may have.
    #[getter]
    fn max_headers(&self) -> Option<u64> {
        shown(self.core.limits.headers)
    }

    /// How much of the body of a refusal a client keeps.
    #[getter]
    fn max_refusal_body(&self) -> Option<u64> {
        shown(self.core.limits.refusal_body)
    }

    /// How much output may wait before sending is refused. The message being sent does not count.
    #[getter]
    fn max_output(&self) -> Option<u64> {
        shown(self.core.limits.output)
    }

    /// The longest payload of a frame that this side sends; a longer message leaves in fragments.
    #[getter]
    fn fragment_size(&self) -> Option<usize> {
        self.core.fragment_size
    }

    /// How long the opening handshake may take, with the application's decision.
    #[getter]
    fn handshake_timeout(&self) -> Option<f64> {
        finite(self.core.handshake_timeout)
    }

    /// How long the closing exchange may take, to the end of the stream.
    #[getter]
    fn close_timeout(&self) -> Option<f64> {
        finite(self.core.close_timeout)
    }

    /// How long output may wait while the transport takes no byte of it.
    #[getter]
    fn write_timeout(&self) -> Option<f64> {
        self.core.write_timeout.and_then(finite)
    }

    /// How long a message may take from its first byte to its last.
    #[getter]
    fn message_timeout(&self) -> Option<f64> {
        self.core.message_timeout.and_then(finite)
    }

    /// Pings to a peer that is silent; `None` sends none.
    #[getter]
    fn keepalive(&self) -> Option<Keepalive> {
        self.core.keepalive.map(|core| Keepalive { core })
    }

    /// Whether pings are answered. If not, answer each `Ping` with `Connection.pong`.
    #[getter]
    fn automatic_pong(&self) -> bool {
        self.core.automatic_pong
    }

    /// Whether messages are delivered in chunks: `Start`, any number of `Chunk`, `End`.
    #[getter]
    fn streaming(&self) -> bool {
        self.core.delivery == Delivery::Streaming
    }

    /// Server: the path of health checks, which are answered with 200.
    #[getter]
    fn health_check(&self) -> Option<&'static str> {
        self.core.health_check
    }

    /// Server: whether a `GET` that asks for no WebSocket is a `Request` too, which can be rejected
    /// with a status from 300 to 599 or with 200.
    #[getter]
    fn other_requests(&self) -> bool {
        self.core.other_requests
    }

    /// The violations of the protocol that are tolerated, by name: `"bare-lf"`, say.
    #[getter]
    fn leniency<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyFrozenSet>> {
        leniency_names(py, self.core.leniency)
    }

    /// Compression, which is used if the peer agrees to it; `None` turns it off.
    #[getter]
    fn deflate(&self) -> Option<Deflate> {
        self.core.deflate.map(|core| Deflate { core })
    }

    fn __getnewargs_ex__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        Ok((PyTuple::empty(slf.py()), values(slf, &options::NAMES)?))
    }

    fn __richcmp__<'py>(
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
        how: CompareOp,
    ) -> PyResult<Bound<'py, PyAny>> {
        compare(slf, other, how, &options::NAMES)
    }

    fn __hash__(slf: &Bound<'_, Self>) -> PyResult<isize> {
        hash(slf, &options::NAMES)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        repr(slf, &options::NAMES)
    }
}

impl Config {
    fn changed(
        mut core: websocket_proto::Config,
        changes: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        for (name, value) in changes.into_iter().flat_map(|changes| changes.iter()) {
            options::set(&mut core, name.extract()?, &value)?;
        }
        Ok(Self { core: Arc::new(core) })
    }
}

/// When a silent peer is sent a ping, and when it counts as dead. Times are in seconds.
#[pyclass(frozen, module = "websocket_proto")]
pub(crate) struct Keepalive {
    pub(crate) core: websocket_proto::Keepalive,
}

impl Keepalive {
    const NAMES: [&str; 4] = ["interval", "timeout", "close_code", "when_busy"];
}

#[pymethods]
impl Keepalive {
    #[new]
    #[pyo3(
        signature = (interval = 30.0, timeout = 20.0, *, close_code = None, when_busy = false),
        text_signature = "(interval=30.0, timeout=20.0, *, close_code=1011, when_busy=False)"
    )]
    fn new(
        interval: f64,
        timeout: f64,
        close_code: Option<&Bound<'_, PyAny>>,
        when_busy: bool,
    ) -> PyResult<Self> {
        let mut core = websocket_proto::Keepalive::default();
        core.interval = clock::duration("interval", interval)?;
        core.timeout = clock::duration("timeout", timeout)?;
        if let Some(code) = close_code {
            core.close_code = CloseCode::new(options::number("close_code", code, u16::MAX.into())?);
        }
        core.when_busy = when_busy;
        Ok(Self { core })
    }

    /// How long the peer may be silent before it is sent a ping. 0 sends none.
    #[getter]
    fn interval(&self) -> f64 {
        self.core.interval.as_secs_f64()
    }

    /// How long it may stay silent afterwards before it counts as dead.
    #[getter]
    fn timeout(&self) -> f64 {
        self.core.timeout.as_secs_f64()
    }

    /// The code of the Close frame for a peer that counts as dead.
    #[getter]
    fn close_code(&self) -> u16 {
        self.core.close_code.get()
    }

    /// Whether pings are also sent while the peer sends, to measure the round-trip time.
    #[getter]
    fn when_busy(&self) -> bool {
        self.core.when_busy
    }

    fn __getnewargs_ex__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        Ok((PyTuple::empty(slf.py()), values(slf, &Self::NAMES)?))
    }

    fn __richcmp__<'py>(
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
        how: CompareOp,
    ) -> PyResult<Bound<'py, PyAny>> {
        compare(slf, other, how, &Self::NAMES)
    }

    fn __hash__(slf: &Bound<'_, Self>) -> PyResult<isize> {
        hash(slf, &Self::NAMES)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        repr(slf, &Self::NAMES)
    }
}

/// The seconds of a time; `None` if it has no end.
fn finite(time: Duration) -> Option<f64> {
    (time != Duration::MAX).then_some(time.as_secs_f64())
}

/// The names of what is tolerated.
pub(crate) fn leniency_names(
    py: Python<'_>,
    mut leniency: Leniency,
) -> PyResult<Bound<'_, PyFrozenSet>> {
    let tolerated = leniency.by_name().filter(|(_, is_tolerated)| **is_tolerated);
    PyFrozenSet::new(py, tolerated.map(|(name, _)| name))
}
