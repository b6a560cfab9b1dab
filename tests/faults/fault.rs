//! What goes wrong, and where.

use std::io::ErrorKind;

/// What the adapters do to a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Read,
    Write,
    Flush,
    Shutdown,
    /// Sets a timeout; of blocking streams only.
    Timeout,
}

/// What an operation comes to instead of what it is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It fails, and what follows does not.
    Fails(ErrorKind),
    /// It fails, and so does all that follows.
    FailsForGood(ErrorKind),
    /// It moves one byte.
    Short,
    /// Not yet: its direction moves nothing until the stream has been [nudged](super::Link::nudge).
    Later,
    /// A write that takes nothing.
    Nothing,
    /// The end of the stream, for this read and all that follow.
    Eof,
}

impl Fault {
    /// Those after which a connection cannot go on.
    pub(crate) const FATAL: [Self; 9] = [
        Self::Fails(ErrorKind::ConnectionReset),
        Self::Fails(ErrorKind::BrokenPipe),
        Self::Fails(ErrorKind::TimedOut),
        Self::Fails(ErrorKind::OutOfMemory),
        Self::FailsForGood(ErrorKind::ConnectionReset),
        Self::FailsForGood(ErrorKind::BrokenPipe),
        Self::FailsForGood(ErrorKind::TimedOut),
        Self::Nothing,
        Self::Eof,
    ];

    /// Those that blocking streams get over.
    pub(crate) const PASSING_BLOCKING: [Self; 3] =
        [Self::Fails(ErrorKind::Interrupted), Self::Fails(ErrorKind::WouldBlock), Self::Short];

    /// Those that asynchronous streams get over. Their traits rule out `Interrupted`.
    pub(crate) const PASSING_ASYNC: [Self; 2] = [Self::Later, Self::Short];

    pub(crate) fn befalls(self, operation: Operation) -> bool {
        match self {
            // No system interrupts a shutdown or lets it wait.
            Self::Fails(ErrorKind::Interrupted | ErrorKind::WouldBlock) => {
                !matches!(operation, Operation::Shutdown | Operation::Timeout)
            }
            Self::Fails(_) | Self::FailsForGood(_) => true,
            Self::Short => matches!(operation, Operation::Read | Operation::Write),
            Self::Later => operation != Operation::Timeout,
            Self::Nothing => operation == Operation::Write,
            Self::Eof => operation == Operation::Read,
        }
    }

    /// The error that it is told as.
    pub(crate) fn kind(self) -> Option<ErrorKind> {
        match self {
            Self::Fails(kind) | Self::FailsForGood(kind) => Some(kind),
            Self::Nothing => Some(ErrorKind::WriteZero),
            Self::Short | Self::Later | Self::Eof => None,
        }
    }
}

/// Which operations a fault befalls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    Undisturbed,
    /// The one with this number.
    At(usize, Fault),
    /// Each comes to nothing at first.
    Hesitating,
    /// One in so many, from the first on, moves at once.
    HesitatingBut(usize),
}

impl Plan {
    /// What befalls the operation with this number.
    pub(crate) fn fault(self, number: usize, operation: Operation) -> Option<Fault> {
        let fault = match self {
            Self::Undisturbed => return None,
            Self::At(at, fault) if number == at => fault,
            Self::At(..) => return None,
            Self::Hesitating => Fault::Later,
            Self::HesitatingBut(every) if number % every != 1 => Fault::Later,
            Self::HesitatingBut(_) => return None,
        };
        fault.befalls(operation).then_some(fault)
    }
}
