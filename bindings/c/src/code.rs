//! The numbers of answers: 0 or a positive one, or an error, in a range by blame.

use std::collections::TryReserveError;

use websocket_proto::handshake::{AnswerError, RequestError};
use websocket_proto::{ProtocolError, SendError};

/// The number of an error: negative, and never renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code(i32);

/// A mistake in the use of the library, or a fault in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Null,
    Busy,
    Panic,
    Freed,
    UnknownOption,
    BadValue,
    NotUtf8,
    NoEvent,
    NotBuilt,
    OutOfMemory,
}

impl Code {
    pub(crate) const fn number(self) -> i32 {
        self.0
    }
}

impl Failure {
    pub(crate) const ALL: [Self; 10] = [
        Self::Null,
        Self::Busy,
        Self::Panic,
        Self::Freed,
        Self::UnknownOption,
        Self::BadValue,
        Self::NotUtf8,
        Self::NoEvent,
        Self::NotBuilt,
        Self::OutOfMemory,
    ];

    pub(crate) const fn number(self) -> i32 {
        match self {
            Self::Null => -901,
            Self::Busy => -902,
            Self::Panic => -903,
            Self::Freed => -904,
            Self::UnknownOption => -905,
            Self::BadValue => -906,
            Self::NotUtf8 => -907,
            Self::NoEvent => -908,
            Self::NotBuilt => -909,
            Self::OutOfMemory => -910,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Busy => "busy",
            Self::Panic => "panic",
            Self::Freed => "freed",
            Self::UnknownOption => "unknown-option",
            Self::BadValue => "bad-value",
            Self::NotUtf8 => "not-utf8",
            Self::NoEvent => "no-event",
            Self::NotBuilt => "not-built",
            Self::OutOfMemory => "out-of-memory",
        }
    }

    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Null => "a pointer is NULL that must not be",
            Self::Busy => {
                "another call uses this: one thread at a time, and no call from a callback"
            }
            Self::Panic => "a fault in the library, now or in an earlier call: free this",
            Self::Freed => "this was freed",
            Self::UnknownOption => "there is no option of this number",
            Self::BadValue => "the option cannot have this value",
            Self::NotUtf8 => "the text is not UTF-8",
            Self::NoEvent => "there is no event of this kind: receive one first",
            Self::NotBuilt => "the library was built without compression",
            Self::OutOfMemory => "there is no memory for this call: free what it was to change",
        }
    }
}

impl From<Failure> for Code {
    fn from(failure: Failure) -> Self {
        Self(failure.number())
    }
}

impl From<SendError> for Code {
    fn from(error: SendError) -> Self {
        Self(-i32::from(error.code()))
    }
}

impl From<AnswerError> for Code {
    fn from(error: AnswerError) -> Self {
        Self(-i32::from(error.code()))
    }
}

impl From<RequestError> for Code {
    fn from(error: RequestError) -> Self {
        Self(-i32::from(error.code()))
    }
}

impl From<ProtocolError> for Code {
    fn from(error: ProtocolError) -> Self {
        Self(-i32::from(error.code()))
    }
}

impl From<TryReserveError> for Code {
    fn from(_: TryReserveError) -> Self {
        Failure::OutOfMemory.into()
    }
}
