//! The bound on memory: the function in SECURITY.md, and its table.

use websocket_proto::{Config, Delivery, Incoming};

/// What the bound depends on, besides the configuration.
#[derive(Clone, Copy)]
pub(crate) struct Use {
    /// The length of the lent window, or [`Incoming::DEFAULT_WINDOW`], plus the bytes that are
    /// pushed.
    pub(crate) window: usize,
    /// The length of the longest message, request or answer that this side sends or tries to send.
    pub(crate) sent: usize,
    /// Whether compression was agreed on.
    pub(crate) compressed: bool,
    /// Whether the writer takes bytes of its own.
    pub(crate) takes: bool,
}

impl Default for Use {
    fn default() -> Self {
        Self { window: Incoming::DEFAULT_WINDOW, sent: 0, compressed: false, takes: false }
    }
}

/// The factor for memory that doubles when it grows: twice its content, and the memory it moves
/// from.
const GROWN: usize = 3;
/// The factor for memory that grows up to a limit: the limit, and the memory it moves from.
const MOVED: usize = 2;

/// The most bytes that a connection holds at any time, whatever its peer does.
pub(crate) fn bound(config: &Config, used: Use) -> usize {
    let compression = if used.compressed { inflate() + deflate(config) } else { 0 };
    let received = message(config, used.compressed).max(head(config));
    let in_flight = if used.takes { in_flight(config, used.sent) } else { 0 };
    // Where addresses have 32 bits, the longest message alone may fill them.
    [used.window, output(config, used.sent), in_flight, compression, REST]
        .into_iter()
        .fold(received, usize::saturating_add)
}

/// The message that is being assembled, or the longest chunk of streaming delivery.
pub(crate) fn message(config: &Config, compressed: bool) -> usize {
    let message = usize::try_from(config.limits.message).unwrap_or(usize::MAX);
    match config.delivery {
        Delivery::Streaming if !compressed => 0,
        Delivery::Streaming => MOVED.saturating_mul(message).min(2 * CHUNK),
        _ => MOVED.saturating_mul(message),
    }
}

const CHUNK: usize = 256 << 10;

/// A request with the names of its subprotocols, or a response with the body of a refusal.
pub(crate) fn head(config: &Config) -> usize {
    let (head, body) = (config.limits.head as usize, config.limits.refusal_body as usize);
    (4 * head + (8 << 10)).max(GROWN * (head + body) + (2 << 10))
}

/// The output: the queue, whose front may have left already, and the message that is being encoded.
pub(crate) fn output(config: &Config, sent: usize) -> usize {
    GROWN * (2 * config.limits.output + (80 << 10) + sent)
}

/// The memory that was taken first, most of which may be written, and that of a piece before it, which
/// is kept.
pub(crate) fn in_flight(config: &Config, sent: usize) -> usize {
    2 * (config.limits.output + (34 << 10) + sent)
}

/// The context that inflates and its history, for any window.
pub(crate) fn inflate() -> usize {
    (48 << 10) + (32 << 10) * 3 / 2
}

/// The context that deflates, with a window of 15 bits.
pub(crate) fn deflate(config: &Config) -> usize {
    let level = config.deflate.unwrap_or_default().memory_level.clamp(1, 9);
    (128 << 10) + (4 << 15) + (7 << (level + 6)) + (4 << 10)
}

/// Everything else: the configuration, the state of a handshake, a cut control frame, pongs, the
/// ending.
pub(crate) const REST: usize = 4 << 10;

/// The table has the values of this function for the default configuration.
#[test]
fn table_of_the_page() {
    let config = Config::default();
    let mut streaming = config;
    streaming.delivery = Delivery::Streaming;
    let rows = [
        ("window", Incoming::DEFAULT_WINDOW),
        ("message", message(&config, false)),
        ("chunk", message(&streaming, true)),
        ("head", head(&config)),
        ("output", output(&config, 0)),
        ("in flight", in_flight(&config, 0)),
        ("inflating", inflate()),
        ("deflating", deflate(&config)),
        ("rest", REST),
    ];
    let page = include_str!("../../SECURITY.md");
    for (name, bytes) in rows {
        let row = page.lines().find(|line| line.starts_with(&format!("| {name}")));
        let row = row.unwrap_or_else(|| panic!("no row: {name}"));
        let told = row.rsplit(" | ").next().unwrap().replace(',', "");
        let told = told.split([' ', ',']).next().unwrap();
        assert_eq!(told, bytes.to_string(), "{name}");
    }
}
