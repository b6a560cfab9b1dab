//! The operating system's random bytes, fetched in blocks.

use std::cell::RefCell;

use crate::{Entropy, EntropyError};

/// The operating system's generator of random bytes.
///
/// Each thread fetches a block of 1 KiB at a time, so a masking key costs no system call. Bytes are
/// wiped when they have been used. A process that forks shares the rest of the forking thread's
/// block with its child, so connections should not be used on both sides of a fork.
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
    bytes: [u8; 1024],
    used: usize,
}

thread_local! {
    static BLOCK: RefCell<Block> = const { RefCell::new(Block { bytes: [0; 1024], used: 1024 }) };
}

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        BLOCK.with_borrow_mut(|block| block.take(bytes))
    }
}

impl Block {
    fn take(&mut self, target: &mut [u8]) -> Result<(), EntropyError> {
        if target.len() > self.bytes.len() {
            return getrandom::fill(target).map_err(|_| EntropyError::new());
        }
        if self.bytes.len() - self.used < target.len() {
            getrandom::fill(&mut self.bytes).map_err(|_| EntropyError::new())?;
            self.used = 0;
        }
        let taken = &mut self.bytes[self.used..self.used + target.len()];
        target.copy_from_slice(taken);
        taken.fill(0);
        self.used += target.len();
        Ok(())
    }
}
