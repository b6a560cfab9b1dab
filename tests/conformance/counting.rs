//! Stands in for the module of `tests/bounds/`, which plays the vectors as well and counts memory.
//! Here nothing is counted.

/// Makes a call of the crate.
pub(crate) fn inside<R>(call: impl FnOnce() -> R) -> R {
    call()
}

/// Does work of the test within such a call.
pub(crate) fn outside<R>(work: impl FnOnce() -> R) -> R {
    work()
}
