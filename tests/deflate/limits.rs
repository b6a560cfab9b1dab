//! D11 to D13: limits on what is inflated, and on the work for it.

use websocket_proto::frame::OpCode;
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::{Config, Delivery, ProtocolError, Role};

use crate::peer::{Sender, frames, parameters, stored};
use crate::support::{
    CollectingConnection, Framer, both, compressed, frame, hex, masked, plain_entropy, spaced,
};

const TOO_LONG: [&str; 2] = ["failed MessageTooLong", "sends close 1009 \"\""];

/// Connections of both roles and both deliveries, each with the frames of its peer.
fn all(limit: u64) -> Vec<(CollectingConnection, Framer)> {
    let roles: [(Role, Framer); 2] = [
        (Role::Server, |fin, opcode, payload| masked(fin, opcode, payload)),
        (Role::Client(&plain_entropy), |fin, opcode, payload| frame(fin, opcode, payload)),
    ];
    let with = |(role, frame): (Role, Framer)| {
        [Delivery::Whole, Delivery::Streaming].map(|delivery| {
            let mut config = Config::default();
            config.delivery = delivery;
            config.limits.message = limit;
            (
                CollectingConnection::with_compression(
                    role,
                    Some(DeflateParameters::default()),
                    config,
                ),
                frame,
            )
        })
    };
    roles.into_iter().flat_map(with).collect()
}

#[test]
fn d12_limit_is_exact() {
    for limit in [0, 1, 7, 255, 256, 257, 4096, 5000] {
        for level in [0, 1, 6] {
            for over in [0, 1] {
                let data = vec![7; limit + over];
                let payload = Sender::new(level, 15, true).message(&data);
                let told = format!("binary {}", spaced(&data));
                for (dialogue, frame) in both() {
                    let dialogue = dialogue
                        .agreed(DeflateParameters::default())
                        .config(|config| config.limits.message = limit as u64);
                    let (first, second) = payload.split_at(payload.len() / 2);
                    for bytes in [
                        frames(frame, OpCode::Binary, &[&payload]),
                        frames(frame, OpCode::Binary, &[first, second]),
                        frames(frame, OpCode::Binary, &[&payload[..], &[]]),
                    ] {
                        let dialogue = dialogue.clone().receive(bytes);
                        if over == 0 { dialogue.expect([&told]) } else { dialogue.expect(TOO_LONG) }
                    }
                }
            }
        }
    }
}

/// Invalid text before the limit is found. After the limit nothing is checked.
#[test]
fn d12_verdicts_at_the_limit() {
    let at_limit = stored(b"0123456789");
    for (dialogue, frame) in both() {
        let dialogue = dialogue
            .agreed(DeflateParameters::default())
            .config(|config| config.limits.message = 10);
        let text = |payload: &[u8]| frames(frame, OpCode::Text, &[payload]);
        let with = |payloads: &[&[u8]]| dialogue.clone().receive(text(&payloads.concat()));
        let corrupt = ["failed BadDeflateData", "sends close 1007 \"\""];
        with(&[&at_limit, &[0x07]]).expect(corrupt);
        with(&[&at_limit, &stored(b"\xFF"), &[0x07]]).expect(TOO_LONG);
        with(&[&stored(b"012345678\xFF+"), &[0x07]])
            .expect(["failed InvalidUtf8", "sends close 1007 \"\""]);
        with(&[&at_limit, &hex("03 00 03 00 00 00 00 ff ff 00")]).expect(["text \"0123456789\""]);
    }
}

/// The compressed length does not count. Here it is the longer one.
#[test]
fn d12_the_limit_is_for_what_is_inflated() {
    let empty_blocks =
        [&[0x00, 0x00, 0x00, 0xFF, 0xFF].repeat(100)[..], &stored(b"ten bytes!"), &[0]].concat();
    for (dialogue, frame) in both() {
        dialogue
            .agreed(DeflateParameters::default())
            .config(|config| config.limits.message = 10)
            .receive(frames(frame, OpCode::Text, &[&empty_blocks]))
            .expect(["text \"ten bytes!\""]);
    }
}

/// Every message and every fragment inflates by about 1000 to 1.
#[test]
fn d11_many_messages_of_a_high_ratio() {
    let data = vec![0; 100_000];
    for (mut bare, frame) in all(100_000) {
        let mut zlib = Sender::new(9, 15, true);
        let messages: Vec<u8> =
            (0..300).flat_map(|_| frames(frame, OpCode::Binary, &[zlib.message(&data)])).collect();
        assert!(messages.len() < 300 * 150);
        bare.receive_in_parts(1000, &messages).unwrap();
        assert_eq!(bare.messages.len(), 300);
        assert!(bare.messages.iter().all(|message| message.len() == 100_000));
    }
    for (mut bare, frame) in all(1_000_000) {
        let mut zlib = Sender::new(9, 15, true);
        let pieces = zlib.pieces(&[&data[..]; 11]);
        let messages = frames(frame, OpCode::Binary, &pieces);
        assert_eq!(bare.receive(messages), Err(ProtocolError::MessageTooLong));
    }
}

#[test]
fn d13_empty_blocks() {
    let (stored, fixed) = ("00 00 00 ff ff", "02 08 20 80 00");
    for block in [stored, fixed] {
        let blocks = [hex(block).repeat(10_000), hex("f2 48 cd c9 c9 07 00")].concat();
        for (mut bare, frame) in all(10) {
            bare.receive_in_parts(100, &frames(frame, OpCode::Text, &[&blocks])).unwrap();
            bare.receive(frames(frame, OpCode::Text, &[hex("f2 00 11 00 00")])).unwrap();
            assert_eq!(bare.messages, [b"Hello", b"Hello"]);
            // One call for each read, and a few for each message.
            assert!(bare.receive_calls < blocks.len() / 100 + 20, "{} calls", bare.receive_calls);
        }
    }
}

/// How many empty final blocks pass on a connection with a number of them in each message.
fn final_blocks(each: usize) -> Vec<usize> {
    let count = |(mut bare, frame): (CollectingConnection, Framer)| {
        let message = frames(frame, OpCode::Text, &[[0x03, 0x00].repeat(each)]);
        let mut blocks = 0;
        while blocks < 5000 {
            match bare.receive_in_parts(7, &message) {
                Ok(()) => blocks += each,
                Err(error) => {
                    assert_eq!(error, ProtocolError::BadDeflateData);
                    break;
                }
            }
        }
        blocks
    };
    all(10).into_iter().map(count).collect()
}

/// Going on after a final block costs as much as many bytes do, so it is allowed once for every 16
/// bytes, and 1,024 times beyond that.
#[test]
fn d13_final_blocks_within_messages() {
    // Nothing follows the last block of a message.
    assert_eq!(final_blocks(1), [5000; 4]);
    // 1,365 are 1,024 and (1,364 * 4 + 2) / 16.
    assert_eq!(final_blocks(2), [2 * 1365; 4]);
    // 1,170 are 1,024 and 1,170 * 2 / 16.
    assert_eq!(final_blocks(1171), [1171; 4]);
    assert_eq!(final_blocks(1172), [0; 4]);
    let block = hex("01 0b 00 f4 ff 31 36 20 62 79 74 65 73 20 61 6c");
    for (mut bare, frame) in all(1 << 20) {
        let message = frames(frame, OpCode::Text, &[block.repeat(5000)]);
        bare.receive_in_parts(7, &message).unwrap();
        assert_eq!(bare.messages[0].len(), 5000 * 11);
    }
}

/// Fragments are counted by the payload on the wire (§10.4).
#[test]
fn fragments_of_compressed_messages() {
    for (mut bare, frame) in all(1 << 20) {
        bare.receive(compressed(frame(false, OpCode::Binary, &[]))).unwrap();
        let empty = frame(false, OpCode::Continuation, &[]);
        for _ in 1..1024 {
            bare.receive(&empty).unwrap();
        }
        assert_eq!(bare.receive(&empty), Err(ProtocolError::TooManyFragments));
    }
}

/// A message may have one more fragment for every 16 bytes that were inflated as well, as a stream
/// in short fragments has more bytes of headers than of payload.
#[test]
fn fragments_of_streams_that_compress_well() {
    for (mut bare, frame) in all(1 << 20) {
        let mut zlib = Sender::new(6, 15, true);
        let pieces = zlib.pieces(&vec![&[b'x'; 64][..]; 5000]);
        assert!(pieces.concat().len() < 5000 * 12);
        bare.receive(frames(frame, OpCode::Text, &pieces)).unwrap();
        assert_eq!(bare.messages, [[b'x'; 64].repeat(5000)]);
    }
}

#[test]
fn windows_bound_only_what_is_referred_to() {
    for (dialogue, frame) in both() {
        let data = vec![3; 70_000];
        let payload = Sender::new(6, 9, true).message(&data);
        dialogue
            .agreed(parameters(8, true))
            .receive(frames(frame, OpCode::Binary, &[payload]))
            .expect([&format!("binary {}", spaced(&data))]);
    }
}
