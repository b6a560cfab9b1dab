//! The faults of a stream, and the operations at which they occur.

use std::io::ErrorKind;

/// An operation of an adapter on its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Read,
    Write,
    Flush,
    Shutdown,
    /// Setting a timeout, which only blocking streams have.
    Timeout,
}

/// What an operation results in instead of its usual work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The operation fails; later ones do not.
    Error(ErrorKind),
    /// The operation fails, and so do all later ones.
    PermanentError(ErrorKind),
    /// The operation moves one byte.
    OneByte,
    /// The operation has to wait: its direction moves nothing until the test
    /// [unblocks](super::Link::unblock) the stream.
    Pending,
    /// A write accepts no bytes.
    WriteZero,
    /// This read and all later ones find the end of the stream.
    Eof,
}

impl Fault {
    /// The faults after which a connection cannot go on.
    pub(crate) const FATAL: [Self; 9] = [
        Self::Error(ErrorKind::ConnectionReset),
        Self::Error(ErrorKind::BrokenPipe),
        Self::Error(ErrorKind::TimedOut),
        Self::Error(ErrorKind::OutOfMemory),
        Self::PermanentError(ErrorKind::ConnectionReset),
        Self::PermanentError(ErrorKind::BrokenPipe),
        Self::PermanentError(ErrorKind::TimedOut),
        Self::WriteZero,
        Self::Eof,
    ];

    /// The faults that a connection over a blocking stream survives.
    pub(crate) const SURVIVABLE_BLOCKING: [Self; 3] =
        [Self::Error(ErrorKind::Interrupted), Self::Error(ErrorKind::WouldBlock), Self::OneByte];

    /// The faults that a connection over an asynchronous stream survives. The traits of such
    /// streams rule out `Interrupted`.
    pub(crate) const SURVIVABLE_ASYNC: [Self; 2] = [Self::Pending, Self::OneByte];

    /// Whether this operation can have this fault.
    pub(crate) fn applies_to(self, operation: Operation) -> bool {
        match self {
            // No system interrupts a shutdown or makes it wait.
            Self::Error(ErrorKind::Interrupted | ErrorKind::WouldBlock) => {
                !matches!(operation, Operation::Shutdown | Operation::Timeout)
            }
            Self::Error(_) | Self::PermanentError(_) => true,
            Self::OneByte => matches!(operation, Operation::Read | Operation::Write),
            Self::Pending => operation != Operation::Timeout,
            Self::WriteZero => operation == Operation::Write,
            Self::Eof => operation == Operation::Read,
        }
    }

    /// The kind of the error that the adapter reports for this fault, if it reports one.
    pub(crate) fn kind(self) -> Option<ErrorKind> {
        match self {
            Self::Error(kind) | Self::PermanentError(kind) => Some(kind),
            Self::WriteZero => Some(ErrorKind::WriteZero),
            Self::OneByte | Self::Pending | Self::Eof => None,
        }
    }
}

/// Which operations have a fault, and which one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    NoFaults,
    /// The operation with this number, counted from 1, has this fault.
    At(usize, Fault),
    /// Each operation has to wait at first.
    AllPending,
    /// Each operation has to wait at first, except the first of every `n`.
    PendingExceptEvery(usize),
}

impl Plan {
    /// The fault of the operation with this number, if it has one.
    pub(crate) fn fault_at(self, number: usize, operation: Operation) -> Option<Fault> {
        let fault = match self {
            Self::NoFaults => return None,
            Self::At(at, fault) if number == at => fault,
            Self::At(..) => return None,
            Self::AllPending => Fault::Pending,
            Self::PendingExceptEvery(every) if number % every != 1 => Fault::Pending,
            Self::PendingExceptEvery(_) => return None,
        };
        fault.applies_to(operation).then_some(fault)
    }
}
