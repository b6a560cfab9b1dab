//! What event loops read into: one window for each thread, and one for the core's use.

#![expect(unsafe_code, reason = "bytes are read where the loop has put them")]

use std::cell::RefCell;
use std::mem;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyMemoryView};
use websocket_proto::Incoming;

/// The length of a window in bytes: a read can bring several large messages, or many small ones.
const WINDOW_LEN: usize = 256 << 10;

/// The memory that loops are given to read into, and the view of it that they are given.
struct Exported {
    memory: Py<PyByteArray>,
    view: Py<PyMemoryView>,
}

thread_local! {
    static EXPORTED: RefCell<Option<Exported>> = const { RefCell::new(None) };
    static LENT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The view that a loop reads into next. It is another one if somebody kept the last one, so that
/// nobody looks at what is read for other connections, or released it.
pub(super) fn view(py: Python<'_>) -> PyResult<Py<PyMemoryView>> {
    if let Some(view) = EXPORTED.with_borrow(|exported| exported.as_ref()?.unused(py)) {
        return Ok(view);
    }
    let new = Exported::new(py)?;
    let view = new.view.clone_ref(py);
    // Dropped after the borrow.
    let _old = EXPORTED.replace(Some(new));
    Ok(view)
}

/// Calls `receive` with the first `len` bytes of what a loop has read.
pub(super) fn received<R>(py: Python<'_>, len: usize, receive: impl FnOnce(&[u8]) -> R) -> R {
    EXPORTED.with_borrow(|exported| {
        let Some(Exported { memory, .. }) = exported else { return receive(&[]) };
        // SAFETY: nothing in `receive` runs Python code, which alone could change the bytes or, if the
        // view was released, resize them. Other threads wait until this one lets them run.
        let bytes = unsafe { memory.bind(py).as_bytes() };
        receive(&bytes[..len.min(bytes.len())])
    })
}

/// Lends the thread's window to a connection that has something to receive.
pub(super) fn lend(incoming: &mut Incoming) {
    let mut window = LENT.try_with(|lent| mem::take(&mut *lent.borrow_mut())).unwrap_or_default();
    if window.is_empty() {
        window = vec![0; WINDOW_LEN];
    }
    incoming.lend_window(window);
}

/// Takes the window back from a connection that waits. What is unread stays with the connection.
pub(super) fn take_back(incoming: &mut Incoming) {
    let window = incoming.take_back_window();
    if window.len() == WINDOW_LEN {
        let _ = LENT.try_with(|lent| *lent.borrow_mut() = window);
    }
}

impl Exported {
    /// The view, if nobody else has it and it was not released.
    fn unused(&self, py: Python<'_>) -> Option<Py<PyMemoryView>> {
        // SAFETY: the pointer is that of an object to which `self` has a reference.
        let references = unsafe { ffi::Py_REFCNT(self.view.as_ptr()) };
        let is_unused = references == 1 && self.view.bind(py).len().is_ok();
        is_unused.then(|| self.view.clone_ref(py))
    }

    fn new(py: Python<'_>) -> PyResult<Self> {
        let memory = PyByteArray::new_with(py, WINDOW_LEN, |_| Ok(()))?;
        let view = PyMemoryView::from(memory.as_any())?.unbind();
        Ok(Self { memory: memory.unbind(), view })
    }
}
