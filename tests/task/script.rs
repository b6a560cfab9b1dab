//! A stream that does as it is told.

use std::cell::{RefCell, RefMut};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll};

use websocket_proto::frame::Masking;
use websocket_proto::{Config, Role};

use crate::runtime::adapter::WebSocket;
use crate::support::{in_words, plain_entropy};

/// A stream whose input is known, and what was done to it.
#[derive(Clone, Default)]
pub(crate) struct Script(Rc<RefCell<State>>);

#[derive(Default)]
pub(crate) struct State {
    pub(crate) input: VecDeque<u8>,
    /// The most that a read gives and a write takes; 0 for no bound.
    read_size: usize,
    write_size: usize,
    /// Written bytes wait for a flush.
    holds_back: bool,
    held_back: Vec<u8>,
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

/// What an operation comes to instead of what it is there for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Instead {
    /// Not yet; the task is woken at once.
    Later,
    /// Nobody ever wakes the task.
    Never,
    Fails(ErrorKind),
}

/// By the number of the operation and its kind.
type Rule = Box<dyn FnMut(usize, Operation) -> Option<Instead>>;

impl Script {
    /// These bytes, and then the end of the stream.
    pub(crate) fn new(input: impl AsRef<[u8]>) -> Self {
        let script = Self::default();
        script.state().input = input.as_ref().to_vec().into();
        script
    }

    pub(crate) fn sizes(self, read: usize, write: usize) -> Self {
        (self.state().read_size, self.state().write_size) = (read, write);
        self
    }

    pub(crate) fn holding_back(self) -> Self {
        self.state().holds_back = true;
        self
    }

    pub(crate) fn rule(
        self,
        rule: impl FnMut(usize, Operation) -> Option<Instead> + 'static,
    ) -> Self {
        self.state().rule = Some(Box::new(rule));
        self
    }

    /// Operations come to something in a pattern only.
    pub(crate) fn hesitating(self, pattern: Hesitation) -> Self {
        self.rule(move |number, _| pattern.hesitates(number).then_some(Instead::Later))
    }

    pub(crate) fn state(&self) -> RefMut<'_, State> {
        self.0.borrow_mut()
    }

    /// Whether the stream was dropped, but for this handle.
    pub(crate) fn is_dropped(&self) -> bool {
        Rc::strong_count(&self.0) == 1
    }

    /// A server over this stream that is open.
    pub(crate) fn server(&self) -> WebSocket<Self> {
        self.server_with(Config::default())
    }

    pub(crate) fn server_with(&self, config: Config) -> WebSocket<Self> {
        WebSocket::established(self.clone(), Role::Server, None, config, &[])
    }

    /// A client over this stream that is open, its masking keys zero.
    pub(crate) fn client(&self) -> WebSocket<Self> {
        let role = Role::Client(&plain_entropy);
        WebSocket::established(self.clone(), role, None, Config::default(), &[])
    }

    /// What a server has written, in words: the frames behind its 101, if there is one.
    #[track_caller]
    pub(crate) fn words(&self) -> Vec<String> {
        let output = self.state().output.clone();
        let head = output.windows(4).position(|window| window == b"\r\n\r\n");
        let head = head.filter(|_| output.starts_with(b"HTTP/")).map_or(0, |at| at + 4);
        in_words(&output[head..], Masking::Forbidden, &mut false)
    }
}

/// Which operations come to nothing at first.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hesitation {
    None,
    /// All but every so many.
    AllBut(usize),
    Seed(usize),
}

impl Hesitation {
    pub(crate) const ALL: [Self; 8] = [
        Self::None,
        Self::AllBut(2),
        Self::AllBut(3),
        Self::AllBut(5),
        Self::Seed(1),
        Self::Seed(2),
        Self::Seed(3),
        Self::Seed(4),
    ];

    fn hesitates(self, number: usize) -> bool {
        match self {
            Self::None => false,
            Self::AllBut(every) => !number.is_multiple_of(every),
            Self::Seed(seed) => (number * 4 + seed).wrapping_mul(0x9e37_79b9) >> 7 & 1 == 1,
        }
    }
}

/// For the runtime's traits.
impl Script {
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
            match state.holds_back {
                true => state.held_back.extend(&bytes),
                false => state.output.extend(&bytes),
            }
            bytes.len()
        })
    }

    pub(crate) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(Operation::Flush, cx, |state| state.output.append(&mut state.held_back))
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
            Some(Instead::Fails(kind)) => Poll::Ready(Err(kind.into())),
            Some(Instead::Never) => Poll::Pending,
            Some(Instead::Later) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}

fn bounded(len: usize, most: usize) -> usize {
    if most == 0 { len } else { len.min(most) }
}
