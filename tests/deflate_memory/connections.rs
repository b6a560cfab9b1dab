//! The memory of a connection in each of its states, compared with `src/deflate/compression.md`.

use websocket_proto::handshake::{DeflateParameters, WindowBits};
use websocket_proto::{Config, Deflate, DeflateContexts, Role, Time};

use crate::counting::bytes;
use crate::support::{CollectingConnection, plain_entropy, secs};

const PAGE: &str = include_str!("../../src/deflate/compression.md");

/// How many bytes the numbers may differ between platforms and compilers. They were counted with
/// pointers of 64 bits; with those of 32 bits, four contexts take 1,000 bytes less.
const TOLERANCE: isize = if cfg!(target_pointer_width = "64") { 512 } else { 512 + 1000 };

/// The bytes of the context that inflates.
const INFLATING: isize = 47_680;

/// A connection whose memory is counted from its beginning.
struct Counted {
    bare: CollectingConnection,
    before: isize,
}

impl Counted {
    fn new(role: Role, bits: u8, takeover: bool, deflate: Deflate) -> Self {
        let before = bytes();
        let mut agreed = DeflateParameters::default();
        agreed.server_no_context_takeover = !takeover;
        agreed.client_no_context_takeover = !takeover;
        agreed.server_max_window_bits = WindowBits::new(bits).unwrap();
        agreed.client_max_window_bits = WindowBits::new(bits).unwrap();
        let mut config = Config::default();
        config.deflate = Some(deflate);
        let mut bare = CollectingConnection::with_compression(role, Some(agreed), config);
        bare.connection.set_compression(true);
        Self { bare, before }
    }

    /// Checks the memory, without the buffers and the messages that the test keeps.
    #[track_caller]
    fn expect(&mut self, expected: isize, state: &str) {
        self.bare.messages = Vec::new();
        self.bare.outgoing.shrink();
        let buffers = self.bare.incoming.heap() + self.bare.outgoing.heap();
        let held = bytes() - self.before - buffers as isize - config_and_agreement();
        assert!((held - expected).abs() <= TOLERANCE, "{state}: {held}, not {expected}");
    }

    fn send(&mut self, text: &str) -> Vec<u8> {
        self.bare.connection.send_text(text, &mut self.bare.outgoing).unwrap();
        self.bare.take_all_output()
    }

    fn silence(&mut self) {
        self.bare.connection.handle_timeout(Time::new(secs(31)), &mut self.bare.outgoing);
        self.bare.take_all_output();
    }

    fn take_back(&mut self) -> DeflateContexts {
        let mut contexts = DeflateContexts::new();
        self.bare.connection.take_back_contexts(&mut contexts);
        contexts
    }
}

/// The memory of a connection that compresses nothing: the configuration, and "some 200 bytes".
fn config_and_agreement() -> isize {
    size_of::<Config>() as isize + 16 + 200
}

fn deflate(memory_level: u8) -> Deflate {
    let mut deflate = Deflate::default();
    deflate.memory_level = memory_level;
    deflate
}

/// The rows of the page's table: a window, with a number for each memory level of the table's head.
fn table() -> Vec<(u8, Vec<(u8, isize)>)> {
    let mut rows = PAGE.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let first = |cell: &str| cell.replace("memory level ", "").split(' ').next().unwrap().into();
    let levels: Vec<String> = rows.next().unwrap().split(" | ").map(first).collect();
    let number = |cell: &str| cell.replace(',', "").parse::<isize>().unwrap();
    let row = |line: &str| {
        let cells: Vec<isize> = line.split(" | ").map(number).collect();
        let levels = levels[1..].iter().map(|level| level.parse().unwrap());
        (cells[0] as u8, levels.zip(cells[1..].iter().copied()).collect())
    };
    rows.map(row).collect()
}

fn text(len: usize) -> String {
    let records = (0..).map(|at: u32| format!("{at}: {:x}, ", at.wrapping_mul(2_654_435_761)));
    let mut text: String = records.take(len / 5).collect();
    text.truncate(len);
    text
}

#[test]
fn table_of_the_page() {
    assert!(PAGE.contains("context of 47,680 bytes") && PAGE.contains("some 200 bytes"));
    let table = table();
    assert!(table.iter().map(|(window, _)| *window).eq(9..=15));
    for (window, row) in table {
        assert!(row.iter().map(|(level, _)| *level).eq([1, 3, 5, 7, 8, 9]));
        for (level, expected) in row {
            for role in [Role::Server, Role::Client(&plain_entropy)] {
                sending(role, window, level, expected);
            }
        }
    }
}

fn sending(role: Role, window: u8, level: u8, expected: isize) {
    for takeover in [true, false] {
        let state = format!("window {window}, level {level}, takeover {takeover}");
        let mut it = Counted::new(role, window, takeover, deflate(level));
        it.expect(0, &state);
        it.send("short");
        it.expect(0, &state);
        it.send(&text(10_000));
        it.expect(expected, &state);
        drop(it.take_back());
        it.expect(if takeover { expected } else { 0 }, &state);
        it.send(&text(10_000));
        it.expect(expected, &state);
        it.silence();
        it.expect(0, &state);
    }
}

#[test]
fn receiving() {
    for role in [Role::Server, Role::Client(&plain_entropy)] {
        for window in 8..=15 {
            for takeover in [true, false] {
                let peer = match role {
                    Role::Server => Role::Client(&plain_entropy),
                    Role::Client(_) => Role::Server,
                };
                let mut peer = Counted::new(peer, window, takeover, deflate(5));
                let messages = [200, 50_000].map(|len| peer.send(&text(len)));
                receiving_with(role, window, takeover, &messages);
            }
        }
    }
}

fn receiving_with(role: Role, window: u8, takeover: bool, messages: &[Vec<u8>; 2]) {
    let state = format!("window {window}, takeover {takeover}");
    let kept = |received: usize| {
        if takeover { received.next_power_of_two().min(1 << window) as isize } else { 0 }
    };
    let mut it = Counted::new(role, window, takeover, deflate(5));
    let (half, rest) = messages[0].split_at(messages[0].len() / 2);
    it.bare.receive(half).unwrap();
    drop(it.take_back());
    it.expect(INFLATING, &format!("{state}, in the first message"));
    it.bare.receive(rest).unwrap();
    drop(it.take_back());
    it.expect(kept(200), &format!("{state}, after the first message"));
    it.bare.receive(&messages[1]).unwrap();
    // Without takeover the memory of the history is kept until the context is given back.
    it.expect(INFLATING + (1 << window), &format!("{state}, after the second message"));
    drop(it.take_back());
    it.expect(kept(50_000), &format!("{state}, when it is idle"));
    it.bare.receive(&messages[0][..3]).unwrap();
    it.silence();
    let mut again = Counted::new(role, window, takeover, deflate(5));
    again.bare.receive(&messages[0]).unwrap();
    again.bare.receive(&messages[1]).unwrap();
    again.silence();
    again.expect(kept(50_000), &format!("{state}, after a silence"));
}

/// Contexts that are kept are not given back, neither to other connections nor after a silence.
#[test]
fn contexts_that_are_kept() {
    let mut deflate = deflate(5);
    deflate.keep_contexts = true;
    for takeover in [true, false] {
        let mut client = Counted::new(Role::Client(&plain_entropy), 15, takeover, deflate);
        let message = client.send(&text(50_000));
        drop(client);
        let mut it = Counted::new(Role::Server, 15, takeover, deflate);
        it.bare.receive(&message).unwrap();
        it.send(&text(50_000));
        let expected = 279_808 + INFLATING + 32_768;
        it.expect(expected, "active");
        drop(it.take_back());
        it.silence();
        it.expect(expected, "idle");
    }
}

/// A connection that was lent contexts makes none.
#[test]
fn lent_contexts() {
    let message = Counted::new(Role::Server, 15, false, deflate(5)).send(&text(500));
    let client = || Counted::new(Role::Client(&plain_entropy), 15, false, deflate(5));
    let mut first = client();
    first.bare.receive(&message).unwrap();
    first.send(&text(500));
    let mut contexts = first.take_back();
    let mut second = client();
    second.bare.connection.lend_contexts(&mut contexts);
    second.bare.receive(&message).unwrap();
    second.send(&text(500));
    second.expect(0, "with those of another connection");
}

/// A pool is bounded, whichever connections leave contexts in it.
#[test]
fn pool() {
    let before = bytes();
    let mut contexts = DeflateContexts::new();
    let message = Counted::new(Role::Server, 15, false, deflate(5)).send(&text(500));
    for bits in (9..=15).cycle().take(30) {
        let mut it = Counted::new(Role::Client(&plain_entropy), bits, false, deflate(5));
        it.bare.connection.lend_contexts(&mut contexts);
        it.bare.receive(&message).unwrap();
        it.send(&text(500));
        it.bare.connection.take_back_contexts(&mut contexts);
    }
    drop(message);
    assert!(bytes() - before <= 4 * (279_808 + INFLATING) + 1000, "{}", bytes() - before);
    drop(contexts);
    assert_eq!(bytes(), before);
}

/// A pool keeps four contexts for each direction.
#[test]
fn pool_of_many_that_were_lent_none() {
    let message = Counted::new(Role::Server, 15, false, deflate(5)).send(&text(500));
    let before = bytes();
    let mut contexts = DeflateContexts::new();
    for _ in 0..6 {
        let mut it = Counted::new(Role::Client(&plain_entropy), 15, false, deflate(5));
        it.bare.receive(&message).unwrap();
        it.bare.connection.take_back_contexts(&mut contexts);
    }
    let held = bytes() - before;
    assert!((held - 4 * INFLATING).abs() <= TOLERANCE, "{held}");
}
