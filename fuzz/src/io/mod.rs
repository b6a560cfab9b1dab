//! The adapters over a stream in memory that does what a script says: it moves few bytes, has to wait,
//! fails, or ends. At its other end is a peer without faults, with or without TLS. What arrives has to
//! be what was sent, nobody may wait for ever, and futures may be dropped at any await.

mod blocking;
mod peer;
mod record;
mod script;
mod smol;
mod stream;
mod task;
mod tls;
mod tokio;

use arbitrary::Arbitrary;
use websocket_proto::Config;

use script::{Action, Script};

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    setup: Setup,
    /// How many of the bytes are actions; the others say what the operations of the stream do.
    actions: u8,
    bytes: &'b [u8],
}

/// Which adapter is used, and how it is configured.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct Setup {
    adapter: u8,
    flags: u8,
}

impl Input<'_> {
    /// The fuzzer's bytes for each adapter and some ordinary dialogues.
    pub fn seeds() -> impl Iterator<Item = Vec<u8>> {
        let scripts: [&[u8]; 4] =
            [&[], &[10, 200, 90, 150, 130], &[150; 30], &[0, 0, 90, 230, 246]];
        (0..32_u8).flat_map(move |choice| {
            scripts.map(|script| {
                // One in eight has messages that are longer than a window.
                let long = if choice % 8 == 0 { 255 } else { 220 };
                let sends = [[0, 10], [3, 40], [12, 20], [7, 0], [4, long], [8, 0], [12, long]];
                let rest = [[7, 0], [6, 0], [11, 3], [9, 0], [13, 0], [7, 0]];
                let actions = [&sends[..], &rest[..]].concat().concat();
                let setup = [choice, choice >> 2 | choice << 3, actions.len() as u8];
                [&setup[..], &actions, script].concat()
            })
        })
    }

    pub fn check(self) {
        let (actions, script) =
            self.bytes.split_at(self.bytes.len().min(usize::from(self.actions)));
        let actions: Vec<Action> = Action::all(actions).collect();
        let script = Script::new(script);
        match self.setup.adapter % 4 {
            0 => blocking::play(self.setup, &actions, script),
            1 => tokio::play(self.setup, &actions, script),
            2 => smol::play(self.setup, &actions, script),
            _ => tokio::play_over_tls(self.setup, &actions, script),
        }
    }
}

impl Setup {
    /// The configuration of the adapter.
    fn adapter_config(self) -> Config {
        let mut config = peer::config(self);
        if self.has_small_output() {
            config.limits.output = 10;
        }
        config
    }

    const fn is_server(self) -> bool {
        self.flags & 1 == 1
    }

    const fn deflates(self) -> bool {
        self.flags & 2 == 2
    }

    /// Whether the limit of unwritten output is so low that sending often waits for room.
    const fn has_small_output(self) -> bool {
        self.flags & 4 == 4
    }

    /// Whether the application closes in the end. Otherwise it only drops the socket.
    const fn closes(self) -> bool {
        self.flags & 8 == 0
    }
}
