//! What a C program holds by an opaque pointer: a value that one call at a time uses.

#![expect(
    unsafe_code,
    reason = "the value is shared with a C program, which keeps the rules of the header"
)]

use std::any::Any;
use std::cell::UnsafeCell;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};

use crate::code::{Code, Failure};
use crate::reserve;

/// A value for a C program. It is not `Sync`, as the header lets one thread at a time use it; the state
/// is atomic so that two threads at once are mostly found and not taken for one.
pub(crate) struct Handle<T> {
    state: AtomicU8,
    value: UnsafeCell<ManuallyDrop<T>>,
}

const IDLE: u8 = 0;
const BUSY: u8 = 1;
const PANICKED: u8 = 2;
const FREED: u8 = 3;
const EXHAUSTED: u8 = 4;
const TOLD: u8 = 5;

/// A value that is of no use any more, as there was no memory for a call.
pub(crate) trait Exhausted {
    /// Frees what nobody is looking at.
    fn free_unseen(&mut self) {}
}

impl<T> Handle<T> {
    fn new(value: T) -> Box<Self> {
        let value = UnsafeCell::new(ManuallyDrop::new(value));
        Box::new(Self { state: AtomicU8::new(IDLE), value })
    }

    /// The value of a handle that nobody was given.
    fn into_inner(self) -> T {
        ManuallyDrop::into_inner(self.value.into_inner())
    }

    /// Lets `job` use the value, unless another call does or one has panicked.
    #[inline(always)]
    pub(crate) fn hold<R>(&self, job: impl FnOnce(&mut T) -> R) -> Result<R, Failure> {
        let state = self.state.load(Ordering::Acquire);
        if state != IDLE {
            return Err(refusal(state));
        }
        self.state.store(BUSY, Ordering::Relaxed);
        // SAFETY: the state was idle and is busy until `job` has returned, so this is the only
        // reference to the value, also if a callback of `job` comes back here. The value was not
        // dropped, as the state would be another.
        let value: &mut T = unsafe { &mut *self.value.get() };
        match catch_unwind(AssertUnwindSafe(|| job(value))) {
            Ok(result) => {
                self.state.store(IDLE, Ordering::Release);
                Ok(result)
            }
            Err(panic) => Err(note_panic(&self.state, panic)),
        }
    }

    /// Lets `job` use the value, which is of no use afterwards if there was no memory for it.
    #[inline(always)]
    fn with<R>(&self, job: impl FnOnce(&mut T) -> Result<R, Code>) -> Result<R, Code>
    where
        T: Exhausted,
    {
        let done = self.hold(|value| {
            let result = job(value);
            let refused = matches!(result, Err(code) if code == Failure::OutOfMemory.into());
            let has_memory = !refused && reserve::is_untouched();
            if has_memory { Some(result) } else { give_back(result, value) }
        });
        match done {
            Ok(Some(result)) => result,
            Ok(None) => Err(note_exhaustion(&self.state).into()),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Lets `job` have the value, if there was no memory for it. Answers whether that happened and is
    /// told for the first time.
    pub(crate) fn tell_exhaustion(&self, job: impl FnOnce(&mut T)) -> bool {
        let told =
            self.state.compare_exchange(EXHAUSTED, IDLE, Ordering::Acquire, Ordering::Relaxed);
        if told.is_err() {
            return false;
        }
        let done = self.hold(job);
        if done.is_ok() {
            self.state.store(TOLD, Ordering::Release);
        }
        done.is_ok()
    }

    /// Whether [`tell_exhaustion`](Self::tell_exhaustion) has answered that it happened.
    pub(crate) fn is_exhaustion_told(&self) -> bool {
        self.state.load(Ordering::Acquire) == TOLD
    }

    /// Drops the value, but not while a call uses it. A debug build keeps the memory of the handle, so
    /// that a later call finds out.
    ///
    /// # Safety
    ///
    /// The handle is null, or was made by [`new`](Self::new) and is not used any more by a program that
    /// keeps the rules.
    pub(crate) unsafe fn free(handle: *mut Self) {
        // SAFETY: as the caller promises. What is kept by a debug build is good for ever.
        let Some(this) = (unsafe { handle.as_ref() }) else { return };
        let state = this.state.swap(FREED, Ordering::AcqRel);
        if state == BUSY || state == FREED {
            return this.state.store(state, Ordering::Release);
        }
        // SAFETY: nobody uses the value, and from now on the state is `FREED`, so nobody will.
        let drop_value = || unsafe { ManuallyDrop::drop(&mut *this.value.get()) };
        // Nothing is left to be done if it panics.
        let _ = catch_unwind(AssertUnwindSafe(drop_value));
        if !cfg!(debug_assertions) {
            // SAFETY: `new` made it by a box, and the caller promises not to use it any more.
            drop(unsafe { Box::from_raw(handle) });
        }
    }
}

/// Not inlined, like `refusal`: every call of the library would have it.
#[cold]
#[inline(never)]
fn note_panic(state: &AtomicU8, panic: Box<dyn Any + Send>) -> Failure {
    state.store(PANICKED, Ordering::Release);
    drop(panic);
    reserve::settle();
    Failure::Panic
}

#[cold]
#[inline(never)]
fn give_back<R, T: Exhausted>(result: R, value: &mut T) -> Option<R> {
    drop(result);
    value.free_unseen();
    reserve::settle();
    None
}

#[cold]
#[inline(never)]
fn note_exhaustion(state: &AtomicU8) -> Failure {
    state.store(EXHAUSTED, Ordering::Release);
    Failure::OutOfMemory
}

#[cold]
#[inline(never)]
const fn refusal(state: u8) -> Failure {
    match state {
        BUSY => Failure::Busy,
        FREED => Failure::Freed,
        EXHAUSTED | TOLD => Failure::OutOfMemory,
        _ => Failure::Panic,
    }
}

/// A call that changes the value: 0, or the code of the error.
#[inline(always)]
pub(crate) fn change<T: Exhausted>(
    handle: Option<&Handle<T>>,
    job: impl FnOnce(&mut T) -> Result<(), Code>,
) -> i32 {
    ask(handle, |value| job(value).map(|()| 0))
}

/// A call with an answer of its own, or the code of the error.
#[inline(always)]
pub(crate) fn ask<T: Exhausted>(
    handle: Option<&Handle<T>>,
    job: impl FnOnce(&mut T) -> Result<i32, Code>,
) -> i32 {
    let Some(handle) = handle else { return Failure::Null.number() };
    handle.with(job).unwrap_or_else(Code::number)
}

/// A call with a result of its own, or a part of one that uses two handles.
#[inline(always)]
pub(crate) fn within<T: Exhausted, R>(
    handle: Option<&Handle<T>>,
    job: impl FnOnce(&mut T) -> Result<R, Code>,
) -> Result<R, Code> {
    handle.ok_or(Failure::Null)?.with(job)
}

/// A call that takes no memory and cannot fail but by misuse, which is answered by `otherwise`.
#[inline(always)]
pub(crate) fn look<T, R>(
    handle: Option<&Handle<T>>,
    otherwise: R,
    job: impl FnOnce(&mut T) -> R,
) -> R {
    handle.and_then(|handle| handle.hold(job).ok()).unwrap_or(otherwise)
}

/// A call that makes something, without a handle or with one that any thread may use. It is dropped if
/// there is no memory for all of it.
pub(crate) fn make<R>(job: impl FnOnce() -> Result<R, Code>) -> Result<R, Code> {
    make_or_undo(job, drop)
}

/// A call that makes a handle.
pub(crate) fn make_handle<T>(
    job: impl FnOnce() -> Result<T, Code>,
) -> Result<Box<Handle<T>>, Code> {
    make_or_undo(|| job().map(Handle::new), |made| drop(made.map(|handle| handle.into_inner())))
}

fn make_or_undo<R>(
    job: impl FnOnce() -> Result<R, Code>,
    undo: impl FnOnce(Result<R, Code>),
) -> Result<R, Code> {
    let made = guard(Err(Failure::Panic.into()), job);
    if reserve::is_untouched() {
        return made;
    }
    guard((), || undo(made));
    reserve::settle();
    Err(Failure::OutOfMemory.into())
}

/// A call that makes nothing.
pub(crate) fn guard<R>(otherwise: R, job: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(job)).unwrap_or(otherwise)
}
