//! The receive memory of a connection, as much of it as is needed at the time.

use std::mem;

use super::pool;
use crate::Incoming;

/// The receive memory of a connection.
///
/// | state | when |
/// |---|---|
/// | `Partial` | the stream has no input, and at most a part of a message was received |
/// | `Owned` | the stream has no input, but the memory holds an event or bytes that are unread |
/// | `Borrowed` | input is being read: until the stream has no more |
#[derive(Debug)]
pub(super) enum Held {
    /// A part of a message at most; empty on an idle connection. Keeping it in a whole `Incoming`
    /// would leave small blocks between large ones, and keep allocators from giving the large ones
    /// back to the system.
    Partial(Vec<u8>),
    /// An `Incoming` without a window from the thread's pool.
    Owned(Box<Incoming>),
    /// An `Incoming` with a window from the thread's pool; the whole of it may come from there.
    Borrowed(Box<Incoming>),
}

impl Held {
    /// Whether nothing is held.
    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        matches!(self, Self::Partial(part) if part.is_empty())
    }

    /// The whole memory: a new one of the connection's own if only a part is held.
    pub(super) fn incoming_or_new(&mut self) -> &mut Incoming {
        self.incoming(|| Self::Owned(Box::default()))
    }

    /// The whole memory: one from the thread's pool if only a part is held.
    #[inline(always)]
    pub(super) fn incoming_or_borrowed(&mut self) -> &mut Incoming {
        self.incoming(|| Self::Borrowed(pool::take()))
    }

    #[inline]
    fn incoming(&mut self, make: fn() -> Self) -> &mut Incoming {
        match self {
            Self::Owned(incoming) | Self::Borrowed(incoming) => incoming,
            Self::Partial(part) => {
                let part = mem::take(part);
                self.extend(part, make())
            }
        }
    }

    /// Becomes `whole`, and puts the part into it.
    #[inline(never)]
    fn extend(&mut self, part: Vec<u8>, whole: Self) -> &mut Incoming {
        *self = whole;
        let incoming = self.incoming(Self::default);
        incoming.memory.put_partial_message(part);
        incoming
    }

    /// Borrows a window for the memory, if it has none.
    pub(super) fn with_window(self) -> Self {
        match self {
            Self::Owned(mut incoming) => {
                incoming.lend_window(pool::take().take_back_window());
                Self::Borrowed(incoming)
            }
            Self::Partial(_) | Self::Borrowed(_) => self,
        }
    }

    /// What is needed until more bytes arrive; what was borrowed goes back to the thread's pool.
    pub(super) fn reduced(self) -> Self {
        match self {
            Self::Partial(_) => self,
            Self::Owned(mut incoming) => match incoming.take_partial_message() {
                Some(part) => Self::Partial(part),
                None => Self::Owned(incoming),
            },
            Self::Borrowed(mut incoming) => match incoming.take_partial_message() {
                Some(part) => {
                    pool::give_back(incoming);
                    Self::Partial(part)
                }
                None => {
                    pool::give_back_window(incoming.take_back_window());
                    Self::Owned(incoming)
                }
            },
        }
    }

    /// Gives up all that was received; what was borrowed goes back to the thread's pool.
    pub(super) fn abandon(self) {
        if let Self::Borrowed(incoming) = self {
            pool::give_back_window(incoming.into_window());
        }
    }
}

impl Default for Held {
    fn default() -> Self {
        Self::Partial(Vec::new())
    }
}
