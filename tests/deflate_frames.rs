//! RFC 7692 §7.2.3: its examples of compressed messages, as frames.

mod support;

use support::{Bare, hex};
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::{Config, Connection, Delivery, Role, Time};

const HELLO: &str = "c1 07 f2 48 cd c9 c9 07 00";

#[test]
fn a_message_in_one_frame() {
    come(HELLO, &["Hello"]);
}

#[test]
fn a_message_in_two_frames() {
    come("41 03 f2 48 cd 80 04 c9 c9 07 00", &["Hello"]);
    come("41 00 00 03 f2 48 cd 00 04 c9 c9 07 00 80 00", &["Hello"]);
}

#[test]
fn a_message_that_refers_to_the_one_before() {
    come(&format!("{HELLO} c1 05 f2 00 11 00 00"), &["Hello", "Hello"]);
}

#[test]
fn a_message_without_content_between_others() {
    come(&format!("{HELLO} c1 01 00 {HELLO}"), &["Hello", "", "Hello"]);
}

#[test]
fn a_block_without_compression() {
    come("c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00", &["Hello"]);
}

#[test]
fn a_final_block() {
    come("c1 08 f3 48 cd c9 c9 07 00 00", &["Hello"]);
}

#[test]
fn two_blocks() {
    come("c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00", &["Hello"]);
}

/// Each message is told as soon as its last byte is there, in reads of any size.
#[track_caller]
fn come(bytes: &str, messages: &[&str]) {
    let bytes = hex(bytes);
    for delivery in [Delivery::Whole, Delivery::Streaming] {
        for size in 1..=bytes.len() {
            let mut client = agreed(delivery);
            client.receive_by(size, &bytes).unwrap();
            let came: Vec<_> = client.messages.iter().map(|m| str::from_utf8(m).unwrap()).collect();
            assert_eq!(came, messages, "{delivery:?} in reads of {size}");
            // Otherwise an end of the stream would be one within a message.
            assert_eq!(format!("{:?}", client.eof().how), "Eof");
        }
    }
}

fn agreed(delivery: Delivery) -> Bare {
    let mut config = Config::default();
    config.delivery = delivery;
    let (role, agreed) = (Role::Client(&support::plain_entropy), DeflateParameters::default());
    let connection = Connection::established(role, Some(agreed), config, Time::ZERO);
    Bare { connection, ..Bare::client(config) }
}
