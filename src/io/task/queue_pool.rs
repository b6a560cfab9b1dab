//! The memory of a thread for output. A connection borrows it to queue something, and gives it back
//! when all of that is written, or when the stream takes no more. So short messages cost no call of the
//! allocator, and long ones do not make the heap grow and shrink again, for which the system would map
//! each page anew.

use std::cell::Cell;

use crate::Outgoing;

#[cfg(all(test, feature = "tokio"))]
mod tests;

/// The largest memory that a thread keeps, in bytes. It is less than the output of every connection may
/// hold by itself, so what is lent moves no bound.
const MOST_KEPT: usize = 192 << 10;

thread_local! {
    static MEMORY: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lends the output memory for its queue, if it has none.
#[inline]
pub(super) fn lend(outgoing: &mut Outgoing) {
    if outgoing.has_no_queue() {
        // A thread that is ending has no pool any more.
        outgoing.lend_queue(MEMORY.try_with(Cell::take).unwrap_or_default());
    }
}

/// Takes back the memory of the queue, if nothing waits in it. If little does, that moves to memory of
/// its own, as it may wait for long.
pub(super) fn take_back(outgoing: &mut Outgoing) {
    if let Some(memory) = outgoing.take_back_queue()
        && memory.capacity() <= MOST_KEPT
    {
        let _ = MEMORY.try_with(|kept| {
            // The larger one stays: it is what recent messages have needed.
            let other = kept.take();
            kept.set(if other.capacity() > memory.capacity() { other } else { memory });
        });
    }
}
