//! What the task that waits for a message waits for.
//!
//! For asyncio it is a future, with which a task can be made to go on at once: one of asyncio's own
//! lets it go on only after the loop has turned once more. Each link has one, and uses it again.

use std::mem;

use pyo3::exceptions::PyRuntimeError;
use pyo3::exceptions::asyncio::CancelledError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::exclusive::Exclusive;

#[pyclass(frozen, module = "websocket_proto._core")]
pub(crate) struct Waiter {
    event_loop: Py<PyAny>,
    wait: Exclusive<Wait>,
}

#[derive(Default)]
struct Wait {
    outcome: Outcome,
    /// What goes on afterwards.
    callback: Option<Callback>,
    /// Set by who yields this, and reset by the task that gets it.
    is_blocking: bool,
}

/// What a task gives, to go on with it.
struct Callback {
    function: Py<PyAny>,
    context: Option<Py<PyAny>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Outcome {
    #[default]
    Pending,
    Done,
    Cancelled,
}

/// Whether who waits may go on before the caller returns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Resume {
    /// The loop has called a method of the protocol, so no task is at work.
    Now,
    Soon,
}

impl Waiter {
    pub(super) fn new(event_loop: Py<PyAny>) -> Self {
        Self { event_loop, wait: Exclusive::new(Wait::default()) }
    }

    /// Begins to wait.
    pub(super) fn begin(&self, py: Python<'_>) -> PyResult<()> {
        let new = Wait { is_blocking: true, ..Wait::default() };
        let _old = self.wait.with(py, |wait| mem::replace(wait, new))?;
        Ok(())
    }

    pub(super) fn is_cancelled(&self, py: Python<'_>) -> PyResult<bool> {
        self.wait.with(py, |wait| wait.outcome == Outcome::Cancelled)
    }

    /// Ends the wait.
    pub(super) fn wake(slf: &Bound<'_, Self>, resume: Resume) -> PyResult<()> {
        let Some(callback) = slf.get().end(slf.py(), Outcome::Done)? else { return Ok(()) };
        if resume == Resume::Now && may_resume(slf.py()) {
            match callback.call(slf) {
                // The task cannot go on here, as its context is in use.
                Err(error) if error.is_instance_of::<PyRuntimeError>(slf.py()) => {}
                called => return called,
            }
        }
        callback.call_soon(slf)
    }

    /// What has to be called, if the wait was not over.
    fn end(&self, py: Python<'_>, outcome: Outcome) -> PyResult<Option<Callback>> {
        self.wait.with(py, |wait| {
            if wait.outcome != Outcome::Pending {
                return None;
            }
            wait.outcome = outcome;
            wait.callback.take()
        })
    }
}

impl Callback {
    fn call(&self, waiter: &Bound<'_, Waiter>) -> PyResult<()> {
        let (py, function) = (waiter.py(), &self.function);
        match &self.context {
            Some(context) => {
                context.bind(py).call_method1(intern!(py, "run"), (function, waiter))?
            }
            None => function.bind(py).call1((waiter,))?,
        };
        Ok(())
    }

    fn call_soon(self, waiter: &Bound<'_, Waiter>) -> PyResult<()> {
        let py = waiter.py();
        let call_soon = waiter.get().event_loop.bind(py).getattr(intern!(py, "call_soon"))?;
        let options = PyDict::new(py);
        if let Some(context) = self.context {
            options.set_item(intern!(py, "context"), context)?;
        }
        call_soon.call((self.function, waiter), Some(&options))?;
        Ok(())
    }
}

/// Whether a loop runs on this thread and no task of it.
fn may_resume(py: Python<'_>) -> bool {
    static CURRENT_TASK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let task = CURRENT_TASK.import(py, "asyncio", "current_task").and_then(|it| it.call0());
    task.is_ok_and(|task| task.is_none())
}

#[pymethods]
impl Waiter {
    #[getter(_asyncio_future_blocking)]
    fn is_blocking(&self, py: Python<'_>) -> PyResult<bool> {
        self.wait.with(py, |wait| wait.is_blocking)
    }

    #[setter(_asyncio_future_blocking)]
    fn set_blocking(&self, py: Python<'_>, is_blocking: bool) -> PyResult<()> {
        self.wait.with(py, |wait| wait.is_blocking = is_blocking)
    }

    fn get_loop(&self, py: Python<'_>) -> Py<PyAny> {
        self.event_loop.clone_ref(py)
    }

    #[pyo3(signature = (callback, /, *, context = None))]
    fn add_done_callback(
        slf: &Bound<'_, Self>,
        callback: Py<PyAny>,
        context: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let given = Callback { function: callback, context };
        let refused = slf.get().wait.with(slf.py(), |wait| {
            if wait.outcome == Outcome::Pending && wait.callback.is_none() {
                wait.callback = Some(given);
                return None;
            }
            Some(given)
        })?;
        refused.map_or(Ok(()), |given| given.call_soon(slf))
    }

    #[pyo3(signature = (callback, /))]
    fn remove_done_callback(&self, callback: &Bound<'_, PyAny>) -> PyResult<usize> {
        let waiting = self.wait.with(callback.py(), |wait| wait.callback.take())?;
        let Some(waiting) = waiting else { return Ok(0) };
        if waiting.function.bind(callback.py()).eq(callback)? {
            return Ok(1);
        }
        self.wait.with(callback.py(), |wait| wait.callback = Some(waiting))?;
        Ok(0)
    }

    #[pyo3(signature = (msg = None))]
    fn cancel(slf: &Bound<'_, Self>, msg: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
        // The task keeps the message.
        let _ = msg;
        if slf.get().done(slf.py())? {
            return Ok(false);
        }
        if let Some(callback) = slf.get().end(slf.py(), Outcome::Cancelled)? {
            callback.call_soon(slf)?;
        }
        Ok(true)
    }

    fn cancelled(&self, py: Python<'_>) -> PyResult<bool> {
        self.is_cancelled(py)
    }

    fn done(&self, py: Python<'_>) -> PyResult<bool> {
        self.wait.with(py, |wait| wait.outcome != Outcome::Pending)
    }

    fn result(&self, py: Python<'_>) -> PyResult<()> {
        match self.wait.with(py, |wait| wait.outcome)? {
            Outcome::Done => Ok(()),
            Outcome::Cancelled => Err(CancelledError::new_err(())),
            Outcome::Pending => Err(PyRuntimeError::new_err("the wait is not over")),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.event_loop)?;
        let visited = self.wait.look(|wait| match &wait.callback {
            Some(Callback { function, context }) => {
                visit.call(function)?;
                visit.call(context)
            }
            None => Ok(()),
        });
        visited.unwrap_or(Ok(()))
    }

    fn __clear__(&self) {
        let cleared = self.wait.look(mem::take);
        drop(cleared);
    }
}
