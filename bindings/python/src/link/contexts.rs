//! The contexts of a thread to compress with. A connection has them while it is at work.

use std::cell::RefCell;

use websocket_proto::{Connection, DeflateContexts};

thread_local! {
    static CONTEXTS: RefCell<DeflateContexts> = const { RefCell::new(DeflateContexts::new()) };
}

/// Lends a connection the contexts that it may need next.
pub(super) fn lend(connection: &mut Connection) {
    if connection.deflate().is_some() {
        // A thread that is ending has none any more.
        let _ = CONTEXTS.try_with(|contexts| connection.lend_contexts(&mut contexts.borrow_mut()));
    }
}

/// Takes back the contexts that the connection can do without while it waits.
pub(super) fn take_back(connection: &mut Connection) {
    if connection.deflate().is_some() {
        let _ =
            CONTEXTS.try_with(|contexts| connection.take_back_contexts(&mut contexts.borrow_mut()));
    }
}
