//! A stream in memory, with a peer at its other end.

use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::fault::{Fault, Operation, Plan};
use super::peer::{Heard, Peer};
use super::scenario::Scenario;

/// More operations than any scenario takes.
const MANY: usize = 5_000;

/// What reads give and writes take at most, in turn: cuts in heads, headers and payloads.
const SIZES: [usize; 3] = [90, 700, 15_000];

/// What a test holds of a stream.
#[derive(Clone)]
pub(crate) struct Link(Arc<Mutex<State>>);

/// The stream itself.
pub(crate) struct Stream(Link);

struct State {
    peer: Peer,
    plan: Plan,
    operations: usize,
    faults: usize,
    ended: Ended,
    /// Of the directions, reading first.
    directions: [Direction; 2],
}

/// Which of the streams' ends have come.
#[derive(Default)]
struct Ended {
    /// Every operation fails.
    broken: Option<ErrorKind>,
    /// Every read fails.
    unreadable: Option<ErrorKind>,
    input: bool,
    output: bool,
    dropped: bool,
}

#[derive(Default)]
struct Direction {
    /// Until the nudge.
    is_stuck: bool,
    /// What was held up goes on.
    passes: bool,
    waker: Option<Waker>,
}

/// How an operation begins.
enum Begun {
    /// It moves so many bytes at most.
    Moves(usize),
    Waits,
    Fails(ErrorKind),
}

impl Link {
    pub(crate) fn new(scenario: Scenario, plan: Plan) -> Self {
        let (ended, directions) = (Ended::default(), Default::default());
        let peer = Peer::new(scenario);
        let state = State { peer, plan, operations: 0, faults: 0, ended, directions };
        Self(Arc::new(Mutex::new(state)))
    }

    /// To be called once.
    pub(crate) fn stream(&self) -> Stream {
        Stream(self.clone())
    }

    pub(crate) fn heard(&self) -> Heard {
        self.state().peer.heard().clone()
    }

    pub(crate) fn operations(&self) -> usize {
        self.state().operations
    }

    /// How many operations a fault befell.
    pub(crate) fn faults(&self) -> usize {
        self.state().faults
    }

    pub(crate) fn is_dropped(&self) -> bool {
        self.state().ended.dropped
    }

    /// Lets go on what was held up. Whether there was something.
    pub(crate) fn nudge(&self) -> bool {
        let mut wakers = Vec::new();
        for direction in &mut self.state().directions {
            if std::mem::take(&mut direction.is_stuck) {
                direction.passes = true;
                wakers.extend(direction.waker.take());
            }
        }
        let nudged = !wakers.is_empty();
        wakers.into_iter().for_each(Waker::wake);
        nudged
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that fails is told of that failure.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.ended.dropped = true;
        state.peer.eof();
    }
}

/// For the traits of the blocking adapter and of the runtimes: without a context, what would wait
/// is a failure of the test.
impl Stream {
    pub(crate) fn read(
        &self,
        cx: Option<&mut Context<'_>>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        assert!(!space.is_empty(), "a read that looks like the end of the stream");
        self.operate(Operation::Read, cx, |state, most| state.read(space, most))
    }

    pub(crate) fn write(
        &self,
        cx: Option<&mut Context<'_>>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bytes = pieces.iter().map(|piece| &piece[..]).collect::<Vec<_>>().concat();
        self.operate(Operation::Write, cx, |state, most| {
            assert!(!state.ended.output, "a write after the shutdown");
            let len = bytes.len().min(most);
            state.peer.receive(&bytes[..len]);
            Some(len)
        })
    }

    pub(crate) fn flush(&self, cx: Option<&mut Context<'_>>) -> Poll<io::Result<()>> {
        self.operate(Operation::Flush, cx, |_, _| Some(()))
    }

    pub(crate) fn shutdown(&self, cx: Option<&mut Context<'_>>) -> Poll<io::Result<()>> {
        self.operate(Operation::Shutdown, cx, |state, _| {
            state.ended.output = true;
            state.peer.eof();
            Some(())
        })
    }

    pub(crate) fn set_timeout(&self) -> io::Result<()> {
        match self.operate(Operation::Timeout, None, |_, _| Some(())) {
            Poll::Ready(result) => result,
            Poll::Pending => Ok(()),
        }
    }

    fn operate<T>(
        &self,
        operation: Operation,
        cx: Option<&mut Context<'_>>,
        act: impl FnOnce(&mut State, usize) -> Option<T>,
    ) -> Poll<io::Result<T>> {
        let mut state = self.0.state();
        let done = match state.begin(operation) {
            Begun::Fails(kind) => return Poll::Ready(Err(kind.into())),
            Begun::Moves(most) => act(&mut state, most),
            Begun::Waits => None,
        };
        let Some(done) = done else {
            let Some(cx) = cx else { panic!("nobody ends this wait, {:?}", state.plan) };
            state.direction(operation).waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        let reader = state.waiting_reader();
        drop(state);
        reader.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(done))
    }
}

impl State {
    fn begin(&mut self, operation: Operation) -> Begun {
        if self.direction(operation).is_stuck {
            return Begun::Waits;
        }
        self.operations += 1;
        assert!(self.operations < MANY, "no end");
        let number = self.operations;
        let unreadable = self.ended.unreadable.filter(|_| operation == Operation::Read);
        if let Some(kind) = self.ended.broken.or(unreadable) {
            return Begun::Fails(kind);
        }
        let passes = std::mem::take(&mut self.direction(operation).passes);
        match self.plan.fault(number, operation).filter(|_| !passes) {
            None => Begun::Moves(SIZES[number % SIZES.len()]),
            Some(fault) => self.go_wrong(fault, operation),
        }
    }

    fn go_wrong(&mut self, fault: Fault, operation: Operation) -> Begun {
        self.faults += 1;
        match fault {
            Fault::Short => return Begun::Moves(1),
            Fault::Nothing => return Begun::Moves(0),
            Fault::Eof => {
                self.ended.input = true;
                return Begun::Moves(0);
            }
            Fault::Later => {
                self.direction(operation).is_stuck = true;
                return Begun::Waits;
            }
            // That a stream cannot be shut down says that it has ended, and so do its reads.
            Fault::Fails(kind) if operation == Operation::Shutdown => {
                self.ended.unreadable = Some(kind);
            }
            Fault::Fails(_) => {}
            Fault::FailsForGood(kind) => self.ended.broken = Some(kind),
        }
        Begun::Fails(fault.kind().expect("a failure"))
    }

    /// `None` if there is nothing to read yet.
    fn read(&mut self, space: &mut [u8], most: usize) -> Option<usize> {
        if self.ended.input {
            return Some(0);
        }
        if self.peer.output.is_empty() && !self.peer.is_done() {
            return None;
        }
        let input = &mut self.peer.output;
        let len = input.len().min(space.len()).min(most);
        space[..len].copy_from_slice(&input[..len]);
        input.drain(..len);
        Some(len)
    }

    /// Who waits for what is there to be read now.
    fn waiting_reader(&mut self) -> Option<Waker> {
        let reading = &mut self.directions[0];
        let held = reading.is_stuck || (self.peer.output.is_empty() && !self.peer.is_done());
        if held { None } else { reading.waker.take() }
    }

    fn direction(&mut self, operation: Operation) -> &mut Direction {
        &mut self.directions[usize::from(operation != Operation::Read)]
    }
}
