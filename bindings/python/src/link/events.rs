//! Everything that happens on a connection besides messages.

use std::time::Duration;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use websocket_proto::{CloseCode, Event};

use super::Link;
use super::listener::Listener;
use super::output;
use super::state::State;
use crate::ending::Ending;
use crate::request::Request;
use crate::response::Response;

/// An event that is no whole message, with memory of its own.
pub(super) enum Rare {
    Request(Box<Request>),
    Open(Box<Response>),
    Refused(Box<Response>),
    Ping(Box<[u8]>),
    Pong(Box<[u8]>, Option<Duration>),
    Close(CloseCode, Box<str>),
    Ended(Box<websocket_proto::Ending>),
    Start(bool),
    Chunk(Box<[u8]>),
    End,
}

impl Rare {
    pub(super) fn of(event: Event<'_>) -> Option<Self> {
        Some(match event {
            Event::Request(request) => Self::Request(Request::received(&request).into()),
            Event::Open(response) => Self::Open(Response::received(&response).into()),
            Event::Refused(response) => Self::Refused(Response::received(&response).into()),
            Event::Ping(payload) => Self::Ping(payload.into()),
            Event::Pong { payload, round_trip, .. } => Self::Pong(payload.into(), round_trip),
            Event::Close { code, reason, .. } => Self::Close(code, reason.into()),
            Event::Ended(ending) => Self::Ended(ending.clone().into()),
            Event::MessageStart(kind) => Self::Start(kind == websocket_proto::MessageKind::Text),
            Event::MessageChunk(chunk) => Self::Chunk((&*chunk).into()),
            Event::MessageEnd => Self::End,
            _ => return None,
        })
    }
}

/// Notes an event, and tells the listener.
pub(super) fn tell(
    link: &Bound<'_, Link>,
    listener: Option<&Listener>,
    event: Rare,
) -> PyResult<()> {
    let py = link.py();
    let call = Call { link, listener };
    match event {
        Rare::Request(request) => {
            let request = Py::new(py, *request)?.into_any();
            link.get().with(py, |state| {
                state.request = Some(request.clone_ref(py));
            })?;
            call.one(intern!(py, "on_request"), request)
        }
        Rare::Open(response) => {
            let subprotocol = response.subprotocol().map(Into::into);
            let response = Py::new(py, *response)?.into_any();
            link.get().with(py, |state| {
                (state.subprotocol, state.was_open) = (subprotocol, true);
                state.response = Some(response.clone_ref(py));
            })?;
            call.one(intern!(py, "on_open"), response)
        }
        Rare::Refused(response) => {
            let response = Py::new(py, *response)?.into_any();
            link.get().with(py, |state| {
                state.response = Some(response.clone_ref(py));
            })?;
            call.one(intern!(py, "on_refused"), response)
        }
        Rare::Ping(payload) => {
            // Only the newest pong is owed (§5.5.3), but peers may count on one for each ping.
            output::flush(link)?;
            call.one(intern!(py, "on_ping"), PyBytes::new(py, &payload))
        }
        Rare::Pong(payload, round_trip) => tell_pong(&call, &payload, round_trip),
        Rare::Close(code, reason) => call.two(intern!(py, "on_close"), code.get(), &*reason),
        Rare::Ended(ending) => {
            let shown = Ending::delivered(&ending);
            link.get().with(py, |state| {
                state.ending = Some(ending);
            })?;
            call.one(intern!(py, "on_ended"), Py::new(py, shown)?)
        }
        Rare::Start(is_text) => call.one(intern!(py, "on_start"), is_text),
        Rare::Chunk(chunk) => call.one(intern!(py, "on_chunk"), PyBytes::new(py, &chunk)),
        Rare::End => call.none(intern!(py, "on_end")),
    }
}

fn tell_pong(call: &Call<'_, '_>, payload: &[u8], round_trip: Option<Duration>) -> PyResult<()> {
    let py = call.link.py();
    let round_trip = round_trip.map(|round_trip| round_trip.as_secs_f64());
    let payload = PyBytes::new(py, payload);
    let own = call.link.getattr_opt(intern!(py, "_pong_received"))?;
    if let Some(own) = own {
        own.call1((&payload,))?;
    }
    call.two(intern!(py, "on_pong"), payload, round_trip)
}

/// Tells the listener that little output waits.
pub(super) fn tell_drained(link: &Bound<'_, Link>) -> PyResult<()> {
    let py = link.py();
    let listener = link.get().with(py, |state| state.listener_ref(py))?;
    Call { link, listener: listener.as_ref() }.none(intern!(py, "on_drain"))
}

/// A call of a method that a listener may have.
struct Call<'a, 'py> {
    link: &'a Bound<'py, Link>,
    listener: Option<&'a Listener>,
}

impl<'py> Call<'_, 'py> {
    fn method(&self, name: &Bound<'py, PyString>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.listener {
            Some(listener) => listener.object().bind(self.link.py()).getattr_opt(name),
            None => Ok(None),
        }
    }

    fn none(&self, name: &Bound<'py, PyString>) -> PyResult<()> {
        if let Some(method) = self.method(name)? {
            method.call1((self.link,))?;
        }
        Ok(())
    }

    fn one<T: IntoPyObject<'py>>(&self, name: &Bound<'py, PyString>, value: T) -> PyResult<()> {
        if let Some(method) = self.method(name)? {
            method.call1((self.link, value))?;
        }
        Ok(())
    }

    fn two<T, U>(&self, name: &Bound<'py, PyString>, first: T, second: U) -> PyResult<()>
    where
        T: IntoPyObject<'py>,
        U: IntoPyObject<'py>,
    {
        if let Some(method) = self.method(name)? {
            method.call1((self.link, first, second))?;
        }
        Ok(())
    }
}

impl State {
    pub(super) fn listener_ref(&self, py: Python<'_>) -> Option<Listener> {
        self.listener.as_ref().map(|listener| listener.clone_ref(py))
    }
}
