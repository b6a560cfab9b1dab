//! The deadlines of all links of an event loop, for which the loop has a single timer: one for each
//! link would take as much memory as all else that an idle link keeps in Python.

use std::collections::BTreeMap;
use std::mem;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyWeakrefMethods, PyWeakrefReference};
use websocket_proto::Time;

use super::{Link, timer};
use crate::clock;
use crate::exclusive::Exclusive;

/// The deadlines of the links of a loop. Only these links keep it.
#[pyclass(frozen, weakref, module = "websocket_proto._core")]
pub(crate) struct Timers {
    planned: Exclusive<Planned>,
    /// The context of the calls: without variables, not that of the link that was the first. No other
    /// loop has it, as a context can be entered by one thread alone.
    context: Py<PyAny>,
}

#[derive(Default)]
struct Planned {
    /// The links by when they are called, and by where they are, as each is here once.
    links: BTreeMap<(Time, usize), Py<Link>>,
    /// The timer of the loop.
    set: Option<Set>,
}

/// What cancels a timer of the loop, and when that fires.
type Set = (Py<PyAny>, Time);

impl Timers {
    /// Those of a loop.
    pub(super) fn of(event_loop: &Bound<'_, PyAny>) -> PyResult<Py<Self>> {
        let py = event_loop.py();
        let known = known(py)?;
        let found = known.call_method1(intern!(py, "get"), (event_loop,));
        if let Some(timers) = found.ok().and_then(|found| upgraded(&found)) {
            return Ok(timers);
        }
        let timers = Bound::new(py, Self::new(py)?)?;
        // A loop that nobody can refer to weakly has links that do not share them.
        let _ = known.set_item(event_loop, PyWeakrefReference::new(&timers)?);
        Ok(timers.unbind())
    }

    fn new(py: Python<'_>) -> PyResult<Self> {
        let context = py.import("contextvars")?.call_method0("Context")?.unbind();
        Ok(Self { planned: Exclusive::new(Planned::default()), context })
    }

    /// Calls the link at that moment.
    pub(super) fn plan(
        slf: &Bound<'_, Self>,
        event_loop: &Bound<'_, PyAny>,
        link: &Bound<'_, Link>,
        (now, at): (Time, Time),
    ) -> PyResult<()> {
        let kept = link.clone().unbind();
        slf.get().planned.with(slf.py(), |planned| {
            planned.links.insert((at, address(link)), kept);
        })?;
        let set = Self::set(slf, event_loop, now);
        if set.is_err() {
            slf.get().forget(link, at)?;
        }
        set
    }

    /// Does not call the link that was to be called then.
    pub(super) fn forget(&self, link: &Bound<'_, Link>, at: Time) -> PyResult<()> {
        let (forgotten, idle) = self.planned.with(link.py(), |planned| {
            let forgotten = planned.links.remove(&(at, address(link)));
            (forgotten, planned.set.take_if(|_| planned.links.is_empty()))
        })?;
        drop(forgotten);
        idle.map_or(Ok(()), |(handle, _)| cancel(handle.bind(link.py())))
    }

    /// Sets the timer of the loop, unless it fires early enough.
    fn set(slf: &Bound<'_, Self>, event_loop: &Bound<'_, PyAny>, now: Time) -> PyResult<()> {
        let py = slf.py();
        let Some((at, late)) = slf.get().planned.with(py, Planned::next)? else { return Ok(()) };
        if let Some((handle, _)) = late {
            cancel(handle.bind(py))?;
        }
        let delay = (at - now).as_secs_f64();
        let fired = slf.getattr(intern!(py, "_fired"))?;
        let options = PyDict::new(py);
        options.set_item(intern!(py, "context"), &slf.get().context)?;
        let call_later = event_loop.getattr(intern!(py, "call_later"))?;
        let handle = call_later.call((delay, fired), Some(&options))?.unbind();
        let replaced = slf.get().planned.with(py, |planned| planned.set.replace((handle, at)))?;
        replaced.map_or(Ok(()), |(handle, _)| cancel(handle.bind(py)))
    }
}

#[pymethods]
impl Timers {
    /// The timer of the loop has fired.
    fn _fired(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, now) = (slf.py(), clock::now());
        let fired = slf.get().planned.with(py, |planned| planned.set.take())?;
        drop(fired);
        let mut called = Ok(());
        while called.is_ok()
            && let Some(link) = slf.get().planned.with(py, |planned| planned.take_due(now))?
        {
            called = timer::fired(link.bind(py));
        }
        called.and(Self::set(slf, &super::wire::running_loop(py)?, now))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let visited = self.planned.look(|planned| {
            planned.links.values().try_for_each(|link| visit.call(link))?;
            planned.set.as_ref().map_or(Ok(()), |(handle, _)| visit.call(handle))
        });
        visited.unwrap_or(Ok(()))?;
        visit.call(&self.context)
    }

    fn __clear__(&self) {
        let cleared = self.planned.look(mem::take);
        drop(cleared);
    }
}

impl Planned {
    /// When the timer has to fire, and the one that fires too late, if there is one; `None` if nothing
    /// has to change.
    fn next(&mut self) -> Option<(Time, Option<Set>)> {
        let (&(at, _), _) = self.links.first_key_value()?;
        if self.set.as_ref().is_some_and(|(_, set)| *set <= at) {
            return None;
        }
        Some((at, self.set.take()))
    }

    fn take_due(&mut self, now: Time) -> Option<Py<Link>> {
        let first = self.links.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    }
}

/// The loops that have links, and references to their timers. All of them are weak.
fn known(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static KNOWN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = || py.import("weakref")?.call_method0("WeakKeyDictionary").map(Bound::unbind);
    KNOWN.get_or_try_init(py, make).map(|known| known.bind(py))
}

fn upgraded(reference: &Bound<'_, PyAny>) -> Option<Py<Timers>> {
    let timers = reference.cast::<PyWeakrefReference>().ok()?.upgrade()?;
    timers.cast_into().ok().map(Bound::unbind)
}

fn address(link: &Bound<'_, Link>) -> usize {
    link.as_ptr().addr()
}

fn cancel(handle: &Bound<'_, PyAny>) -> PyResult<()> {
    handle.call_method0(intern!(handle.py(), "cancel"))?;
    Ok(())
}
