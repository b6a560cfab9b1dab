//! The receive memory of a connection, as much of it as it needs at the time.

use std::mem;

use super::window;
use crate::Incoming;

/// The receive memory.
#[derive(Debug)]
pub(super) enum Memory {
    /// A part of a message at most; empty on an idle connection. All of an `Incoming` for it would
    /// be small blocks between large ones, and keep allocators from giving the large ones back.
    Part(Vec<u8>),
    /// Without anything that was lent.
    Own(Box<Incoming>),
    /// The window was lent, or all of it.
    Lent(Box<Incoming>),
}

impl Memory {
    /// All of an `Incoming`, made with `make` if there is none.
    #[inline]
    pub(super) fn incoming(&mut self, make: fn() -> Self) -> &mut Incoming {
        match self {
            Self::Own(incoming) | Self::Lent(incoming) => incoming,
            Self::Part(part) => {
                let part = mem::take(part);
                self.extended(part, make())
            }
        }
    }

    /// Becomes all of an `Incoming`, with the part in it.
    #[inline(never)]
    fn extended(&mut self, part: Vec<u8>, all: Self) -> &mut Incoming {
        *self = all;
        let incoming = self.incoming(Self::default);
        incoming.memory.put_partial_message(part);
        incoming
    }

    /// What is needed until more bytes come; what was lent goes back to the thread's pool.
    pub(super) fn reduced(self) -> Self {
        match self {
            Self::Part(_) => self,
            Self::Own(mut incoming) => match incoming.take_partial_message() {
                Some(part) => Self::Part(part),
                None => Self::Own(incoming),
            },
            Self::Lent(mut incoming) => match incoming.take_partial_message() {
                Some(part) => {
                    window::give_back(incoming);
                    Self::Part(part)
                }
                None => {
                    window::give_back_window(incoming.take_back());
                    Self::Own(incoming)
                }
            },
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::Part(Vec::new())
    }
}
