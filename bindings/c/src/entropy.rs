//! Random bytes: the operating system's, or those of a C program.

#![expect(
    unsafe_code,
    reason = "a connection refers to its source for ever, and a C program shares it by a pointer"
)]

use std::ffi::c_void;
use std::sync::Arc;

use websocket_proto::io::OsEntropy;
use websocket_proto::{Entropy, EntropyError};

use crate::code::Failure;
use crate::reserve;

/// Fills `len` bytes at `to`, and says whether it could.
pub(crate) type Fill = extern "C" fn(user: *mut c_void, to: *mut u8, len: usize) -> bool;

/// Called once nothing refers to the source any more.
pub(crate) type Drop = extern "C" fn(user: *mut c_void);

/// A source of a C program.
pub(crate) struct Callback {
    fill: Fill,
    user: *mut c_void,
    drop: Option<Drop>,
}

// SAFETY: the header asks for a callback that any thread may call, and more than one at a time.
unsafe impl Send for Callback {}
// SAFETY: as above.
unsafe impl Sync for Callback {}

impl Callback {
    /// A source for many connections. If there is no memory for it, `drop` is not called.
    pub(crate) fn shared(
        fill: Fill,
        user: *mut c_void,
        drop: Option<Drop>,
    ) -> Result<Arc<Self>, Failure> {
        let mut shared = Arc::new(Self { fill, user, drop: None });
        reserve::check()?;
        if let Some(this) = Arc::get_mut(&mut shared) {
            this.drop = drop;
        }
        Ok(shared)
    }
}

impl Entropy for Callback {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let fill = || (self.fill)(self.user, bytes.as_mut_ptr(), bytes.len());
        let filled = reserve::apart(fill);
        if filled { Ok(()) } else { Err(EntropyError::new()) }
    }
}

impl std::ops::Drop for Callback {
    fn drop(&mut self) {
        if let Some(drop) = self.drop {
            drop(self.user);
        }
    }
}

/// Where the random bytes of a connection come from.
#[derive(Clone, Default)]
pub(crate) enum Source {
    #[default]
    System,
    Callback(Arc<Callback>),
    #[cfg(test)]
    Test(&'static dyn Entropy),
}

impl Source {
    /// The source as a connection refers to it.
    ///
    /// # Safety
    ///
    /// The connection must be dropped before the last clone of this source.
    pub(crate) unsafe fn for_connection(&self) -> &'static dyn Entropy {
        match self {
            Self::System => &OsEntropy,
            // SAFETY: the connection does not give its source to anybody, and the caller keeps a
            // clone for longer.
            Self::Callback(callback) => unsafe { &*Arc::as_ptr(callback) },
            #[cfg(test)]
            Self::Test(source) => *source,
        }
    }
}
