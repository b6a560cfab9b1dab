//! A connection of the core with its memory, and what it has told so far.

use pyo3::PyClass;
use pyo3::prelude::*;
use websocket_proto::{
    Connection as Protocol, Event as Found, Incoming, Outgoing, Progress, ProtocolError, Time,
};

use crate::ending::Ending;
use crate::events::{
    Binary, Chunk, Close, End, Ended, Failed, Open, Ping, Pong, Refused, Start, Text,
};
use crate::request::Request;
use crate::response::Response;

pub(crate) struct Session {
    pub(crate) protocol: Protocol,
    pub(crate) incoming: Incoming,
    pub(crate) outgoing: Outgoing,
    pub(super) phase: Phase,
    pub(crate) told: Option<Box<Told>>,
}

/// How far the connection has come, as far as the core does not tell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Before the end of the opening handshake.
    Opening,
    /// A request waits for an answer.
    Asked,
    /// The opening handshake is complete, or was given up.
    Opened,
    /// The last event was delivered.
    Ended,
}

/// Whether other threads may run meanwhile, which costs as much as a short message.
#[derive(Clone, Copy)]
pub(super) enum Pace {
    Short,
    Long,
}

/// What is known from the handshakes, for programs that ask for it later.
#[derive(Default)]
pub(crate) struct Told {
    pub(super) request: Option<Py<Request>>,
    pub(super) response: Option<Py<Response>>,
    pub(crate) subprotocol: Option<Box<str>>,
    pub(super) ending: Option<Py<Ending>>,
    pub(super) unfinished_head: Box<[u8]>,
}

impl Session {
    pub(super) fn new(protocol: Protocol, outgoing: Outgoing, phase: Phase) -> Self {
        Self { protocol, incoming: Incoming::new(), outgoing, phase, told: None }
    }

    /// Adds everything that follows from what was received.
    pub(super) fn receive(
        &mut self,
        py: Python<'_>,
        now: Time,
        pace: Pace,
        events: &mut Vec<Py<PyAny>>,
    ) -> PyResult<()> {
        while let Some(event) = self.receive_event(py, now, pace)? {
            events.push(event);
        }
        Ok(())
    }

    /// The next event of what was received, if there is one.
    #[inline(always)]
    pub(super) fn receive_event(
        &mut self,
        py: Python<'_>,
        now: Time,
        pace: Pace,
    ) -> PyResult<Option<Py<PyAny>>> {
        match self.advance(py, now, pace) {
            Ok(Progress::Event) => self.event(py).map(Some),
            Ok(Progress::NeedBytes | Progress::Ended) => Ok(None),
            Err(error) => object(py, Failed { error }).map(Some),
        }
    }

    /// Finds the next event.
    #[inline(always)]
    fn advance(
        &mut self,
        py: Python<'_>,
        now: Time,
        pace: Pace,
    ) -> Result<Progress, ProtocolError> {
        let Self { protocol, incoming, outgoing, .. } = self;
        match pace {
            Pace::Short => protocol.receive(now, incoming, outgoing),
            Pace::Long => py.detach(|| protocol.receive(now, incoming, outgoing)),
        }
    }

    /// The event that was found last.
    #[inline(always)]
    fn event(&mut self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self.incoming.event() {
            Some(Found::Text(text)) => object(py, Text::received(py, text)?),
            Some(Found::Binary(data)) => object(py, Binary::received(py, data)?),
            _ => self.other_event(py),
        }
    }

    #[inline(never)]
    fn other_event(&mut self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self.incoming.event() {
            Some(Found::Text(text)) => object(py, Text::received(py, text)?),
            Some(Found::Binary(data)) => object(py, Binary::received(py, data)?),
            Some(Found::MessageStart(kind)) => object(py, Start::of_kind(kind)),
            Some(Found::MessageChunk(chunk)) => object(py, Chunk::received(py, chunk)?),
            Some(Found::MessageEnd) => object(py, End {}),
            Some(Found::Ping(payload)) => object(py, Ping::received(py, payload)?),
            Some(Found::Pong { payload, round_trip, .. }) => {
                let round_trip = round_trip.map(|time| time.as_secs_f64());
                object(py, Pong::received(py, payload, round_trip)?)
            }
            Some(Found::Close { code, reason, .. }) => {
                object(py, Close { code: code.get(), reason: reason.into() })
            }
            Some(Found::Request(request)) => {
                let request = Request::received(&request);
                self.asked(py, request)
            }
            Some(Found::Open(response)) => {
                let response = Response::received(&response);
                self.opened(py, response)
            }
            Some(Found::Refused(response)) => {
                let response = Response::received(&response);
                self.refused(py, response)
            }
            Some(Found::Ended(ending)) => {
                let ending = Ending::delivered(ending);
                self.ended(py, ending)
            }
            // An event of a later version of the core, or none.
            Some(_) | None => Ok(py.None()),
        }
    }

    fn asked(&mut self, py: Python<'_>, request: Request) -> PyResult<Py<PyAny>> {
        let request = Py::new(py, request)?;
        self.phase = Phase::Asked;
        self.told().request = Some(request.clone_ref(py));
        Ok(request.into_any())
    }

    fn opened(&mut self, py: Python<'_>, response: Response) -> PyResult<Py<PyAny>> {
        self.phase = Phase::Opened;
        let subprotocol = response.subprotocol().map(Into::into);
        let response = Py::new(py, response)?;
        let told = self.told();
        (told.subprotocol, told.response) = (subprotocol, Some(response.clone_ref(py)));
        object(py, Open { response })
    }

    fn refused(&mut self, py: Python<'_>, response: Response) -> PyResult<Py<PyAny>> {
        let response = Py::new(py, response)?;
        self.told().response = Some(response.clone_ref(py));
        object(py, Refused { response })
    }

    fn ended(&mut self, py: Python<'_>, ending: Ending) -> PyResult<Py<PyAny>> {
        self.phase = Phase::Ended;
        let unfinished_head = self.incoming.unfinished_head().into();
        let bad_response = self.incoming.bad_response().map(|it| Response::received(&it));
        let bad_response = bad_response.map(|response| Py::new(py, response)).transpose()?;
        let ending = Py::new(py, ending)?;
        let told = self.told();
        told.unfinished_head = unfinished_head;
        told.response = bad_response.or(told.response.take());
        told.ending = Some(ending.clone_ref(py));
        object(py, Ended { ending })
    }

    pub(super) fn told(&mut self) -> &mut Told {
        self.told.get_or_insert_default()
    }
}

fn object<T>(py: Python<'_>, event: T) -> PyResult<Py<PyAny>>
where
    T: PyClass + Into<PyClassInitializer<T>>,
{
    Ok(Py::new(py, event)?.into_any())
}
