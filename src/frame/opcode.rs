//! What a frame is for (§5.2, §11.8).

/// The opcode of a frame. The other ten values are reserved, and refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "§5.2 closes the space")]
pub enum OpCode {
    /// A further fragment of a message.
    Continuation = 0,
    /// A text message, or the first fragment of one.
    Text = 1,
    /// A binary message, or the first fragment of one.
    Binary = 2,
    /// The start or the end of the closing handshake.
    Close = 8,
    /// A question for a sign of life.
    Ping = 9,
    /// The answer to a ping, or an unasked sign of life.
    Pong = 10,
}

impl OpCode {
    /// The opcode in the low four bits of a frame's first byte; none if it is reserved.
    #[inline]
    pub const fn from_first_byte(byte: u8) -> Option<Self> {
        match byte & 0x0F {
            0 => Some(Self::Continuation),
            1 => Some(Self::Text),
            2 => Some(Self::Binary),
            8 => Some(Self::Close),
            9 => Some(Self::Ping),
            10 => Some(Self::Pong),
            _ => None,
        }
    }

    /// Whether the frame is a control frame: short, never fragmented, welcome between the
    /// fragments of a message (§5.5).
    #[inline]
    pub const fn is_control(self) -> bool {
        self as u8 >= 8
    }
}
