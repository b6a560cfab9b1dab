//! Nothing is counted here: `tests/bounds/` plays the vectors too, and counts memory.

/// A call of the crate.
pub(crate) fn inside<R>(call: impl FnOnce() -> R) -> R {
    call()
}

/// What the test does within one.
pub(crate) fn outside<R>(work: impl FnOnce() -> R) -> R {
    work()
}
