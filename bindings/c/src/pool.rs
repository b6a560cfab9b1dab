//! Memory that the connections of a thread share: `wsp_pool`.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use std::mem;

use crate::code::{Code, Failure};
use crate::connection::Connection;
use crate::deflate::Contexts;
use crate::handle::{Handle, make_handle, within};

/// A window to receive into, and contexts to compress with.
pub(crate) struct Pool {
    /// Empty while it is lent.
    window: Vec<u8>,
    window_len: usize,
    contexts: Contexts,
}

/// The length of the window if none is asked for.
const DEFAULT_WINDOW: usize = 64 << 10;

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_pool_new(window: usize) -> Option<Box<Handle<Pool>>> {
    let pool = make_handle(|| {
        let window_len = if window == 0 { DEFAULT_WINDOW } else { window };
        let window = new_window(window_len).ok_or(Failure::OutOfMemory)?;
        Ok(Pool { window, window_len, contexts: Contexts::default() })
    });
    pool.ok()
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn wsp_pool_free(pool: *mut Handle<Pool>) {
    // SAFETY: the header asks for a pool of `wsp_pool_new` that is not used any more.
    unsafe { Handle::free(pool) }
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_lend(
    connection: Option<&Handle<Connection>>,
    pool: Option<&Handle<Pool>>,
) -> i32 {
    serve(connection, pool, |connection, pool| {
        if let Some(window) = pool.take_window() {
            connection.incoming.lend_window(window);
        }
        pool.contexts.lend(&mut connection.protocol);
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_take_back(
    connection: Option<&Handle<Connection>>,
    pool: Option<&Handle<Pool>>,
) -> i32 {
    serve(connection, pool, |connection, pool| {
        let window = connection.incoming.take_back_window();
        if window.len() >= pool.window_len {
            pool.window = window;
        }
        pool.contexts.take_back(&mut connection.protocol);
    })
}

/// A call for the connection, which is what ends if there is no memory for it: the pool stays as good
/// as it was.
fn serve(
    connection: Option<&Handle<Connection>>,
    pool: Option<&Handle<Pool>>,
    job: impl FnOnce(&mut Connection, &mut Pool),
) -> i32 {
    let Some(pool) = pool else { return Failure::Null.number() };
    let served = pool.hold(|pool| {
        within(connection, |connection| {
            job(connection, pool);
            Ok(())
        })
    });
    served.unwrap_or_else(|failure| Err(failure.into())).map_or_else(Code::number, |()| 0)
}

impl Pool {
    /// The window, or another one if it is lent; `None` if there is no memory for that.
    fn take_window(&mut self) -> Option<Vec<u8>> {
        let window = mem::take(&mut self.window);
        if window.is_empty() { new_window(self.window_len) } else { Some(window) }
    }
}

fn new_window(len: usize) -> Option<Vec<u8>> {
    let mut window = Vec::new();
    window.try_reserve_exact(len).ok()?;
    window.resize(len, 0);
    Some(window)
}
