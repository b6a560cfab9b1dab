//! The receiving side: from reads to events.

use std::mem;
use std::task::{Context, Poll, ready};

use super::{Error, Wire, Writer, contexts, window};
use crate::{Event, Incoming, Progress, Transport};

/// What receiving needs besides the connection, which it shares with sending.
#[derive(Debug)]
pub(super) struct Receiving {
    memory: Memory,
    /// `Event::Ended` was found and is told when the stream has been shut down.
    pub(super) ending: bool,
    /// It was told.
    over: bool,
}

/// The receive memory.
#[derive(Debug)]
enum Memory {
    /// A part of a message at most; empty on an idle connection. All of an `Incoming` for it would
    /// be small blocks between large ones, and keep allocators from giving the large ones back.
    Part(Vec<u8>),
    /// Without anything that was lent.
    Own(Box<Incoming>),
    /// The window was lent, or all of it.
    Lent(Box<Incoming>),
}

impl Receiving {
    pub(super) fn new(incoming: Incoming) -> Self {
        Self { memory: Memory::Own(Box::new(incoming)).reduced(), ending: false, over: false }
    }

    /// What was found last.
    #[inline(always)]
    pub(super) fn event(&mut self) -> Option<Event<'_>> {
        match &mut self.memory {
            Memory::Part(_) => None,
            Memory::Own(incoming) | Memory::Lent(incoming) => incoming.event(),
        }
    }

    /// The receive memory.
    pub(super) fn incoming(&mut self) -> &mut Incoming {
        self.memory.incoming(|| Memory::Own(Box::default()))
    }

    /// The receive memory without the window that was lent.
    pub(super) fn into_incoming(mut self) -> Incoming {
        self.take_back();
        mem::take(self.incoming())
    }

    /// Whether there is an event, which then stands in `incoming`. Not inlined, so that its callers
    /// are, and make the event where it is looked at.
    #[inline(never)]
    pub(super) fn poll_event<W: Wire>(
        &mut self,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<bool, Error>> {
        while !self.ending {
            let incoming = self.memory();
            let now = writer.time_of(incoming);
            let Writer { connection, outgoing, .. } = writer;
            match connection.receive(now, incoming, outgoing)? {
                Progress::Event if incoming.has_message() && writer.member.is_none() => {
                    return Poll::Ready(Ok(true));
                }
                Progress::Event => match incoming.event() {
                    Some(event) if writer.drops(&event) => {}
                    Some(Event::Ended(ending)) => {
                        writer.note_ending(ending);
                        self.ending = true;
                    }
                    Some(Event::Ping(_)) => {
                        // Several pings in a batch are answered one by one while the stream
                        // takes it.
                        writer.write_in_passing(cx);
                        return Poll::Ready(Ok(true));
                    }
                    Some(_) | None => return Poll::Ready(Ok(true)),
                },
                Progress::NeedBytes => ready!(self.poll_turn(writer, cx))?,
                Progress::Ended => {
                    self.over = true;
                    return Poll::Ready(Ok(false));
                }
            }
        }
        self.take_back();
        ready!(writer.poll_finish(cx));
        writer.member = None;
        (self.ending, self.over) = (false, true);
        Poll::Ready(Ok(true))
    }

    /// Whether `Event::Ended` was told.
    #[cfg(feature = "futures")]
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// Writes what waits, does what the connection wants of the stream, and reads once.
    fn poll_turn<W: Wire>(
        &mut self,
        writer: &mut Writer<W>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        if writer.heed_shutdown(cx) {
            return Poll::Ready(Ok(()));
        }
        // All that was at hand at that time has been received: a peer that never pauses holds up
        // no deadline.
        if writer.is_due() {
            writer.pass_deadline();
            return Poll::Ready(Ok(()));
        }
        if writer.poll_write(cx)?.is_ready() {
            // The write failed: nothing that is read now would count.
            if writer.connection.transport() == Transport::Close {
                return Poll::Ready(Ok(()));
            }
            writer.poll_half_close(cx);
        }
        let incoming = self.window();
        let Poll::Ready(result) = writer.wire.poll_read(cx, incoming.space()) else {
            self.take_back();
            contexts::take_back(&mut writer.connection);
            // Only now, with no input at hand, is it time for deadlines.
            return writer.poll_deadline(cx).map(Ok);
        };
        writer.batch = writer.wire.now();
        match result {
            Ok(0) => writer.connection.receive_eof(),
            Ok(len) => {
                incoming.filled(len);
                contexts::lend(&mut writer.connection);
            }
            Err(error) => writer.failed(error)?,
        }
        Poll::Ready(Ok(()))
    }

    /// The receive memory with a window that was lent.
    fn window(&mut self) -> &mut Incoming {
        self.memory = match mem::take(&mut self.memory) {
            Memory::Own(mut incoming) => {
                incoming.lend(window::take().take_back());
                Memory::Lent(incoming)
            }
            memory @ (Memory::Part(_) | Memory::Lent(_)) => memory,
        };
        self.memory()
    }

    /// The receive memory, which is lent if there is none.
    fn memory(&mut self) -> &mut Incoming {
        self.memory.incoming(|| Memory::Lent(window::take()))
    }

    /// Gives back to the thread's pool what was lent, as far as nothing stands in it.
    pub(super) fn take_back(&mut self) {
        self.memory = mem::take(&mut self.memory).reduced();
    }
}

impl Memory {
    /// All of an `Incoming`, made with `make` if there is none.
    #[inline]
    fn incoming(&mut self, make: fn() -> Self) -> &mut Incoming {
        match self {
            Self::Own(incoming) | Self::Lent(incoming) => incoming,
            Self::Part(part) => {
                let part = mem::take(part);
                self.extended(part, make())
            }
        }
    }

    /// Becomes all of an `Incoming`, with the part in it.
    #[inline(never)]
    fn extended(&mut self, part: Vec<u8>, all: Self) -> &mut Incoming {
        *self = all;
        let incoming = self.incoming(Self::default);
        incoming.put_part(part);
        incoming
    }

    /// What is needed until more bytes come; what was lent goes back to the thread's pool.
    fn reduced(self) -> Self {
        match self {
            Self::Part(_) => self,
            Self::Own(mut incoming) => match incoming.take_part() {
                Some(part) => Self::Part(part),
                None => Self::Own(incoming),
            },
            Self::Lent(mut incoming) => match incoming.take_part() {
                Some(part) => {
                    window::give_back(incoming);
                    Self::Part(part)
                }
                None => {
                    window::give_back_window(incoming.take_back());
                    Self::Own(incoming)
                }
            },
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::Part(Vec::new())
    }
}
