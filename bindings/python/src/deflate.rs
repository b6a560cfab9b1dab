//! Compression (RFC 7692): what is wanted, `Deflate`, and what was agreed on, `DeflateParameters`.

use pyo3::basic::CompareOp;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use websocket_proto::handshake::{self, WindowBits};

use crate::attributes::{compare, hash, repr, values};
use crate::errors::wrong_type;
use crate::options::{number, switch, unknown};

/// Compression (RFC 7692): how hard, and with which parameters.
///
/// A client offers the parameters, and a server asks for them. A window is from 8 to 15 bits. Turn
/// compression on for repetitive text, and not for messages that hold a secret beside text of somebody
/// else's choice, as their length reveals something of the secret (RFC 7692 §8).
#[pyclass(frozen, module = "websocket_proto")]
pub(crate) struct Deflate {
    pub(crate) core: websocket_proto::Deflate,
}

impl Deflate {
    const NAMES: [&str; 10] = [
        "level",
        "memory_level",
        "minimum",
        "keep_contexts",
        "server_no_context_takeover",
        "client_no_context_takeover",
        "server_max_window_bits",
        "client_max_window_bits",
        "requires_client_max_window_bits",
        "fallback",
    ];
}

#[pymethods]
impl Deflate {
    #[new]
    #[pyo3(signature = (**options), text_signature = "(*, level=6, memory_level=5, minimum=128, \
        keep_contexts=False, server_no_context_takeover=False, client_no_context_takeover=False, \
        server_max_window_bits=None, client_max_window_bits=15, \
        requires_client_max_window_bits=False, fallback=None)")]
    fn new(options: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let mut core = websocket_proto::Deflate::default();
        for (name, value) in options.into_iter().flat_map(|options| options.iter()) {
            set(&mut core, name.extract()?, &value)?;
        }
        Ok(Self { core })
    }

    /// From 0, which does not compress, over 1, the fastest, to 9 for the smallest messages.
    #[getter]
    fn level(&self) -> u8 {
        self.core.level
    }

    /// How much memory to compress with besides the window's, from 1 to 9.
    #[getter]
    fn memory_level(&self) -> u8 {
        self.core.memory_level
    }

    /// The length in bytes of the shortest message that is compressed.
    #[getter]
    fn minimum(&self) -> usize {
        self.core.minimum
    }

    /// Whether a connection keeps all its memory for the next message.
    #[getter]
    fn keep_contexts(&self) -> bool {
        self.core.keep_contexts
    }

    /// The server begins each message with an empty window.
    #[getter]
    fn server_no_context_takeover(&self) -> bool {
        self.core.offer.server_no_context_takeover
    }

    /// The client begins each message with an empty window.
    #[getter]
    fn client_no_context_takeover(&self) -> bool {
        self.core.offer.client_no_context_takeover
    }

    /// The largest window of the server; `None` leaves it to the server.
    #[getter]
    fn server_max_window_bits(&self) -> Option<u8> {
        self.core.offer.server_max_window_bits.map(WindowBits::bits)
    }

    /// The largest window of the client. A client with `None` does not let the server ask for less.
    #[getter]
    fn client_max_window_bits(&self) -> Option<u8> {
        self.core.offer.client_max_window_bits.map(WindowBits::bits)
    }

    /// Server: declines offers that do not let it ask for `client_max_window_bits`.
    #[getter]
    fn requires_client_max_window_bits(&self) -> bool {
        self.core.policy.requires_client_max_window_bits
    }

    /// Client: parameters to offer as a second choice, without the rest of what this has.
    #[getter]
    fn fallback(&self) -> Option<Self> {
        let offer = self.core.fallback?;
        let mut core = websocket_proto::Deflate::default();
        core.offer = offer;
        set_policy(&mut core);
        Some(Self { core })
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

/// Sets an option. The parameters are what a client offers and what a server asks for.
fn set(core: &mut websocket_proto::Deflate, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    match name {
        "level" => core.level = number(name, value, 9)?,
        "memory_level" => core.memory_level = memory_level(value)?,
        "minimum" => core.minimum = number(name, value, u64::MAX)?,
        "keep_contexts" => core.keep_contexts = switch(name, value)?,
        "server_no_context_takeover" => {
            core.offer.server_no_context_takeover = switch(name, value)?;
        }
        "client_no_context_takeover" => {
            core.offer.client_no_context_takeover = switch(name, value)?;
        }
        "server_max_window_bits" => core.offer.server_max_window_bits = window(name, value)?,
        "client_max_window_bits" => core.offer.client_max_window_bits = window(name, value)?,
        "requires_client_max_window_bits" => {
            core.policy.requires_client_max_window_bits = switch(name, value)?;
        }
        "fallback" => core.fallback = fallback(value)?,
        _ => return Err(unknown("Deflate", name, &Deflate::NAMES)),
    }
    set_policy(core);
    Ok(())
}

/// Lets a server ask for what a client would offer.
fn set_policy(core: &mut websocket_proto::Deflate) {
    let (offer, policy) = (&core.offer, &mut core.policy);
    policy.server_no_context_takeover = offer.server_no_context_takeover;
    policy.client_no_context_takeover = offer.client_no_context_takeover;
    policy.server_max_window_bits = offer.server_max_window_bits.unwrap_or_default();
    policy.client_max_window_bits = offer.client_max_window_bits.unwrap_or_default();
}

fn memory_level(value: &Bound<'_, PyAny>) -> PyResult<u8> {
    match number("memory_level", value, 9)? {
        0 => Err(PyValueError::new_err("memory_level is a number from 1 to 9, not 0")),
        level => Ok(level),
    }
}

fn window(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Option<WindowBits>> {
    if value.is_none() {
        return Ok(None);
    }
    let bits: u64 = number(name, value, u64::MAX)?;
    let window = u8::try_from(bits).ok().and_then(WindowBits::new);
    let error = || PyValueError::new_err(format!("{name} is from 8 to 15 or None, not {bits}"));
    window.map(Some).ok_or_else(error)
}

fn fallback(value: &Bound<'_, PyAny>) -> PyResult<Option<handshake::DeflateOffer>> {
    if value.is_none() {
        return Ok(None);
    }
    let error = |_| wrong_type("fallback is a Deflate or None", value);
    Ok(Some(value.cast::<Deflate>().map_err(error)?.get().core.offer))
}

/// The parameters that both sides agreed to compress with (RFC 7692 §7.1).
///
/// Its `str` is the element of `Sec-WebSocket-Extensions` that states them.
#[pyclass(frozen, eq, hash, module = "websocket_proto")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct DeflateParameters {
    pub(crate) core: handshake::DeflateParameters,
}

impl DeflateParameters {
    const NAMES: [&str; 4] = [
        "server_no_context_takeover",
        "client_no_context_takeover",
        "server_max_window_bits",
        "client_max_window_bits",
    ];
}

#[pymethods]
impl DeflateParameters {
    #[new]
    #[pyo3(signature = (*, server_no_context_takeover = false, client_no_context_takeover = false,
        server_max_window_bits = None, client_max_window_bits = None),
        text_signature = "(*, server_no_context_takeover=False, client_no_context_takeover=False, \
        server_max_window_bits=15, client_max_window_bits=15)")]
    fn new(
        server_no_context_takeover: bool,
        client_no_context_takeover: bool,
        server_max_window_bits: Option<&Bound<'_, PyAny>>,
        client_max_window_bits: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let bits = |name, value: Option<&Bound<'_, PyAny>>| match value {
            Some(value) => window(name, value).map(Option::unwrap_or_default),
            None => Ok(WindowBits::default()),
        };
        let mut core = handshake::DeflateParameters::default();
        core.server_no_context_takeover = server_no_context_takeover;
        core.client_no_context_takeover = client_no_context_takeover;
        core.server_max_window_bits = bits("server_max_window_bits", server_max_window_bits)?;
        core.client_max_window_bits = bits("client_max_window_bits", client_max_window_bits)?;
        Ok(Self { core })
    }

    #[getter]
    fn server_no_context_takeover(&self) -> bool {
        self.core.server_no_context_takeover
    }

    #[getter]
    fn client_no_context_takeover(&self) -> bool {
        self.core.client_no_context_takeover
    }

    #[getter]
    fn server_max_window_bits(&self) -> u8 {
        self.core.server_max_window_bits.bits()
    }

    #[getter]
    fn client_max_window_bits(&self) -> u8 {
        self.core.client_max_window_bits.bits()
    }

    fn __getnewargs_ex__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        Ok((PyTuple::empty(slf.py()), values(slf, &Self::NAMES)?))
    }

    /// The element of `Sec-WebSocket-Extensions` that states the parameters.
    fn __str__(&self) -> String {
        self.core.to_string()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        repr(slf, &Self::NAMES)
    }
}
