//! How much a connection has sent and received.

/// How much a connection has sent and received so far; see
/// [`Connection::totals`](crate::Connection::totals).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Totals {
    /// What this side has sent: what was queued in [`Outgoing`](crate::Outgoing). What still waits
    /// there is counted, and so is output that was dropped because the connection failed or was
    /// aborted.
    pub sent: Traffic,
    /// What this side has received.
    pub received: Traffic,
}

/// What went one way.
///
/// When everything has arrived, one side's [`sent`](Totals::sent) is the other side's
/// [`received`](Totals::received).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Traffic {
    /// Complete messages. Pings, pongs and Close frames are none.
    pub messages: u64,
    /// Frames: those of messages, and pings, pongs and Close frames. A received frame counts when
    /// it is complete, and a fragment from its header on.
    pub frames: u64,
    /// The payloads of all frames in bytes, as the application sees them: before compression, and
    /// after decompression. Those of a Close frame are its code, two bytes, and its reason. What
    /// was received counts when it is delivered, and a message that is never completed at the end;
    /// one that breaks a rule does not count.
    pub payload_bytes: u64,
    /// All bytes of the connection, those of the opening handshake included: frames as they are
    /// sent, with their headers and compressed. What TLS adds is not included, and neither is a
    /// handshake that somebody else did.
    ///
    /// Received bytes count when [`receive`](crate::Connection::receive) asks for more, or delivers
    /// the end.
    pub wire_bytes: u64,
}

/// The counters of one direction, without the bytes on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Whole messages since the last call of [`settle`](Self::settle): how many there were in the
    /// upper half, and their payloads in the lower one. So the shortest way of a message through a
    /// connection has one addition for both. A window is never as long as to exceed a half.
    whole: u64,
    messages: u64,
    /// Frames that do not complete a message.
    other_frames: u64,
    payload_bytes: u64,
}

impl Tally {
    pub(super) const fn new() -> Self {
        Self { whole: 0, messages: 0, other_frames: 0, payload_bytes: 0 }
    }

    /// Counts a message in one frame that was whole in the window. Between two calls of
    /// [`settle`](Self::settle), only messages of one window may be counted so.
    #[inline(always)]
    pub(super) const fn note_whole(&mut self, payload: usize) {
        self.whole = self.whole.wrapping_add(1 << 32 | payload as u64);
    }

    /// Adds the messages of the last window to the others.
    #[inline]
    pub(super) const fn settle(&mut self) {
        self.messages += self.whole >> 32;
        self.payload_bytes += self.whole & u32::MAX as u64;
        self.whole = 0;
    }

    /// Counts a message in one frame, or the last frame of a message.
    #[inline(always)]
    pub(super) const fn note_message(&mut self, payload: usize) {
        self.messages += 1;
        self.payload_bytes += payload as u64;
    }

    /// Counts a frame that does not complete a message.
    #[inline]
    pub(super) const fn note_other_frame(&mut self, payload: usize) {
        self.other_frames += 1;
        self.payload_bytes += payload as u64;
    }

    /// Counts a part of a message, whose frames are counted apart.
    #[inline]
    pub(super) const fn note_part(&mut self, payload: usize) {
        self.payload_bytes += payload as u64;
    }

    /// Becomes the other tally, if that one has counted more of the same frames.
    #[cfg(feature = "std")]
    pub(super) fn catch_up(&mut self, mut other: Self) {
        self.settle();
        other.settle();
        self.messages = self.messages.max(other.messages);
        self.other_frames = self.other_frames.max(other.other_frames);
        self.payload_bytes = self.payload_bytes.max(other.payload_bytes);
    }

    pub(super) const fn traffic(mut self, wire_bytes: u64) -> Traffic {
        self.settle();
        let Self { messages, other_frames, payload_bytes, whole: _ } = self;
        Traffic { messages, frames: messages + other_frames, payload_bytes, wire_bytes }
    }
}

/// The counters of what this side has sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct SentTally {
    /// The last short messages, so that each costs one addition: the bytes of their payloads, those of
    /// their headers, and how many they are, counted from [`NONE_SHORT`](Self::NONE_SHORT). That is
    /// negative once there are as many as are counted so.
    short: i64,
    tally: Tally,
    wire_bytes: u64,
}

impl SentTally {
    /// The longest payload of a short message, in bytes.
    const SHORT: usize = u16::MAX as usize;
    /// The payloads of 8,192 short messages fit into 30 bits, and the headers, of at most 8 bytes, into
    /// 18.
    const NONE_SHORT: i64 = ((1 << 15) - (1 << 13)) << Self::COUNT_AT;
    const COUNT_AT: u32 = 48;
    const HEADERS_AT: u32 = 30;

    pub(super) const fn new() -> Self {
        Self { short: Self::NONE_SHORT, tally: Tally::new(), wire_bytes: 0 }
    }

    /// Counts a message in one frame of `len` bytes.
    #[inline(always)]
    pub(super) const fn note_whole(&mut self, payload: usize, len: usize) {
        if payload > Self::SHORT {
            return self.note_message(payload, len);
        }
        let header = (len - payload) as i64;
        let parts = 1 << Self::COUNT_AT | header << Self::HEADERS_AT | payload as i64;
        self.short = self.short.wrapping_add(parts);
        if self.short < 0 {
            self.settle();
        }
    }

    /// Counts a message in one frame of `len` bytes, or the last frame of a message.
    #[inline(never)]
    pub(super) const fn note_message(&mut self, payload: usize, len: usize) {
        self.tally.note_message(payload);
        self.wire_bytes += len as u64;
    }

    /// Counts a frame of `len` bytes that does not complete a message.
    pub(super) const fn note_other_frame(&mut self, payload: usize, len: usize) {
        self.tally.note_other_frame(payload);
        self.wire_bytes += len as u64;
    }

    /// Counts an HTTP head of `len` bytes.
    pub(super) const fn note_head(&mut self, len: usize) {
        self.wire_bytes += len as u64;
    }

    /// Counts other bytes than were counted for a payload.
    pub(super) const fn replace_payload(&mut self, replaced: usize, payload: usize) {
        let others = self.tally.payload_bytes.saturating_sub(replaced as u64);
        self.tally.payload_bytes = others + payload as u64;
    }

    /// Counts a frame of `len` bytes that takes the place of one of `replaced` bytes, which is not
    /// sent.
    pub(super) const fn replace_frame(&mut self, replaced: usize, len: usize) {
        self.wire_bytes = self.wire_bytes.saturating_sub(replaced as u64) + len as u64;
    }

    /// Adds the short messages to the others.
    #[inline(never)]
    const fn settle(&mut self) {
        // The difference is positive, also of a sum that is negative.
        let short = self.short.wrapping_sub(Self::NONE_SHORT) as u64;
        let (messages, lengths) = (short >> Self::COUNT_AT, short & ((1 << Self::COUNT_AT) - 1));
        let payload_bytes = lengths & ((1 << Self::HEADERS_AT) - 1);
        self.tally.messages += messages;
        self.tally.payload_bytes += payload_bytes;
        self.wire_bytes += payload_bytes + (lengths >> Self::HEADERS_AT);
        self.short = Self::NONE_SHORT;
    }

    pub(super) const fn traffic(mut self) -> Traffic {
        self.settle();
        self.tally.traffic(self.wire_bytes)
    }
}

#[cfg(test)]
mod tests;
