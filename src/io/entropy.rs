//! The operating system's random bytes, fetched in blocks.

use std::cell::RefCell;

use forkguard::Guard;

use crate::{Entropy, EntropyError};

#[cfg(test)]
mod tests;

/// The operating system's generator of random bytes.
///
/// Each thread fetches a block of 1 KiB at a time, so a masking key costs no system call. Bytes are
/// wiped when they have been used. After a fork, the child wipes what it has of its parent's block and
/// fetches its own, so no masking key is used in both processes. The C library's `fork` is noticed;
/// its `_Fork` and the bare system call are not, and after those only one of the two processes may
/// use connections.
///
/// ```
/// use websocket_proto::io::OsEntropy;
/// use websocket_proto::{Config, Connection, Role, Time};
///
/// // A client whose handshake somebody else did.
/// let client = Connection::established(Role::Client(&OsEntropy), None, Config::default(), Time::ZERO);
/// assert!(client.is_client());
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "it holds nothing")]
pub struct OsEntropy;

/// Random bytes that were fetched, of which the first `used` are used up.
struct Block {
    bytes: [u8; Self::LEN],
    used: usize,
    /// Made before the first bytes are fetched, and tells whether the process was forked since.
    guard: Option<Guard>,
}

thread_local! {
    static BLOCK: RefCell<Block> = const { RefCell::new(Block::EMPTY) };
}

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        // A thread that is ending may have no block any more.
        let taken = BLOCK.try_with(|block| block.borrow_mut().take(bytes));
        taken.unwrap_or_else(|_| fetch(bytes))
    }
}

impl Block {
    const LEN: usize = 1024;

    /// The length of a masking key, for which moving takes no calls.
    const KEY_LEN: usize = 4;

    const EMPTY: Self = Self { bytes: [0; Self::LEN], used: Self::LEN, guard: None };

    fn take(&mut self, target: &mut [u8]) -> Result<(), EntropyError> {
        if target.len() > self.bytes.len() || !self.is_guarded() {
            return fetch(target);
        }
        if self.bytes.len() - self.used < target.len() {
            fetch(&mut self.bytes)?;
            self.used = 0;
        }
        let taken = &mut self.bytes[self.used..self.used + target.len()];
        self.used += target.len();
        match target.len() {
            Self::KEY_LEN => move_bytes(&mut taken[..Self::KEY_LEN], &mut target[..Self::KEY_LEN]),
            _ => move_bytes(taken, target),
        }
        Ok(())
    }

    /// Wipes bytes that another process has, too. Returns whether such bytes would be noticed.
    #[inline]
    fn is_guarded(&mut self) -> bool {
        let Some(guard) = &mut self.guard else { return self.begin_to_guard() };
        if guard.detected_fork() {
            self.bytes.fill(0);
            self.used = Self::LEN;
        }
        true
    }

    #[cold]
    fn begin_to_guard(&mut self) -> bool {
        self.guard = Guard::try_new().ok();
        self.guard.is_some()
    }
}

/// Moves bytes, and wipes the place that they were in.
#[inline(always)]
fn move_bytes(from: &mut [u8], to: &mut [u8]) {
    to.copy_from_slice(from);
    from.fill(0);
}

fn fetch(target: &mut [u8]) -> Result<(), EntropyError> {
    getrandom::fill(target).map_err(|_| EntropyError::new())
}
