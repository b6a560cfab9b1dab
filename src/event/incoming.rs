//! The receive memory as the transport and the application see it.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::{CurrentEvent, Ending, EventKind};
use crate::handshake::Response;
use crate::memory::{DirectRead, ReceiveMemory};

/// The receive memory of one connection, and the last event that was found in it.
///
/// The transport reads into [`space`](Self::space) and says how much with
/// [`commit`](Self::commit); then [`Connection::receive`](crate::Connection::receive) is called
/// until it needs more, and [`event`](Self::event) returns what it found. Frames that are whole in
/// the window are unmasked and delivered where they are. If a frame is not, the part that has
/// arrived moves to a buffer for the message, which grows with the bytes received and never with a
/// declared length.
///
/// Once `receive` needs more bytes, the window is empty and may serve another connection:
/// [`lend_window`](Self::lend_window) and [`take_back_window`](Self::take_back_window). For an idle connection it then holds no
/// memory but this value itself.
///
/// While this value holds a part of a message, of a control frame or of an HTTP head (see
/// [`is_at_rest`](Self::is_at_rest)), it belongs to the connection that left the part here. A
/// connection that does not find the part that it left ends with
/// [`EndCause::ForeignMemory`](crate::EndCause::ForeignMemory). A connection that left nothing
/// drops what it finds.
pub struct Incoming {
    pub(crate) memory: ReceiveMemory,
    pub(super) current: CurrentEvent,
    pub(super) extra: Option<Box<Extra>>,
}

/// What few events have besides their bytes. It is dropped with the event.
#[derive(Default)]
pub(super) struct Extra {
    /// For a pong.
    pub(super) round_trip: Option<Duration>,
    /// For the last event.
    pub(super) ending: Option<Box<Ending>>,
}

impl Incoming {
    /// The length of the window that is made when none was lent, if nothing else is said: 64 KiB.
    pub const DEFAULT_WINDOW: usize = ReceiveMemory::DEFAULT_WINDOW;

    /// Empty, and without heap memory. The window that it makes, if none is lent, has
    /// [`DEFAULT_WINDOW`](Self::DEFAULT_WINDOW) bytes.
    pub const fn new() -> Self {
        Self::with_window(Self::DEFAULT_WINDOW)
    }

    /// Empty, and without heap memory. The window that it makes, if none is lent, has `len` bytes, at
    /// least one and at most 4 GiB. A smaller window that was lent does not grow beyond `len` by
    /// itself.
    ///
    /// No message, frame or head has to fit in the window: a short one costs more reads, and saves
    /// memory where there is little or where there are many connections.
    ///
    /// ```
    /// use websocket_proto::Incoming;
    ///
    /// let mut incoming = Incoming::with_window(1 << 10);
    /// assert_eq!(incoming.heap(), 0);
    /// assert_eq!(incoming.space().len(), 1 << 10);
    /// ```
    pub const fn with_window(len: usize) -> Self {
        Self { memory: ReceiveMemory::new(len), current: CurrentEvent::NOTHING, extra: None }
    }

    /// Where the transport reads to: the window, or the message itself while a payload arrives that
    /// does not fit in the window. A window is made if there is none, and one that is smaller than
    /// [the one that would be made](Self::with_window) grows to that length when it is full.
    ///
    /// The space is empty in two cases: the window is full of bytes that
    /// [`receive`](crate::Connection::receive) has yet to consume, so do not read before it has; or
    /// there is no memory, and `receive` then ends the connection with
    /// [`EndCause::OutOfMemory`](crate::EndCause::OutOfMemory).
    pub fn space(&mut self) -> &mut [u8] {
        self.memory.space(self.current.shown_range())
    }

    /// Says that the transport wrote `len` bytes to the front of [`space`](Self::space). A `len`
    /// above the length of the space counts as that length.
    pub fn commit(&mut self, len: usize) {
        self.memory.commit(len);
    }

    /// Copies `bytes` to the end of what is unread, growing the window as needed. This is for bytes
    /// that somebody else read, such as an HTTP library after the head of a request. If there is no
    /// memory for them, [`receive`](crate::Connection::receive) ends the connection with
    /// [`EndCause::OutOfMemory`](crate::EndCause::OutOfMemory), after what was received before.
    pub fn push(&mut self, bytes: &[u8]) {
        self.memory.push(bytes, self.current.shown_range());
    }

    /// Lends a window. All of its length is used, and its contents do not matter. What is unread
    /// moves to its front, and the window that it replaces is dropped. A window that is too short for
    /// what is unread grows; if there is no memory for that, it is dropped instead.
    pub fn lend_window(&mut self, window: Vec<u8>) {
        self.memory.lend(window, self.current.shown_range());
    }

    /// Takes the window back. What is unread in it, usually nothing, is kept in a copy; if there is
    /// no memory for that, the window stays here, and an empty one is returned.
    pub fn take_back_window(&mut self) -> Vec<u8> {
        self.memory.take_back(self.current.shown_range())
    }

    /// Takes the message out so that the transport can read to the end of it without a borrow from
    /// here, where [`space`](Self::space) would be in the message; `None` where it would be in the
    /// window. Ask each time before a read; afterwards give the message back with
    /// [`finish_direct_read`](Self::finish_direct_read), also if nothing was read.
    ///
    /// This is for transports that own the memory during a read, such as io_uring. They read into the
    /// window in the same way, with [`take_back_window`](Self::take_back_window),
    /// [`lend_window`](Self::lend_window) and [`commit`](Self::commit), while nothing is
    /// [unread](Self::unread).
    ///
    /// ```
    /// use std::{io, io::Read, thread};
    /// use websocket_proto::Incoming;
    ///
    /// /// Reads on another thread, which owns what it reads into.
    /// fn read(stream: impl Read + Send + 'static, incoming: &mut Incoming) -> io::Result<()> {
    ///     if let Some(read) = incoming.take_direct_read() {
    ///         let (read, len) = elsewhere(stream, read, |read| read.space())?;
    ///         incoming.finish_direct_read(read, len);
    ///     } else {
    ///         let window = incoming.take_back_window();
    ///         let (window, len) = elsewhere(stream, window, |window| window)?;
    ///         incoming.lend_window(window);
    ///         incoming.commit(len);
    ///     }
    ///     Ok(())
    /// }
    ///
    /// fn elsewhere<T: Send + 'static>(
    ///     mut stream: impl Read + Send + 'static,
    ///     mut memory: T,
    ///     space: fn(&mut T) -> &mut [u8],
    /// ) -> io::Result<(T, usize)> {
    ///     let reading = thread::spawn(move || {
    ///         let len = stream.read(space(&mut memory))?;
    ///         Ok((memory, len))
    ///     });
    ///     reading.join().expect("a read does not panic")
    /// }
    ///
    /// let mut incoming = Incoming::new();
    /// incoming.lend_window(vec![0; 1000]);
    /// read(&b"bytes"[..], &mut incoming)?;
    /// assert_eq!(incoming.unread(), b"bytes");
    /// # Ok::<(), io::Error>(())
    /// ```
    ///
    /// Meanwhile [`receive`](crate::Connection::receive) may be called, for deadlines say, and finds
    /// no more of the message. If bytes were received in another way since, it ends the connection with
    /// [`EndCause::ForeignMemory`](crate::EndCause::ForeignMemory): the message is taken for lost.
    pub fn take_direct_read(&mut self) -> Option<DirectRead> {
        self.memory.take_direct_read()
    }

    /// Gives back what [`take_direct_read`](Self::take_direct_read) took, and says that the transport
    /// wrote `len` bytes to the front of [`DirectRead::space`]. A `len` above the length of the space
    /// counts as that length.
    ///
    /// If the message was given up meanwhile, since the connection has ended, say, `read` is dropped.
    pub fn finish_direct_read(&mut self, read: DirectRead, len: usize) {
        self.memory.finish_direct_read(read, len);
    }

    /// What was received into the window and not yet consumed.
    pub fn unread(&self) -> &[u8] {
        self.memory.unread()
    }

    /// What had been received of an HTTP head when the stream ended inside it, at most
    /// [`Limits::head`](crate::Limits::head) bytes; or of a response with which a client failed, then
    /// with up to 256 bytes more, from the one that broke a rule on. Empty unless the event is
    /// [`Event::Ended`](crate::Event::Ended). It may show which other protocol the peer speaks.
    pub fn unfinished_head(&self) -> &[u8] {
        if self.current.kind == EventKind::Ended { self.memory.message() } else { &[] }
    }

    /// The response with which a client's handshake failed, if its head had arrived whole; `None`
    /// unless the event is [`Event::Ended`](crate::Event::Ended). Headers after a malformed line are
    /// not in it.
    pub fn bad_response(&self) -> Option<Response<'_>> {
        Response::of_whole_head(self.unfinished_head())
    }

    /// Whether nothing is held here: no unread byte, no event, no part of a message. If so, this
    /// may serve another connection.
    pub fn is_at_rest(&self) -> bool {
        let no_event = self.current.kind == EventKind::Nothing && self.extra.is_none();
        self.memory.is_empty() && no_event
    }

    /// The heap memory held for bytes received, in bytes.
    pub fn heap(&self) -> usize {
        self.memory.heap()
    }
}

impl Default for Incoming {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("window", &self.memory.window_len())
            .field("unread", &self.unread().len())
            .field("message", &self.memory.message_len())
            .field("event", &self.current.kind)
            .finish_non_exhaustive()
    }
}
