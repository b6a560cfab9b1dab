//! A stream in memory whose input and faults a test chooses.

use std::cell::{RefCell, RefMut};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll};

use websocket_proto::frame::Masking;
use websocket_proto::{Config, Role};

use crate::runtime::adapter::WebSocket;
use crate::support::{in_words, plain_entropy};

/// A stream with a given input that records what was done to it. Clones are handles on the same
/// stream.
#[derive(Clone, Default)]
pub(crate) struct ScriptedStream(Rc<RefCell<State>>);

#[derive(Default)]
pub(crate) struct State {
    pub(crate) input: VecDeque<u8>,
    /// The most bytes that a read gives and a write takes; 0 is no bound.
    read_size: usize,
    write_size: usize,
    /// Whether written bytes reach `output` only when the stream is flushed.
    buffers_writes: bool,
    unflushed: Vec<u8>,
    rule: Option<Rule>,
    pub(crate) operations: usize,
    pub(crate) writes: usize,
    pub(crate) output: Vec<u8>,
    pub(crate) is_shut_down: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Read,
    Write,
    Flush,
    Shutdown,
}

/// What an operation results in instead of its usual work.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// The operation has to wait; the task is woken at once.
    Pending,
    /// The operation has to wait, and nobody ever wakes the task.
    NeverReady,
    Error(ErrorKind),
}

/// Chooses the fault of an operation by its number, counted from 1, and its kind.
type Rule = Box<dyn FnMut(usize, Operation) -> Option<Fault>>;

impl ScriptedStream {
    /// A stream that gives these bytes and then its end.
    pub(crate) fn new(input: impl AsRef<[u8]>) -> Self {
        let script = Self::default();
        script.state().input = input.as_ref().to_vec().into();
        script
    }

    /// Sets the most bytes that a read gives and a write takes; 0 is no bound.
    pub(crate) fn sizes(self, read: usize, write: usize) -> Self {
        (self.state().read_size, self.state().write_size) = (read, write);
        self
    }

    /// Written bytes reach `output` only when the stream is flushed.
    pub(crate) fn buffering_writes(self) -> Self {
        self.state().buffers_writes = true;
        self
    }

    /// Sets the rule that chooses the faults.
    pub(crate) fn rule(
        self,
        rule: impl FnMut(usize, Operation) -> Option<Fault> + 'static,
    ) -> Self {
        self.state().rule = Some(Box::new(rule));
        self
    }

    /// The operations that the pattern chooses have to wait.
    pub(crate) fn pending_by(self, pattern: PendingPattern) -> Self {
        self.rule(move |number, _| pattern.is_pending(number).then_some(Fault::Pending))
    }

    pub(crate) fn state(&self) -> RefMut<'_, State> {
        self.0.borrow_mut()
    }

    /// Whether this handle is the last one, so the adapter has dropped the stream.
    pub(crate) fn is_dropped(&self) -> bool {
        Rc::strong_count(&self.0) == 1
    }

    /// An open server over this stream, with the default configuration.
    pub(crate) fn server(&self) -> WebSocket<Self> {
        self.server_with(Config::default())
    }

    pub(crate) fn server_with(&self, config: Config) -> WebSocket<Self> {
        WebSocket::established(self.clone(), Role::Server, None, config, &[])
    }

    /// An open client over this stream, whose masking keys are all zero.
    pub(crate) fn client(&self) -> WebSocket<Self> {
        let role = Role::Client(&plain_entropy);
        WebSocket::established(self.clone(), role, None, Config::default(), &[])
    }

    /// The frames that a server has written, in words. A response before them is skipped.
    #[track_caller]
    pub(crate) fn words(&self) -> Vec<String> {
        let output = self.state().output.clone();
        let head = output.windows(4).position(|window| window == b"\r\n\r\n");
        let head = head.filter(|_| output.starts_with(b"HTTP/")).map_or(0, |at| at + 4);
        in_words(&output[head..], Masking::Forbidden, &mut false)
    }
}

/// Which operations have to wait. An operation that is tried again has the next number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PendingPattern {
    Never,
    /// All but each `n`th.
    AllButEvery(usize),
    /// About half of all, chosen at random with this seed.
    Seed(usize),
}

impl PendingPattern {
    pub(crate) const ALL: [Self; 8] = [
        Self::Never,
        Self::AllButEvery(2),
        Self::AllButEvery(3),
        Self::AllButEvery(5),
        Self::Seed(1),
        Self::Seed(2),
        Self::Seed(3),
        Self::Seed(4),
    ];

    fn is_pending(self, number: usize) -> bool {
        match self {
            Self::Never => false,
            Self::AllButEvery(every) => !number.is_multiple_of(every),
            Self::Seed(seed) => (number * 4 + seed).wrapping_mul(0x9e37_79b9) >> 7 & 1 == 1,
        }
    }
}

/// The operations, for the traits of the runtimes.
impl ScriptedStream {
    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(Operation::Read, cx, |state| {
            assert!(!space.is_empty(), "a read that looks like the end of the stream");
            let len = bounded(state.input.len().min(space.len()), state.read_size);
            space.iter_mut().zip(state.input.drain(..len)).for_each(|(to, byte)| *to = byte);
            len
        })
    }

    pub(crate) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll(Operation::Write, cx, |state| {
            assert!(!state.is_shut_down, "a write after the shutdown");
            state.writes += 1;
            let mut bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.to_vec()).collect();
            bytes.truncate(bounded(bytes.len(), state.write_size));
            match state.buffers_writes {
                true => state.unflushed.extend(&bytes),
                false => state.output.extend(&bytes),
            }
            bytes.len()
        })
    }

    pub(crate) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(Operation::Flush, cx, |state| state.output.append(&mut state.unflushed))
    }

    pub(crate) fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(Operation::Shutdown, cx, |state| state.is_shut_down = true)
    }

    fn poll<T>(
        &self,
        operation: Operation,
        cx: &mut Context<'_>,
        act: impl FnOnce(&mut State) -> T,
    ) -> Poll<io::Result<T>> {
        let mut state = self.state();
        state.operations += 1;
        let number = state.operations;
        match state.rule.as_mut().and_then(|rule| rule(number, operation)) {
            None => Poll::Ready(Ok(act(&mut state))),
            Some(Fault::Error(kind)) => Poll::Ready(Err(kind.into())),
            Some(Fault::NeverReady) => Poll::Pending,
            Some(Fault::Pending) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}

fn bounded(len: usize, most: usize) -> usize {
    if most == 0 { len } else { len.min(most) }
}
