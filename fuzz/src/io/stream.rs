//! A stream in memory, with a peer at its other end.

use std::cell::{RefCell, RefMut};
use std::io::{self, ErrorKind, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::peer::Peer;
use super::script::{Outcome, Script};

/// More operations than any input can need.
const MAX_OPERATIONS: usize = 20_000;

/// The stream that the adapter is given.
pub(crate) struct Stream(Link);

/// The target's hold on a stream and on the peer at its other end.
#[derive(Clone)]
pub(crate) struct Link(Rc<RefCell<State>>);

pub(crate) struct State {
    pub(crate) peer: Peer,
    script: Script,
    operations: usize,
    broken: Option<ErrorKind>,
    input_ended: bool,
    output_ended: bool,
    /// Whether an operation has failed, or the stream has ended early.
    pub(crate) is_faulty: bool,
    pub(crate) is_dropped: bool,
    reading: Direction,
    writing: Direction,
}

#[derive(Default)]
struct Direction {
    /// Nothing moves until the stream is unblocked.
    is_stuck: bool,
    waker: Option<Waker>,
}

#[derive(Clone, Copy, PartialEq)]
enum Operation {
    Read,
    Write,
    Flush,
    Shutdown,
}

impl Link {
    pub(crate) fn new(peer: Peer, script: Script) -> Self {
        Self(Rc::new(RefCell::new(State {
            peer,
            script,
            operations: 0,
            broken: None,
            input_ended: false,
            output_ended: false,
            is_faulty: false,
            is_dropped: false,
            reading: Direction::default(),
            writing: Direction::default(),
        })))
    }

    /// The stream for the adapter, to be taken once.
    pub(crate) fn stream(&self) -> Stream {
        Stream(self.clone())
    }

    pub(crate) fn state(&self) -> RefMut<'_, State> {
        self.0.borrow_mut()
    }

    /// Lets the directions that are stuck go on; whether there was one.
    pub(crate) fn unblock(&self) -> bool {
        let mut state = self.state();
        let State { reading, writing, .. } = &mut *state;
        let stuck = [reading, writing].into_iter().filter(|direction| direction.is_stuck);
        let wakers: Vec<_> = stuck
            .map(|direction| {
                direction.is_stuck = false;
                direction.waker.take()
            })
            .collect();
        drop(state);
        let was_stuck = !wakers.is_empty();
        wakers.into_iter().flatten().for_each(Waker::wake);
        was_stuck
    }

    /// Lets the peer do something, and wakes who waits for what it sends.
    pub(crate) fn with_peer(&self, act: impl FnOnce(&mut Peer)) {
        act(&mut self.state().peer);
        let waker = self.state().reader_to_wake();
        waker.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_dropped = true;
        state.peer.eof();
    }
}

/// The operations, for the traits of each adapter. Without a context, one that has to wait returns
/// that it would block.
impl Stream {
    pub(crate) fn read(
        &self,
        cx: Option<&Context<'_>>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        assert!(!space.is_empty(), "a read that looks like the end of the stream");
        self.operate(Operation::Read, cx, |state, most| state.read(space, most))
    }

    pub(crate) fn write(
        &self,
        cx: Option<&Context<'_>>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut bytes = pieces.iter().map(|piece| &piece[..]).collect::<Vec<_>>().concat();
        self.operate(Operation::Write, cx, |state, most| {
            assert!(!state.output_ended, "a write after the shutdown");
            bytes.truncate(most);
            if most == 0 {
                // No more can be written, so the peer does not learn how it ends.
                (state.is_faulty, state.broken) = (true, Some(ErrorKind::WriteZero));
            }
            state.peer.receive(&bytes);
            Some(bytes.len())
        })
    }

    pub(crate) fn flush(&self, cx: Option<&Context<'_>>) -> Poll<io::Result<()>> {
        self.operate(Operation::Flush, cx, |_, _| Some(()))
    }

    pub(crate) fn shutdown(&self, cx: Option<&Context<'_>>) -> Poll<io::Result<()>> {
        self.operate(Operation::Shutdown, cx, |state, _| {
            state.output_ended = true;
            state.peer.eof();
            Some(())
        })
    }

    fn operate<T>(
        &self,
        operation: Operation,
        cx: Option<&Context<'_>>,
        act: impl FnOnce(&mut State, usize) -> Option<T>,
    ) -> Poll<io::Result<T>> {
        let mut state = self.0.state();
        let done = match state.begin(operation) {
            Ok(None) => None,
            Ok(Some(most)) => act(&mut state, most),
            Err(kind) => return Poll::Ready(Err(kind.into())),
        };
        let Some(done) = done else {
            return match cx {
                None => {
                    // The caller tries again.
                    state.direction(operation).is_stuck = false;
                    Poll::Ready(Err(ErrorKind::WouldBlock.into()))
                }
                Some(cx) => {
                    state.direction(operation).waker = Some(cx.waker().clone());
                    Poll::Pending
                }
            };
        };
        let waker = state.reader_to_wake();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(done))
    }
}

impl State {
    /// How many bytes the operation may move, `None` if it has to wait.
    fn begin(&mut self, operation: Operation) -> Result<Option<usize>, ErrorKind> {
        if self.direction(operation).is_stuck {
            return Ok(None);
        }
        self.operations += 1;
        assert!(self.operations < MAX_OPERATIONS, "no end");
        if let Some(kind) = self.broken {
            return Err(kind);
        }
        // There is nothing to read, so nothing happens.
        if operation == Operation::Read && !self.is_readable() {
            return Ok(Some(0));
        }
        match self.script.next() {
            Outcome::Moves(0) if operation != Operation::Write => Ok(Some(1)),
            Outcome::Moves(most) => Ok(Some(most)),
            Outcome::Waits => {
                self.direction(operation).is_stuck = true;
                Ok(None)
            }
            Outcome::FailsOnce(kind) => {
                self.is_faulty = true;
                self.broken = self.announces_end(operation).then_some(kind);
                Err(kind)
            }
            Outcome::Breaks(kind) => {
                self.is_faulty = true;
                self.broken = Some(kind);
                Err(kind)
            }
            Outcome::Ends => {
                self.is_faulty = true;
                self.input_ended = true;
                Ok(Some(usize::MAX))
            }
        }
    }

    /// Whether the peer may learn by this operation that no more follows: with TLS, by a write. It
    /// learns it only if that works, so without it the stream has to be broken: time does not pass.
    const fn announces_end(&self, operation: Operation) -> bool {
        match operation {
            Operation::Shutdown => true,
            Operation::Write => self.peer.uses_tls(),
            Operation::Read | Operation::Flush => false,
        }
    }

    /// `None` if there is nothing to read yet.
    fn read(&mut self, space: &mut [u8], most: usize) -> Option<usize> {
        if self.input_ended {
            return Some(0);
        }
        if !self.is_readable() {
            return None;
        }
        let input = &mut self.peer.output;
        let len = input.len().min(space.len()).min(most);
        space[..len].copy_from_slice(&input[..len]);
        input.drain(..len);
        Some(len)
    }

    /// Whether a read would not have to wait for the peer.
    pub(crate) fn is_readable(&self) -> bool {
        self.input_ended
            || self.broken.is_some()
            || !self.peer.output.is_empty()
            || self.peer.is_done()
    }

    fn reader_to_wake(&mut self) -> Option<Waker> {
        let is_held = self.reading.is_stuck || !self.is_readable();
        if is_held { None } else { self.reading.waker.take() }
    }

    fn direction(&mut self, operation: Operation) -> &mut Direction {
        match operation {
            Operation::Read => &mut self.reading,
            Operation::Write | Operation::Flush | Operation::Shutdown => &mut self.writing,
        }
    }
}
