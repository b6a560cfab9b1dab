//! What a frame is for (§5.2, §11.8).

/// The opcode of a frame, which says what the frame is for. The other ten values are reserved, and
/// refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "§5.2 closes the space")]
pub enum OpCode {
    /// A further fragment of a message.
    Continuation = 0,
    /// A text message, or the first fragment of one.
    Text = 1,
    /// A binary message, or the first fragment of one.
    Binary = 2,
    /// The start of the closing exchange, or the answer that ends it.
    Close = 8,
    /// A request for a sign of life.
    Ping = 9,
    /// The answer to a ping, or an unsolicited sign of life.
    Pong = 10,
}

/// The opcodes by number. This is a table, as the processor would often mispredict a branch on the
/// opcode of every frame.
const BY_CODE: [Option<OpCode>; 16] = {
    let mut table = [None; 16];
    table[0] = Some(OpCode::Continuation);
    table[1] = Some(OpCode::Text);
    table[2] = Some(OpCode::Binary);
    table[8] = Some(OpCode::Close);
    table[9] = Some(OpCode::Ping);
    table[10] = Some(OpCode::Pong);
    table
};

impl OpCode {
    /// The opcode in the low four bits of a frame's first byte; `None` if it is reserved.
    #[inline]
    pub const fn from_first_byte(byte: u8) -> Option<Self> {
        BY_CODE[(byte & 0x0F) as usize]
    }

    /// Whether the frame is a control frame: it is short, never fragmented, and allowed between the
    /// fragments of a message (§5.5).
    #[inline]
    pub const fn is_control(self) -> bool {
        self as u8 >= 8
    }
}
