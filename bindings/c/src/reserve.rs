//! The allocator: the system's, and a reserve for when that one has no memory.
//!
//! The standard library aborts where it finds no memory for something small. From the reserve it gets
//! that, and the call goes on to its end, where [`is_untouched`] finds out: the call then gives back
//! what it made, and answers that there is no memory. What is large is asked for in ways that can be
//! refused, and the reserve has nothing for it.

#![expect(unsafe_code, reason = "an allocator deals in raw memory")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::code::Failure;

/// The least that is taken, in bytes, and what all of it is aligned to.
const UNIT: usize = 2 << 10;

/// A bit stands for each unit.
const UNITS: usize = u64::BITS as usize;

/// The most that is taken at once, in bytes: what an HTTP head may have by default.
pub(crate) const LONGEST: usize = 16 << 10;

/// No lock guards this, as a thread may be forked or interrupted anywhere.
pub(crate) struct Reserve {
    memory: Memory,
    /// The units that are in use.
    taken: AtomicU64,
    /// How many takers there are.
    unsettled: AtomicUsize,
    /// The thread that took what begins with each unit in a call that has not come to its end, or
    /// [`NOBODY`]. It changes in one step from one to the other, so that a thread that reads what was
    /// there before never takes another's memory for its own.
    takers: [AtomicUsize; UNITS],
}

/// No thread has this number.
const NOBODY: usize = 0;

#[repr(align(4096))]
struct Memory(UnsafeCell<[u8; UNITS * UNIT]>);

// SAFETY: a thread writes only to units whose bits it has set, and no other thread has meanwhile.
unsafe impl Sync for Memory {}

static RESERVE: Reserve = Reserve::new();

struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// Whether this thread has nothing of the reserve that it took since it called [`settle`].
#[inline(always)]
pub(crate) fn is_untouched() -> bool {
    RESERVE.unsettled.load(Ordering::Relaxed) == 0 || RESERVE.is_settled_here()
}

/// Begins anew, for the next call: what is still taken now is freed later.
#[cold]
pub(crate) fn settle() {
    RESERVE.settle_here();
}

/// Runs a callback of the C program. The calls that it makes are not taken for what the call around it
/// has done, nor that for theirs.
pub(crate) fn apart<R>(callback: impl FnOnce() -> R) -> R {
    if is_untouched() {
        return callback();
    }
    let around = RESERVE.settle_here();
    let result = callback();
    RESERVE.unsettle_here(around);
    result
}

/// An error if this thread had to take something of the reserve, and has it still.
pub(crate) fn check() -> Result<(), Failure> {
    if is_untouched() {
        return Ok(());
    }
    settle();
    Err(Failure::OutOfMemory)
}

// SAFETY: what the system's allocator gives goes back to it, and what the reserve gives is as large and
// as aligned as was asked for, and of nobody else until it is given back.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract.
        let memory = unsafe { System.alloc(layout) };
        if memory.is_null() { RESERVE.take(layout) } else { memory }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract.
        let memory = unsafe { System.alloc_zeroed(layout) };
        if !memory.is_null() {
            return memory;
        }
        let memory = RESERVE.take(layout);
        if !memory.is_null() {
            // SAFETY: there are as many bytes, which are nobody else's.
            unsafe { memory.write_bytes(0, layout.size()) };
        }
        memory
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        match RESERVE.unit_of(memory) {
            Some(unit) => RESERVE.give_back(unit, layout),
            // SAFETY: the caller upholds the contract, and it is not from the reserve.
            None => unsafe { System.dealloc(memory, layout) },
        }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        if RESERVE.unit_of(memory).is_none() {
            // SAFETY: the caller upholds the contract, and it is not from the reserve.
            let moved = unsafe { System.realloc(memory, layout, len) };
            if !moved.is_null() {
                return moved;
            }
        }
        // SAFETY: the caller promises that the new length makes a layout.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(len, layout.align())) };
        if !moved.is_null() {
            // SAFETY: both have that many bytes, and are different.
            unsafe { ptr::copy_nonoverlapping(memory, moved, len.min(layout.size())) };
            // SAFETY: the caller upholds the contract.
            unsafe { self.dealloc(memory, layout) };
        }
        moved
    }
}

impl Reserve {
    pub(crate) const fn new() -> Self {
        Self {
            memory: Memory(UnsafeCell::new([0; UNITS * UNIT])),
            taken: AtomicU64::new(0),
            unsettled: AtomicUsize::new(0),
            takers: [const { AtomicUsize::new(NOBODY) }; UNITS],
        }
    }

    /// Takes memory for this thread; null if there is not enough of it.
    #[cold]
    pub(crate) fn take(&self, layout: Layout) -> *mut u8 {
        if layout.size() > LONGEST || layout.align() > UNIT {
            return ptr::null_mut();
        }
        let mut taken = self.taken.load(Ordering::Relaxed);
        let (unit, run) = loop {
            let Some((unit, run)) = free_run(taken, layout) else { return ptr::null_mut() };
            let swapped = self.taken.compare_exchange_weak(
                taken,
                taken | run,
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            match swapped {
                Ok(_) => break (unit, run),
                Err(now) => taken = now,
            }
        };
        debug_assert!(run != 0, "no allocation is of zero bytes");
        self.unsettle_here(1 << unit);
        // SAFETY: the unit is one of the memory's.
        unsafe { self.memory.0.get().cast::<u8>().add(unit * UNIT) }
    }

    /// The first unit of memory that is from here.
    #[inline(always)]
    pub(crate) fn unit_of(&self, memory: *mut u8) -> Option<usize> {
        let offset = memory.addr().wrapping_sub(self.memory.0.get().addr());
        (offset < UNITS * UNIT).then_some(offset / UNIT)
    }

    #[cold]
    pub(crate) fn give_back(&self, unit: usize, layout: Layout) {
        if self.takers[unit].swap(NOBODY, Ordering::Relaxed) != NOBODY {
            self.unsettled.fetch_sub(1, Ordering::Relaxed);
        }
        self.taken.fetch_and(!(run_of(layout) << unit), Ordering::Release);
    }

    /// Whether this thread has taken nothing that is neither given back nor settled.
    #[cold]
    pub(crate) fn is_settled_here(&self) -> bool {
        let here = this_thread();
        !self.takers.iter().any(|taker| taker.load(Ordering::Relaxed) == here)
    }

    /// Settles what this thread has taken, and returns its units.
    #[cold]
    pub(crate) fn settle_here(&self) -> u64 {
        let here = this_thread();
        let mut settled = 0;
        for (unit, taker) in self.takers.iter().enumerate() {
            let swapped =
                taker.compare_exchange(here, NOBODY, Ordering::Relaxed, Ordering::Relaxed);
            if swapped.is_ok() {
                self.unsettled.fetch_sub(1, Ordering::Relaxed);
                settled |= 1 << unit;
            }
        }
        settled
    }

    /// Makes this thread the taker of these units, where there is none.
    #[cold]
    pub(crate) fn unsettle_here(&self, units: u64) {
        let here = this_thread();
        let chosen = self.takers.iter().enumerate().filter(|(unit, _)| units >> unit & 1 == 1);
        for (_, taker) in chosen {
            // First, so that the count is never less than there are.
            self.unsettled.fetch_add(1, Ordering::Relaxed);
            let swapped =
                taker.compare_exchange(NOBODY, here, Ordering::Relaxed, Ordering::Relaxed);
            if swapped.is_err() {
                self.unsettled.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}

/// The first place among those that are taken where memory of this layout fits: its first unit, and the
/// bits of all of them.
fn free_run(taken: u64, layout: Layout) -> Option<(usize, u64)> {
    let run = run_of(layout);
    let places = 0..=run.leading_zeros() as usize;
    places.map(|unit| (unit, run << unit)).find(|(_, run)| taken & run == 0)
}

/// As many bits as memory of this layout has units.
fn run_of(layout: Layout) -> u64 {
    (1 << layout.size().div_ceil(UNIT)) - 1
}

/// A number that no other thread has at the same time. A thread-local variable would be one too, but a
/// library that is loaded late might find no memory for that.
#[cfg(unix)]
fn this_thread() -> usize {
    // SAFETY: the C library has this function, and its result is a number or a pointer.
    unsafe extern "C" {
        safe fn pthread_self() -> usize;
    }
    pthread_self()
}

#[cfg(not(unix))]
fn this_thread() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| ptr::from_ref(here).addr())
}
