//! Whatever is sent and happens, a writer with bytes of its own writes what a plain one does.

use std::collections::VecDeque;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use websocket_proto::frame::OpCode;
use websocket_proto::{Config, Message, MessageKind, Prepared};

use crate::support::{ManualConnection, cases, frame, masked};

/// What is done with a connection, or happens to it.
#[derive(Clone, Debug)]
enum Step {
    Text(usize),
    Prepared(usize),
    Message(usize),
    Fragment(usize),
    LastFragment(usize),
    Ping(usize),
    PingArrives(usize),
    PeerCloses,
    PeerFails,
    Close,
    Abort,
    Take,
    Write(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let len = || prop_oneof![4 => 0..20_usize, 2 => 0..2_000_usize, 1 => 0..70_000_usize];
    prop_oneof![
        6 => len().prop_map(Step::Text),
        4 => len().prop_map(Step::Prepared),
        2 => len().prop_map(|len| Step::Message(20 * len)),
        2 => len().prop_map(Step::Fragment),
        1 => len().prop_map(Step::LastFragment),
        2 => (0..125_usize).prop_map(Step::Ping),
        6 => (0..125_usize).prop_map(Step::PingArrives),
        1 => prop_oneof![
            Just(Step::PeerCloses), Just(Step::PeerFails), Just(Step::Close), Just(Step::Abort),
        ],
        8 => Just(Step::Take),
        12 => len().prop_map(Step::Write),
    ]
}

/// A connection whose writer has bytes of its own, and one to which the same happens and whose writer
/// knows only `pending` and `advance`. What the first one takes, the second one writes at once.
struct Pair {
    taking: ManualConnection,
    in_flight: VecDeque<Bytes>,
    taking_wrote: Vec<u8>,
    plain: ManualConnection,
    plain_wrote: Vec<u8>,
    is_aborted: bool,
}

impl Pair {
    fn new(new: fn(Config) -> ManualConnection) -> Self {
        let mut config = Config::default();
        config.limits.output = usize::MAX;
        Self {
            taking: new(config),
            in_flight: VecDeque::new(),
            taking_wrote: Vec::new(),
            plain: new(config),
            plain_wrote: Vec::new(),
            is_aborted: false,
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Take => self.take(),
            Step::Write(len) => self.write(len),
            _ => {
                let mut same = [act(&mut self.taking, step), act(&mut self.plain, step)];
                if self.is_aborted {
                    // A Close frame that is in flight has not left, and the plain one's has.
                    same = same.map(|words| words.replace("ended Clean", "ended Aborted"));
                }
                assert_eq!(same[0], same[1]);
                self.is_aborted |= matches!(step, Step::Abort);
            }
        }
    }

    fn take(&mut self) {
        let (waits, in_flight) = (self.taking.outgoing.len(), self.taking.outgoing.in_flight());
        let pieces = self.taking.outgoing.take_in_flight();
        assert!(pieces.iter().all(|piece| !piece.is_empty()));
        if !pieces.is_empty() {
            let taken: usize = pieces.iter().map(Bytes::len).sum();
            assert_eq!(taken, waits - in_flight);
            assert_eq!(self.taking.outgoing.in_flight(), waits);
            self.plain_wrote.extend(self.plain.take_all_output());
            self.in_flight.extend(pieces);
        }
        assert_eq!(self.taking.outgoing.len(), waits);
    }

    /// Writes `len` bytes: of what is in flight, or, if nothing is, of what both have waiting.
    fn write(&mut self, len: usize) {
        if self.taking.outgoing.in_flight() == 0 {
            self.taking_wrote.extend(self.taking.take_output(len));
            self.plain_wrote.extend(self.plain.take_output(len));
            return;
        }
        let mut left = len;
        while let Some(piece) = self.in_flight.front_mut().filter(|_| left > 0) {
            let written = piece.split_to(left.min(piece.len()));
            left -= written.len();
            self.taking_wrote.extend(&written);
            if piece.is_empty() {
                self.in_flight.pop_front();
            }
        }
        let before = self.taking.outgoing.len();
        self.taking.outgoing.advance(len - left);
        assert_eq!(self.taking.outgoing.len(), before - (len - left));
    }

    fn finish(mut self) {
        let aborted_in_flight = self.is_aborted && !self.in_flight.is_empty();
        while !aborted_in_flight && !self.taking.outgoing.is_empty() {
            self.take();
            self.write(usize::MAX);
        }
        self.plain_wrote.extend(self.plain.take_all_output());
        if aborted_in_flight {
            assert!(self.plain_wrote.starts_with(&self.taking_wrote));
        } else {
            assert!(self.taking_wrote == self.plain_wrote);
            assert_eq!(self.taking.outgoing.written(), self.plain.outgoing.written());
        }
        let totals = [&self.taking, &self.plain].map(|it| it.connection.totals());
        assert_eq!(totals[0], totals[1]);
        if !self.is_aborted {
            assert_eq!(self.taking_wrote.len() as u64, totals[0].sent.wire_bytes);
            self.taking.words(&self.taking_wrote);
        }
    }
}

/// Does one step, and returns what came of it.
fn act(raw: &mut ManualConnection, step: &Step) -> String {
    let ManualConnection { connection, outgoing, now, .. } = &mut *raw;
    let sent = match *step {
        Step::Text(len) => connection.send_text(&"t".repeat(len), outgoing),
        Step::Prepared(len) => connection.send_prepared(&Prepared::binary(&vec![8; len]), outgoing),
        Step::Message(len) => {
            connection.send_message(*now, &Message::binary(vec![6; len]), outgoing)
        }
        Step::Fragment(len) => {
            let _ = connection.start_message(MessageKind::Binary);
            connection.send_fragment(&vec![9; len], outgoing)
        }
        Step::LastFragment(len) => connection.send_last_fragment(&vec![9; len], outgoing),
        Step::Ping(len) => connection.send_ping(&vec![7; len], outgoing),
        Step::Close => connection.start_close(*now, 1000.into(), "bye", outgoing),
        Step::Abort => {
            connection.abort(outgoing);
            Ok(())
        }
        Step::PingArrives(len) => return arrives(raw, OpCode::Ping, &vec![b'p'; len]),
        Step::PeerCloses => return arrives(raw, OpCode::Close, &[3, 232]),
        Step::PeerFails => return raw.receive([0xFF; 2]).concat(),
        Step::Take | Step::Write(_) => unreachable!("not the same for both"),
    };
    format!("{sent:?}")
}

fn arrives(raw: &mut ManualConnection, opcode: OpCode, payload: &[u8]) -> String {
    let make = if raw.connection.is_client() { frame } else { masked };
    let bytes: Vec<u8> = make(true, opcode, payload);
    raw.receive(bytes).concat()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(600),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_bytes_are_those_of_a_plain_writer(
        client in any::<bool>(),
        steps in vec(step(), 0..80),
    ) {
        let new = if client { ManualConnection::client } else { ManualConnection::server };
        let mut pair = Pair::new(new);
        steps.iter().for_each(|step| pair.step(step));
        pair.finish();
    }
}
