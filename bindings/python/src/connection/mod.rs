//! One WebSocket without I/O: `Connection`.

pub(crate) mod each;
mod input;
pub(crate) mod opening;
mod output;
pub(crate) mod session;

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFrozenSet, PyString};
use websocket_proto::{CloseCode, MessageKind, SendError, Time, Transport};

use crate::clock::{moment, seconds_of};
use crate::config::{Config, leniency_names};
use crate::deflate::DeflateParameters;
use crate::ending::Ending;
use crate::errors;
use crate::exclusive::Exclusive;
use crate::payload::{self, Payload};
use crate::prepared::Prepared;
use crate::request::Request;
use crate::response::Response;
use crate::totals::Totals;
use input::{Events, LONG};
use opening::Wanted;
use session::{Phase, Session, Told};

/// One WebSocket without I/O, of either role, from the HTTP request to the end of the stream.
///
/// Give it what the transport receives, write what `data_to_send` returns, do with the transport what
/// `transport` says, and call `handle_timeout` at the time of `timeout`.
///
/// A `now` is a moment in seconds, on any clock that does not go backwards, but one for all calls. With
/// `None` it is that of `time.monotonic()`. Negative numbers, infinity and NaN raise `ValueError`.
///
/// One call at a time uses a connection. Another thread's raises `ConcurrencyError`, and so does one of
/// a finalizer that runs during a call.
#[pyclass(frozen, weakref, module = "websocket_proto")]
pub(crate) struct Connection {
    session: Exclusive<Session>,
}

impl Connection {
    fn new(session: Session) -> Self {
        Self { session: Exclusive::new(session) }
    }

    /// Lets `job` use the session, unless another call does.
    #[inline(always)]
    fn with<R>(
        &self,
        py: Python<'_>,
        job: impl FnOnce(&mut Session) -> PyResult<R>,
    ) -> PyResult<R> {
        self.session.with(py, job)?
    }

    /// A call that sends something.
    #[inline(always)]
    fn sending(
        &self,
        py: Python<'_>,
        job: impl FnOnce(&mut Session) -> Result<(), SendError>,
    ) -> PyResult<()> {
        match self.session.try_with(py, |session| session.with_contexts(job)) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(errors::send_error(py, error)),
            Err(in_use) => Err(in_use.exception(py)),
        }
    }

    /// A call that sends something of this length. Other threads may run while much is compressed.
    #[inline(always)]
    fn sending_long(
        &self,
        py: Python<'_>,
        len: usize,
        job: impl FnOnce(&mut Session) -> Result<(), SendError> + Send,
    ) -> PyResult<()> {
        self.sending(py, |session| match len {
            LONG.. if session.protocol.deflate().is_some() => py.detach(|| job(session)),
            _ => job(session),
        })
    }

    #[inline(always)]
    fn send_binary(&self, py: Python<'_>, data: &[u8]) -> PyResult<()> {
        let job = |it: &mut Session| it.protocol.send_binary(data, &mut it.outgoing);
        self.sending_long(py, data.len(), job)
    }

    /// Takes out the protocol with its memory and the subprotocol that was agreed on. What is left has
    /// ended.
    pub(crate) fn hand_over(&self, py: Python<'_>) -> PyResult<Session> {
        self.with(py, |session| {
            let mut left = Session::server(None, Time::ZERO);
            left.protocol.abort(&mut left.outgoing);
            Ok(std::mem::replace(session, left))
        })
    }

    /// What was told in the handshakes.
    fn told<R>(&self, py: Python<'_>, ask: impl FnOnce(&Told) -> Option<R>) -> PyResult<Option<R>> {
        self.with(py, |session| Ok(session.told.as_deref().and_then(ask)))
    }
}

#[pymethods]
impl Connection {
    /// The server's side, before the first byte of the request.
    #[staticmethod]
    #[pyo3(signature = (*, config = None, now = None))]
    fn server(config: Option<&Bound<'_, Config>>, now: Option<f64>) -> PyResult<Self> {
        Ok(Self::new(Session::server(config, moment(now)?)))
    }

    /// The client's side, whose request waits to be sent.
    ///
    /// User information in the URL becomes `Authorization: Basic`. Raises `InvalidURI`, and other
    /// `RequestError`s for headers, subprotocols and the origin.
    #[staticmethod]
    #[pyo3(
        signature = (url, *, headers = None, subprotocols = None, origin = None, config = None,
            now = None),
        text_signature = "(url, *, headers=(), subprotocols=(), origin=None, config=None, now=None)"
    )]
    fn client(
        py: Python<'_>,
        url: &str,
        headers: Option<&Bound<'_, PyAny>>,
        subprotocols: Option<&Bound<'_, PyAny>>,
        origin: Option<&str>,
        config: Option<&Bound<'_, Config>>,
        now: Option<f64>,
    ) -> PyResult<Self> {
        let wanted = Wanted { url, headers, subprotocols, origin };
        Ok(Self::new(Session::client(py, &wanted, config, moment(now)?)?))
    }

    /// Either side, if somebody else did the handshake and agreed to this compression.
    #[staticmethod]
    #[pyo3(signature = (*, client, deflate = None, subprotocol = None, config = None, now = None))]
    fn established(
        client: bool,
        deflate: Option<&Bound<'_, DeflateParameters>>,
        subprotocol: Option<&str>,
        config: Option<&Bound<'_, Config>>,
        now: Option<f64>,
    ) -> PyResult<Self> {
        let now = moment(now)?;
        Ok(Self::new(Session::established(client, deflate, subprotocol, config, now)))
    }

    /// Receives bytes, and returns all events that they make. After `Ended` there are none.
    ///
    /// A Close frame among them has been answered then, so that nothing can be sent in answer to the
    /// messages before it. Where that matters, ask for `events` one at a time.
    ///
    /// Raises `BufferError` if a client sends more than 64 KiB before its request is answered; none of
    /// the bytes are received then.
    #[pyo3(signature = (data, now = None))]
    fn receive_data(&self, data: &Bound<'_, PyAny>, now: Option<f64>) -> PyResult<Events> {
        let now = moment(now)?;
        self.with(data.py(), |session| session.receive_data(data, now))
    }

    /// Receives bytes, and finds each event that they make when it is asked for.
    ///
    /// So each can be answered before the next is found: what is sent in answer to a message leaves
    /// before the answer to a Close frame after it. Events that were not asked for are with those of the
    /// next call that receives. Raises what `receive_data` does.
    #[pyo3(signature = (data, now = None))]
    fn events(
        slf: &Bound<'_, Self>,
        data: &Bound<'_, PyAny>,
        now: Option<f64>,
    ) -> PyResult<each::Events> {
        let now = moment(now)?;
        slf.get().with(slf.py(), |session| session.take_data(data))?;
        Ok(each::Events::new(slf.clone().unbind(), now))
    }

    /// Says that the stream has ended: nothing follows what was received.
    #[pyo3(signature = (now = None))]
    fn receive_eof(&self, py: Python<'_>, now: Option<f64>) -> PyResult<Events> {
        let now = moment(now)?;
        self.with(py, |session| {
            session.protocol.receive_eof();
            session.receive_nothing(py, now)
        })
    }

    /// Says that reading or writing failed for good. Output that waits is dropped.
    #[pyo3(signature = (now = None))]
    fn transport_failed(&self, py: Python<'_>, now: Option<f64>) -> PyResult<Events> {
        let now = moment(now)?;
        self.with(py, |session| {
            session.protocol.handle_transport_failure(&mut session.outgoing);
            session.receive_nothing(py, now)
        })
    }

    /// Does what is due: sends a ping, or ends what takes too long. Pass on what was read before.
    #[pyo3(signature = (now = None))]
    fn handle_timeout(&self, py: Python<'_>, now: Option<f64>) -> PyResult<Events> {
        let now = moment(now)?;
        self.with(py, |session| {
            session.protocol.handle_timeout(now, &mut session.outgoing);
            session.receive_nothing(py, now)
        })
    }

    /// Answers a `Request` with a WebSocket. Returns what the client sent too early.
    ///
    /// Without `extensions` there is no compression, whatever the client offers. Raises `AnswerError`,
    /// and the request then still waits for an answer.
    #[pyo3(
        signature = (*, subprotocol = None, headers = None, extensions = true, now = None),
        text_signature = "($self, *, subprotocol=None, headers=(), extensions=True, now=None)"
    )]
    fn accept(
        &self,
        py: Python<'_>,
        subprotocol: Option<&str>,
        headers: Option<&Bound<'_, PyAny>>,
        extensions: bool,
        now: Option<f64>,
    ) -> PyResult<Events> {
        let now = moment(now)?;
        let acceptance = opening::acceptance(py, subprotocol, headers, extensions)?;
        self.with(py, |session| {
            session.accept(py, &acceptance, subprotocol, now)?;
            session.receive_nothing(py, now)
        })
    }

    /// Answers a `Request` with an HTTP response of a status from 300 to 599, or of 200 if it asks for
    /// no WebSocket.
    ///
    /// A body of text has `Content-Type: text/plain; charset=utf-8` unless `headers` has another.
    /// Raises `AnswerError`, and the request then still waits for an answer.
    #[pyo3(
        signature = (status, *, headers = None, body = None, now = None),
        text_signature = "($self, status, *, headers=(), body=b'', now=None)"
    )]
    fn reject(
        &self,
        status: &Bound<'_, PyAny>,
        headers: Option<&Bound<'_, PyAny>>,
        body: Option<&Bound<'_, PyAny>>,
        now: Option<f64>,
    ) -> PyResult<Events> {
        let now = moment(now)?;
        let rejection = opening::rejection(status, headers, body)?;
        let py = status.py();
        self.with(py, |session| {
            session.reject(py, &rejection, now)?;
            session.receive_nothing(py, now)
        })
    }

    /// Sends a message: a text if it is a `str`, otherwise a binary one.
    ///
    /// Raises `SendError`: `"not-open"`, `"closed"`, `"message-in-progress"`, `"full"`, `"no-entropy"`,
    /// or `"not-utf8"` for a `str` with lone surrogates.
    #[pyo3(signature = (message, /))]
    fn send(&self, message: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = message.py();
        if let Ok(text) = message.cast::<PyString>() {
            let text = payload::text(text)?;
            return self
                .sending_long(py, text.len(), |it| it.protocol.send_text(text, &mut it.outgoing));
        }
        if let Ok(bytes) = message.cast::<PyBytes>() {
            return self.send_binary(py, bytes.as_bytes());
        }
        if let Ok(prepared) = message.cast::<Prepared>() {
            let prepared = &prepared.get().core;
            return self.sending(py, |it| it.protocol.send_prepared(prepared, &mut it.outgoing));
        }
        self.send_binary(py, payload::message(message)?.bytes())
    }

    /// Starts a message in fragments, whose length need not be known. Raises `SendError`.
    #[pyo3(signature = (*, text))]
    fn start(&self, py: Python<'_>, text: bool) -> PyResult<()> {
        let kind = if text { MessageKind::Text } else { MessageKind::Binary };
        self.sending(py, |it| it.protocol.start_message(kind))
    }

    /// Sends the next fragment of the message. Those of a text may end inside a character.
    ///
    /// Raises `SendError`, and the message can still be continued.
    #[pyo3(signature = (data, /))]
    fn fragment(&self, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let payload = payload::fragment(data)?;
        let job = |it: &mut Session| it.protocol.send_fragment(payload.bytes(), &mut it.outgoing);
        self.sending(data.py(), job)
    }

    /// Sends the last fragment of the message. Raises `SendError`.
    #[pyo3(signature = (data = None, /), text_signature = "($self, data=b'', /)")]
    fn finish(&self, py: Python<'_>, data: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let data = data.map(payload::fragment).transpose()?;
        let bytes = data.as_ref().map_or(&b""[..], |data| data.bytes());
        self.sending(py, |it| it.protocol.send_last_fragment(bytes, &mut it.outgoing))
    }

    /// Sends a ping with at most 125 bytes. Raises `SendError`.
    #[pyo3(signature = (payload = None, /), text_signature = "($self, payload=b'', /)")]
    fn ping(&self, py: Python<'_>, payload: Option<Payload<'_>>) -> PyResult<()> {
        let payload = payload.as_ref().map_or(&b""[..], Payload::bytes);
        self.sending(py, |it| it.protocol.send_ping(payload, &mut it.outgoing))
    }

    /// Sends a pong, which pings need not have asked for. Raises `SendError`.
    #[pyo3(signature = (payload = None, /), text_signature = "($self, payload=b'', /)")]
    fn pong(&self, py: Python<'_>, payload: Option<Payload<'_>>) -> PyResult<()> {
        let payload = payload.as_ref().map_or(&b""[..], Payload::bytes);
        self.sending(py, |it| it.protocol.send_pong(payload, &mut it.outgoing))
    }

    /// Begins the closing exchange: nothing is sent after what waits and the Close frame.
    ///
    /// With the code 1005 and no reason, the frame is empty. Raises `SendError`: `"bad-close-code"`,
    /// `"reason-too-long"`, `"closed"`, `"not-open"`, `"no-entropy"`.
    #[pyo3(
        signature = (code = 1000, reason = None, *, now = None),
        text_signature = "($self, code=1000, reason='', *, now=None)"
    )]
    fn close(
        &self,
        py: Python<'_>,
        code: i64,
        reason: Option<&Bound<'_, PyString>>,
        now: Option<f64>,
    ) -> PyResult<()> {
        let now = moment(now)?;
        let reason = reason.map(payload::text).transpose()?.unwrap_or_default();
        // 0 is no code that can be sent either.
        let code = CloseCode::new(u16::try_from(code).unwrap_or(0));
        self.sending(py, |it| it.protocol.start_close(now, code, reason, &mut it.outgoing))
    }

    /// Ends the connection at once, without a Close frame. Output that waits is dropped.
    #[pyo3(signature = (now = None))]
    fn abort(&self, py: Python<'_>, now: Option<f64>) -> PyResult<Events> {
        let now = moment(now)?;
        self.with(py, |session| {
            session.protocol.abort(&mut session.outgoing);
            session.receive_nothing(py, now)
        })
    }

    /// Everything that waits to be written, which counts as written from now on.
    fn data_to_send<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.with(py, |session| session.take_output(py))
    }

    /// When `handle_timeout` is to be called, as a `now`. It may change with every other call.
    fn timeout(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        self.with(py, |session| Ok(session.protocol.poll_timeout().and_then(seconds_of)))
    }

    /// Turns the compression of messages off or on again, if it was agreed on.
    #[pyo3(signature = (enabled, /))]
    fn set_compression(&self, py: Python<'_>, enabled: bool) -> PyResult<()> {
        self.with(py, |session| {
            session.protocol.set_compression(enabled);
            Ok(())
        })
    }

    /// What to do with the transport, after writing what waits.
    ///
    /// `"shutdown-write"`: end the writing direction, and read on. `"close"`: close it; nothing more is
    /// to be read.
    #[getter]
    fn transport(&self, py: Python<'_>) -> PyResult<&'static str> {
        self.with(py, |session| Ok(Transport::name(session.protocol.transport())))
    }

    /// How far the connection is. It is closed once `Ended` was returned.
    #[getter]
    fn state(&self, py: Python<'_>) -> PyResult<&'static str> {
        self.with(py, |session| {
            Ok(match session.phase {
                Phase::Ended => "closed",
                _ if session.protocol.is_open() => "open",
                Phase::Opened => "closing",
                _ if session.protocol.is_settled() => "closing",
                Phase::Opening | Phase::Asked => "connecting",
            })
        })
    }

    /// Whether messages can be sent.
    #[getter]
    fn is_open(&self, py: Python<'_>) -> PyResult<bool> {
        self.with(py, |session| Ok(session.protocol.is_open()))
    }

    #[getter]
    fn is_client(&self, py: Python<'_>) -> PyResult<bool> {
        self.with(py, |session| Ok(session.protocol.is_client()))
    }

    /// How many bytes wait to be written.
    #[getter]
    fn waiting(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, |session| Ok(session.outgoing.len()))
    }

    /// Server: the request, once it has arrived.
    #[getter]
    fn request(&self, py: Python<'_>) -> PyResult<Option<Py<Request>>> {
        self.told(py, |told| told.request.as_ref().map(|it| it.clone_ref(py)))
    }

    /// Client: the response, once it has arrived; also one that broke a rule, if its head was whole.
    #[getter]
    fn response(&self, py: Python<'_>) -> PyResult<Option<Py<Response>>> {
        self.told(py, |told| told.response.as_ref().map(|it| it.clone_ref(py)))
    }

    /// The subprotocol that was agreed on.
    #[getter]
    fn subprotocol(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.told(py, |told| told.subprotocol.as_deref().map(Into::into))
    }

    /// The ending, once `Ended` was returned.
    #[getter]
    fn ending(&self, py: Python<'_>) -> PyResult<Option<Py<Ending>>> {
        self.told(py, |told| told.ending.as_ref().map(|it| it.clone_ref(py)))
    }

    /// What had arrived of an HTTP head that was not to be had whole, once `Ended` was returned.
    ///
    /// It may show which other protocol the peer speaks.
    #[getter]
    fn unfinished_head<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let head = self.told(py, |told| Some(PyBytes::new(py, &told.unfinished_head)))?;
        Ok(head.unwrap_or_else(|| PyBytes::new(py, b"")))
    }

    /// The compression that was agreed on.
    #[getter]
    fn deflate(&self, py: Python<'_>) -> PyResult<Option<DeflateParameters>> {
        self.with(py, |session| {
            Ok(session.protocol.deflate().map(|core| DeflateParameters { core }))
        })
    }

    /// The round-trip time in seconds that the keepalive measured last.
    #[getter]
    fn round_trip(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        self.with(py, |session| {
            Ok(session.protocol.round_trip().as_ref().map(Duration::as_secs_f64))
        })
    }

    /// The violations among those tolerated that the peer has committed, by name.
    #[getter]
    fn leniency_used<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyFrozenSet>> {
        let used = self.with(py, |session| Ok(session.protocol.leniency_used()))?;
        leniency_names(py, used)
    }

    /// How much was sent and received so far.
    #[getter]
    fn totals(&self, py: Python<'_>) -> PyResult<Totals> {
        self.with(py, |session| Ok(Totals::new(session.protocol.totals())))
    }

    /// The memory of this object and of all that only it refers to, in bytes.
    fn __sizeof__(slf: &Bound<'_, Self>) -> PyResult<usize> {
        let object: usize = slf.get_type().getattr("__basicsize__")?.extract()?;
        slf.get().with(slf.py(), |session| {
            let told = session.told.as_ref().map_or(0, |_| size_of::<Told>());
            Ok(object + told + session.incoming.heap() + session.outgoing.heap())
        })
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let role = if self.is_client(py)? { "client" } else { "server" };
        Ok(format!("<Connection {role} {}>", self.state(py)?))
    }
}
