//! The socket of a transport, where it may be used directly.
//!
//! A transport of asyncio or uvloop over plain TCP adds nothing to its socket but a queue. While that
//! is empty, a call of the system does what the transport's method would do, without a call of Python.

#![expect(unsafe_code, reason = "the system is called with the number of the socket alone")]

use pyo3::intern;
use pyo3::prelude::*;

/// What is known of the socket of a transport.
#[derive(Clone, Copy)]
pub(super) struct Socket {
    #[cfg(unix)]
    descriptor: std::os::fd::RawFd,
}

/// The classes of transports that add nothing to their sockets.
const PLAIN: [&str; 3] = ["_SelectorSocketTransport", "TCPTransport", "UnixTransport"];
const LOOPS: [&str; 2] = ["asyncio.selector_events", "uvloop.loop"];

impl Socket {
    /// The socket of a transport; `None` if it may not be used directly. Also the object that knows its
    /// number, if the loop closes sockets without telling their protocols, when it is closed itself.
    pub(super) fn of(transport: &Bound<'_, PyAny>) -> Option<(Self, Option<Py<PyAny>>)> {
        let class = transport.get_type();
        let (name, module) = (class.name().ok()?, class.module().ok()?);
        let (name, module) = (name.to_str().ok()?, module.to_str().ok()?);
        let is_plain = PLAIN.contains(&name) && LOOPS.contains(&module);
        let (socket, object) = if is_plain { Self::find(transport).ok()? } else { return None };
        Some((socket, (module == LOOPS[1]).then(|| object.unbind())))
    }

    /// Whether the socket of an object is closed, and its number may be that of another one.
    pub(super) fn is_gone(object: &Bound<'_, PyAny>) -> PyResult<bool> {
        let number: i64 = object.call_method0(intern!(object.py(), "fileno"))?.extract()?;
        Ok(number < 0)
    }

    #[cfg(unix)]
    fn find<'py>(transport: &Bound<'py, PyAny>) -> PyResult<(Self, Bound<'py, PyAny>)> {
        let py = transport.py();
        let socket =
            transport.call_method1(intern!(py, "get_extra_info"), (intern!(py, "socket"),))?;
        let descriptor = socket.call_method0(intern!(py, "fileno"))?.extract()?;
        Ok((Self { descriptor }, socket))
    }

    #[cfg(not(unix))]
    fn find<'py>(transport: &Bound<'py, PyAny>) -> PyResult<(Self, Bound<'py, PyAny>)> {
        use pyo3::exceptions::PyNotImplementedError;
        let py = transport.py();
        Err(PyNotImplementedError::new_err(
            intern!(py, "sockets are used by their transports").unbind(),
        ))
    }
}

#[cfg(unix)]
impl Socket {
    /// Writes what the socket takes at once, and returns how much that is: none if it is full, or if
    /// it failed, which the transport will find out.
    pub(super) fn send(self, bytes: &[u8]) -> usize {
        const FLAGS: libc::c_int = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        let (from, len) = (bytes.as_ptr().cast(), bytes.len());
        // SAFETY: the pointer and the length are those of a slice, which is only read from.
        let sent = unsafe { libc::send(self.descriptor, from, len, FLAGS) };
        usize::try_from(sent).unwrap_or(0)
    }

    /// Reads what has arrived, and returns how much that is: none if nothing has, if the stream has
    /// ended or if the socket failed, which the transport will find out.
    pub(super) fn receive(self, space: &mut [u8]) -> usize {
        let (to, len) = (space.as_mut_ptr().cast(), space.len());
        // SAFETY: the pointer and the length are those of a slice, which is written to.
        let received = unsafe { libc::recv(self.descriptor, to, len, libc::MSG_DONTWAIT) };
        usize::try_from(received).unwrap_or(0)
    }
}

#[cfg(not(unix))]
impl Socket {
    pub(super) fn send(self, _: &[u8]) -> usize {
        0
    }

    pub(super) fn receive(self, _: &mut [u8]) -> usize {
        0
    }
}
