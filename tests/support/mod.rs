//! A language for dialogues with one connection, without sockets.
//!
//! A dialogue is played with its bytes arriving whole, one by one and in random pieces (seeded), in
//! both delivery modes, and must have the same outcome each time. What happens is written down in
//! words, one line for each event and for each frame or HTTP head sent:
//!
//! ```text
//! text "héllo" · binary 01 02 · ping "x" · pong "x" · pong "x" after 20ms · close 1000 "bye"
//! request /chat · open 101 · refused 401 "body" · failed BadLength · ended Clean
//! sends text "a" · sends close 1002 "" · sends pong "x" · sends fragment text "a" · sends 101
//! ```
#![allow(dead_code, unreachable_pub, unused_imports, reason = "every test file uses a part")]

mod collecting;
mod frames;
mod manual;
mod play;

use std::rc::Rc;
use std::time::Duration;

use websocket_proto::frame::OpCode;
use websocket_proto::handshake::{Acceptance, ClientRequest, DeflateParameters, Rejection};
use websocket_proto::{Config, Connection, EntropyError, Outgoing, SendError, Time};

pub use collecting::CollectingConnection;
pub use frames::{
    binary, close, compressed, continuation, fragments_and_messages, frame, hex, in_words, masked,
    mixed_text, ping, pong, quoted, spaced, text,
};
pub use manual::ManualConnection;

/// A scripted dialogue: built step by step, then played by [`expect`](Self::expect).
#[derive(Clone)]
pub struct Dialogue {
    start: Start,
    config: Config,
    agreed: Option<DeflateParameters>,
    steps: Vec<Step>,
    echo: bool,
    lend_contexts: bool,
    decision: Option<Decision>,
}

type Decision = Rc<dyn Fn() -> Result<Acceptance, Rejection>>;
type Command = Rc<dyn Fn(&mut Connection, Time, &mut Outgoing) -> Result<(), SendError>>;

#[derive(Clone)]
enum Start {
    EstablishedServer,
    EstablishedClient,
    Server,
    Client(ClientRequest),
}

#[derive(Clone)]
enum Step {
    Receive(Vec<u8>),
    Do(Command),
    Pass(Duration),
    Eof,
    TransportFails,
}

/// A server that is open, so its dialogue begins with frames.
pub fn server() -> Dialogue {
    Dialogue::new(Start::EstablishedServer)
}

/// A client that is open. Its masking keys are all zero, so that what it sends can be read.
pub fn client() -> Dialogue {
    Dialogue::new(Start::EstablishedClient)
}

/// A server that waits for the request. It accepts unless the dialogue
/// [`decide`](Dialogue::decide)s otherwise.
pub fn new_server() -> Dialogue {
    let mut dialogue = Dialogue::new(Start::Server);
    dialogue.decision = Some(Rc::new(|| Ok(Acceptance::new())));
    dialogue
}

/// A client that has sent `request`, with the key of RFC 6455 §1.3:
/// `dGhlIHNhbXBsZSBub25jZQ==`.
pub fn new_client(request: ClientRequest) -> Dialogue {
    Dialogue::new(Start::Client(request))
}

/// Encodes a frame as the peer sends it, from FIN, opcode and payload.
pub type Framer = fn(bool, OpCode, &[u8]) -> Vec<u8>;

/// A server and a client that are open, each with the function that encodes its peer's frames.
pub fn both() -> [(Dialogue, Framer); 2] {
    [
        (server(), |fin, opcode, payload| masked(fin, opcode, payload)),
        (client(), |fin, opcode, payload| frame(fin, opcode, payload)),
    ]
}

impl Dialogue {
    fn new(start: Start) -> Self {
        let config = Config::default();
        Self {
            start,
            config,
            agreed: None,
            steps: Vec::new(),
            echo: false,
            lend_contexts: false,
            decision: None,
        }
    }

    /// Changes the configuration.
    pub fn config(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// An established connection has agreed on compression with these parameters.
    pub fn agreed(mut self, parameters: DeflateParameters) -> Self {
        self.agreed = Some(parameters);
        self
    }

    /// Contexts of compression, which other connections have used before, are lent to the
    /// connection before some reads and taken back after some. The length of a read decides.
    pub fn lends_contexts(mut self) -> Self {
        self.lend_contexts = true;
        self
    }

    /// The application answers each message with the same message.
    pub fn echoes(mut self) -> Self {
        self.echo = true;
        self
    }

    /// The application of the server answers the request by this function.
    pub fn decide(mut self, decide: impl Fn() -> Result<Acceptance, Rejection> + 'static) -> Self {
        self.decision = Some(Rc::new(decide));
        self
    }

    /// The application of the server never answers the request.
    pub fn never_decides(mut self) -> Self {
        self.decision = None;
        self
    }

    /// These bytes arrive.
    pub fn receive(mut self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref().to_vec();
        match self.steps.last_mut() {
            Some(Step::Receive(before)) => before.extend(bytes),
            _ => self.steps.push(Step::Receive(bytes)),
        }
        self
    }

    /// The first bytes of the dialogue arrive with this change.
    pub fn mutated(mut self, change: impl FnOnce(&mut [u8])) -> Self {
        let bytes = self.steps.iter_mut().find_map(|step| match step {
            Step::Receive(bytes) => Some(bytes),
            Step::Do(_) | Step::Pass(_) | Step::Eof | Step::TransportFails => None,
        });
        if let Some(bytes) = bytes {
            change(bytes);
        }
        self
    }

    /// The application makes a call. An error of it is written down, for example as `refuses Full`.
    pub fn does(
        mut self,
        command: impl Fn(&mut Connection, Time, &mut Outgoing) -> Result<(), SendError> + 'static,
    ) -> Self {
        self.steps.push(Step::Do(Rc::new(command)));
        self
    }

    /// Time passes. Deadlines on the way are handled at exactly their time.
    pub fn passes(mut self, time: Duration) -> Self {
        self.steps.push(Step::Pass(time));
        self
    }

    /// The peer ends the stream.
    pub fn eof(mut self) -> Self {
        self.steps.push(Step::Eof);
        self
    }

    /// The transport fails.
    pub fn transport_fails(mut self) -> Self {
        self.steps.push(Step::TransportFails);
        self
    }

    /// Plays the dialogue in all ways, and compares what happened with `expected`.
    #[track_caller]
    pub fn expect<const N: usize>(self, expected: [&str; N]) {
        let played = self.play_all_ways();
        assert_eq!(played, expected, "\nleft: what happened, right: what was expected");
    }

    /// Plays the dialogue in all ways, which must agree; returns what happened.
    #[track_caller]
    pub fn play_all_ways(&self) -> Vec<String> {
        let whole = self.play(&play::Cuts::Whole);
        self.expect_same(&whole, &play::Cuts::Bytes, "byte by byte");
        for seed in 0..16 {
            self.expect_same(&whole, &play::Cuts::Random(seed), &format!("cut with seed {seed}"));
        }
        let mut streaming = self.clone();
        streaming.config.delivery = websocket_proto::Delivery::Streaming;
        streaming.expect_same(&whole, &play::Cuts::Whole, "streaming");
        streaming.expect_same(&whole, &play::Cuts::Bytes, "streaming byte by byte");
        for seed in 0..8 {
            let manner = format!("streaming, cut with seed {seed}");
            streaming.expect_same(&whole, &play::Cuts::Random(seed), &manner);
        }
        whole
    }

    #[track_caller]
    fn expect_same(&self, whole: &[String], cuts: &play::Cuts, manner: &str) {
        assert_eq!(self.play(cuts), whole, "\nleft: played {manner}, right: played whole");
    }
}

/// The number of cases for a property: `usual`, unless `PROPTEST_CASES` is set.
pub fn cases(usual: u32) -> u32 {
    std::env::var("PROPTEST_CASES").map_or(usual, |cases| cases.parse().expect("a number"))
}

/// Entropy for tests: masking keys are zero, and the nonce of the handshake is that of RFC 6455
/// §1.3.
pub fn plain_entropy(bytes: &mut [u8]) -> Result<(), EntropyError> {
    match <&mut [u8; 16]>::try_from(&mut *bytes) {
        Ok(nonce) => *nonce = *b"the sample nonce",
        Err(_) => bytes.fill(0),
    }
    Ok(())
}

/// A duration in seconds.
pub const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}
