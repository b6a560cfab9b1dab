//! Which split sockets a thread is looking at, so that a call which would wait for itself is found.

use std::cell::RefCell;
use std::mem::{self, ManuallyDrop};
use std::ptr;

thread_local! {
    /// What this thread is looking at. It is never dropped, so it is there for the destructors of the
    /// thread's other variables as well, and it has memory only while there is a note.
    static LOOKED_AT: RefCell<ManuallyDrop<Vec<Note>>> =
        const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

/// A note that this thread has locked something to look at it.
struct Note {
    address: usize,
    /// The ids of the sides that were dropped meanwhile, which could not lock it.
    dropped: Vec<usize>,
}

/// Removes the note when it is dropped, and has `settle` do what is to be done for each side that was
/// dropped meanwhile.
pub(super) struct LookedAt<F: FnMut(usize)> {
    is_noted: bool,
    settle: F,
}

impl<F: FnMut(usize)> LookedAt<F> {
    pub(super) const fn new(settle: F) -> Self {
        Self { is_noted: false, settle }
    }

    /// Notes that this thread has locked something.
    pub(super) fn note<T>(&mut self, locked: &T) {
        let note = Note { address: ptr::from_ref(locked).addr(), dropped: Vec::new() };
        LOOKED_AT.with_borrow_mut(|notes| notes.push(note));
        self.is_noted = true;
    }
}

impl<F: FnMut(usize)> Drop for LookedAt<F> {
    fn drop(&mut self) {
        if mem::take(&mut self.is_noted)
            && let Some(note) = LOOKED_AT.with_borrow_mut(|notes| take_last(notes))
        {
            note.dropped.into_iter().for_each(&mut self.settle);
        }
    }
}

/// Panics if this thread is looking at what it is about to wait for.
pub(super) fn forbid_while_looking<T>(locked: &T) {
    assert!(
        with_note(locked, |_| ()).is_none(),
        "a socket was used in a closure that looks at it, which would wait for itself for ever"
    );
}

/// Has a side that is being dropped settled later, if this thread is looking at its socket now.
/// Otherwise returns `false`.
pub(super) fn settles_later<T>(locked: &T, id: usize) -> bool {
    with_note(locked, |note| note.dropped.push(id)).is_some()
}

/// Calls `work` with this thread's note of something, if there is one.
fn with_note<T, R>(locked: &T, work: impl FnOnce(&mut Note) -> R) -> Option<R> {
    let address = ptr::from_ref(locked).addr();
    LOOKED_AT
        .with_borrow_mut(|notes| notes.iter_mut().find(|note| note.address == address).map(work))
}

/// The last note, and with the only one the memory that the notes were in.
fn take_last(notes: &mut Vec<Note>) -> Option<Note> {
    let last = notes.pop();
    if notes.is_empty() {
        *notes = Vec::new();
    }
    last
}
