//! The compression contexts of a thread. A connection borrows them while there is input to read,
//! and to send.

use crate::Connection;

#[cfg(all(test, feature = "deflate", feature = "tokio"))]
mod tests;

#[cfg(feature = "deflate")]
thread_local! {
    static CONTEXTS: std::cell::RefCell<crate::DeflateContexts> =
        const { std::cell::RefCell::new(crate::DeflateContexts::new()) };
}

/// Lends the connection the contexts that it may need next.
#[cfg(feature = "deflate")]
pub(super) fn lend(connection: &mut Connection) {
    if connection.deflate().is_some() {
        // A thread that is ending has no pool any more.
        let _ = CONTEXTS.try_with(|contexts| connection.lend_contexts(&mut contexts.borrow_mut()));
    }
}

/// Takes back the contexts that the connection can do without while it is idle.
#[cfg(feature = "deflate")]
pub(super) fn take_back(connection: &mut Connection) {
    if connection.deflate().is_some() {
        let _ =
            CONTEXTS.try_with(|contexts| connection.take_back_contexts(&mut contexts.borrow_mut()));
    }
}

#[cfg(not(feature = "deflate"))]
pub(super) const fn lend(_: &mut Connection) {}

#[cfg(not(feature = "deflate"))]
pub(super) const fn take_back(_: &mut Connection) {}
