//! What happens does not depend on how the input is cut, nor on the mode of delivery.

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use support::{Dialogue, Framer, both, cases, new_client, new_server};
use websocket_proto::frame::OpCode;
use websocket_proto::handshake::ClientRequest;

/// A valid request, with the key of RFC 6455 §1.3.
const REQUEST: &str = "GET /c HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// The response to [`REQUEST`].
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
     Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// Something that the peer sends, before it is encoded as frames.
#[derive(Clone, Debug)]
enum PeerInput {
    /// The fragments of a message, each with whether a ping follows it.
    Message(OpCode, Vec<(Vec<u8>, bool)>),
    Control(OpCode, Vec<u8>),
    Close(u16, String),
}

impl PeerInput {
    fn frames(&self, frame: Framer) -> Vec<u8> {
        match self {
            Self::Control(opcode, payload) => frame(true, *opcode, payload),
            Self::Close(code, reason) => {
                frame(true, OpCode::Close, &[&code.to_be_bytes(), reason.as_bytes()].concat())
            }
            Self::Message(opcode, fragments) => {
                let mut bytes = Vec::new();
                for (at, (payload, ping_follows)) in fragments.iter().enumerate() {
                    let opcode = if at == 0 { *opcode } else { OpCode::Continuation };
                    bytes.extend(frame(at + 1 == fragments.len(), opcode, payload));
                    if *ping_follows {
                        bytes.extend(frame(true, OpCode::Ping, b"between"));
                    }
                }
                bytes
            }
        }
    }
}

fn peer_input() -> impl Strategy<Value = PeerInput> {
    let control = prop_oneof![Just(OpCode::Ping), Just(OpCode::Pong)];
    prop_oneof![
        4 => (text(), cuts()).prop_map(|(text, cuts)| message(OpCode::Text, &text, cuts)),
        3 => (bytes(200), cuts()).prop_map(|(data, cuts)| message(OpCode::Binary, &data, cuts)),
        2 => (control, bytes(125)).prop_map(|(opcode, payload)| PeerInput::Control(opcode, payload)),
        1 => (prop_oneof![Just(1000), 990..1020_u16], "\\PC{0,30}")
            .prop_map(|(code, reason)| PeerInput::Close(code, reason)),
    ]
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=most)
}

/// Text with characters of all lengths. Some texts are too long for the shortest form of a frame.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![Just("a"), Just("é"), Just("€"), Just("😀"), Just("plain ascii ")];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
}

/// The lengths of the fragments of a message, each with whether a ping follows it.
fn cuts() -> impl Strategy<Value = Vec<(usize, bool)>> {
    vec((0..60_usize, any::<bool>()), 0..4)
}

fn message(opcode: OpCode, payload: &[u8], cuts: Vec<(usize, bool)>) -> PeerInput {
    let (mut rest, mut fragments) = (payload, Vec::new());
    for (len, ping_follows) in cuts {
        let (fragment, after) = rest.split_at(len.min(rest.len()));
        fragments.push((fragment.to_vec(), ping_follows));
        rest = after;
    }
    fragments.push((rest.to_vec(), false));
    PeerInput::Message(opcode, fragments)
}

/// Changes of single bytes: the position, modulo the length, and the new value.
fn mutations() -> impl Strategy<Value = Vec<(usize, u8)>> {
    prop_oneof![2 => Just(Vec::new()), 3 => vec((any::<usize>(), any::<u8>()), 1..3)]
}

fn mutate(mut bytes: Vec<u8>, mutations: &[(usize, u8)]) -> Vec<u8> {
    for (at, byte) in mutations {
        let len = bytes.len().max(1);
        if let Some(target) = bytes.get_mut(at % len) {
            *target = *byte;
        }
    }
    bytes
}

/// Plays a dialogue with limits that some messages exceed.
fn play(dialogue: Dialogue, input: Vec<u8>, eof: bool) -> Vec<String> {
    let dialogue = dialogue
        .config(|config| {
            config.limits.message = 220;
            config.limits.frame = 200;
            config.limits.extra_fragments = 2;
        })
        .receive(input);
    let dialogue = if eof { dialogue.eof() } else { dialogue };
    dialogue.play_all_ways()
}

/// Checks that there is at most one end and one Close frame, and that nothing is delivered after a
/// violation.
fn check_log(log: &[String], eof: bool) {
    let endings = log.iter().filter(|word| word.starts_with("ended")).count();
    let closes = log.iter().filter(|word| word.starts_with("sends close")).count();
    let failed = log.iter().position(|word| word.starts_with("failed"));
    assert!(endings == usize::from(eof) || endings <= 1 && !eof, "{log:?}");
    assert!(closes <= 1, "{log:?}");
    if let Some(failed) = failed {
        let is_delivered = |word: &String| !word.starts_with("sends") && !word.starts_with("ended");
        assert!(!log[failed + 1..].iter().any(is_delivered), "{log:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(150),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn open_connections(
        said in vec(peer_input(), 0..8),
        mutations in mutations(),
        echoes in any::<bool>(),
        eof in any::<bool>(),
    ) {
        for (dialogue, frame) in both() {
            let dialogue = if echoes { dialogue.echoes() } else { dialogue };
            let input = said.iter().flat_map(|said| said.frames(frame)).collect();
            check_log(&play(dialogue, mutate(input, &mutations), eof), eof);
        }
    }

    #[test]
    fn handshakes(said in vec(peer_input(), 0..3), mutations in mutations(), eof in any::<bool>()) {
        let [(_, masked), (_, plain)] = both();
        let client = new_client(ClientRequest::new("ws://h/c").unwrap());
        for (dialogue, head, frame) in [(new_server(), REQUEST, masked), (client, RESPONSE, plain)] {
            let head = mutate(head.into(), &mutations);
            let frames = said.iter().flat_map(|said| said.frames(frame));
            let input = head.into_iter().chain(frames).collect();
            check_log(&play(dialogue, input, eof), eof);
        }
    }

    #[test]
    fn refusals(
        body in "[0-9a-f]{0,3}(\r\n)?[a-z]{0,30}(\r\n)?0?(\r\n){0,2}",
        framing in 0..4_usize,
        mutations in mutations(),
    ) {
        let framing = [
            "", "Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 0\r\n",
        ][framing];
        let input = format!("HTTP/1.1 100 x\r\n\r\nHTTP/1.1 404 x\r\n{framing}\r\n{body}");
        let client = new_client(ClientRequest::new("ws://h/c").unwrap());
        let client = client.config(|config| config.limits.refusal_body = 8);
        check_log(&play(client, mutate(input.into(), &mutations), true), true);
    }

    #[test]
    fn noise(input in vec(any::<u8>(), 0..200)) {
        for (dialogue, _) in both() {
            check_log(&play(dialogue, input.clone(), true), true);
        }
        check_log(&play(new_server(), input, true), true);
    }
}

#[test]
fn messages_of_one_side_come_out_whole() {
    for (dialogue, frame) in both() {
        let said = message(OpCode::Text, "aé€😀".as_bytes(), vec![(2, true)]);
        let log = play(dialogue, said.frames(frame), true);
        let pings = ["ping \"between\"", "sends pong \"between\""];
        assert_eq!(log, [pings[0], pings[1], "text \"aé€😀\"", "ended Eof"]);
    }
}
