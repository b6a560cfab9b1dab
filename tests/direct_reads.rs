//! Direct reads that own their memory. The same has to come of them as of reads into a borrow, and
//! no order of calls may do harm.

mod support;

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use support::{CollectingConnection, fragments_and_messages, masked, mixed_text};
use websocket_proto::frame::OpCode;
use websocket_proto::{Config, DirectRead, EndCause, Time};

/// A frame of 100,000 bytes and what has been received of it: half.
fn in_the_middle() -> (CollectingConnection, Vec<u8>) {
    let frame = masked(true, OpCode::Text, mixed_text(100_000));
    let mut server = CollectingConnection::server(Config::default());
    server.incoming.lend_window(vec![0; 1 << 10]);
    read_borrowed(&mut server, &frame[..50_000], 1 << 10);
    (server, frame[50_000..].to_vec())
}

fn read_borrowed(server: &mut CollectingConnection, mut bytes: &[u8], most: usize) {
    while !bytes.is_empty() {
        let space = server.incoming.space();
        let len = space.len().min(most).min(bytes.len());
        space[..len].copy_from_slice(&bytes[..len]);
        server.incoming.commit(len);
        bytes = &bytes[len..];
        server.receive_available().unwrap();
    }
}

/// Reads as a transport that owns the memory meanwhile. Returns how many reads were direct.
fn read_owned(server: &mut CollectingConnection, mut bytes: &[u8], most: usize) -> usize {
    let mut direct = 0;
    while !bytes.is_empty() {
        let len = match server.incoming.take_direct_read() {
            Some(mut read) => {
                direct += 1;
                assert!(server.incoming.take_direct_read().is_none());
                server.receive_available().unwrap();
                let len = fill(read.space(), bytes, most);
                server.incoming.finish_direct_read(read, len);
                len
            }
            None => {
                let mut window = server.incoming.take_back_window();
                server.receive_available().unwrap();
                let len = fill(&mut window, bytes, most);
                server.incoming.lend_window(window);
                server.incoming.commit(len);
                len
            }
        };
        assert!(len > 0);
        bytes = &bytes[len..];
        server.receive_available().unwrap();
    }
    direct
}

fn fill(space: &mut [u8], bytes: &[u8], most: usize) -> usize {
    let len = space.len().min(most).min(bytes.len());
    space[..len].copy_from_slice(&bytes[..len]);
    len
}

fn finish(server: &mut CollectingConnection, mut read: DirectRead, bytes: &[u8]) -> usize {
    let len = fill(read.space(), bytes, usize::MAX);
    server.incoming.finish_direct_read(read, len);
    server.receive_available().unwrap();
    len
}

#[test]
fn a_long_payload_is_read_directly_and_what_is_short_is_not() {
    let mut server = CollectingConnection::server(Config::default());
    server.incoming.lend_window(vec![0; 1 << 10]);
    assert!(server.incoming.take_direct_read().is_none());
    assert_eq!(read_owned(&mut server, &masked(true, OpCode::Text, mixed_text(8_000)), 1 << 20), 0);
    let direct = read_owned(&mut server, &masked(true, OpCode::Text, mixed_text(100_000)), 1 << 20);
    assert!((10..20).contains(&direct), "{direct}");
    assert_eq!(server.messages, [mixed_text(8_000), mixed_text(100_000)]);
    assert!(server.incoming.take_direct_read().is_none());
    assert!(server.incoming.is_at_rest());
}

#[test]
fn the_memory_may_be_written_elsewhere() {
    let (mut server, rest) = in_the_middle();
    let mut read = server.incoming.take_direct_read().unwrap();
    let (place, len) = (read.space().as_ptr(), read.space().len());
    let mut moved = Box::new(read);
    assert_eq!((moved.space().as_ptr(), moved.space().len()), (place, len));
    let arriving = rest[..len].to_vec();
    let reading = std::thread::spawn(move || {
        moved.space().copy_from_slice(&arriving);
        *moved
    });
    server.incoming.finish_direct_read(reading.join().unwrap(), len);
    server.receive_available().unwrap();
    read_owned(&mut server, &rest[len..], usize::MAX);
    assert_eq!(server.messages, [mixed_text(100_000)]);
}

#[test]
fn nothing_read_is_no_harm() {
    let (mut server, rest) = in_the_middle();
    for _ in 0..3 {
        let read = server.incoming.take_direct_read().unwrap();
        server.receive_available().unwrap();
        server.incoming.finish_direct_read(read, 0);
        server.receive_available().unwrap();
    }
    read_borrowed(&mut server, &rest, usize::MAX);
    assert_eq!(server.messages, [mixed_text(100_000)]);
}

#[test]
fn more_than_there_is_room_for_counts_as_the_room() {
    let (mut server, rest) = in_the_middle();
    let mut read = server.incoming.take_direct_read().unwrap();
    let len = fill(read.space(), &rest, usize::MAX);
    server.incoming.finish_direct_read(read, usize::MAX);
    server.receive_available().unwrap();
    read_owned(&mut server, &rest[len..], usize::MAX);
    assert_eq!(server.messages, [mixed_text(100_000)]);
}

#[test]
fn a_deadline_may_end_the_connection_meanwhile() {
    let mut config = Config::default();
    config.message_timeout = Some(Duration::from_secs(1));
    let mut server = CollectingConnection::server(config);
    server.incoming.lend_window(vec![0; 10_000]);
    read_owned(&mut server, &masked(true, OpCode::Text, mixed_text(200_000))[..100_000], 10_000);
    let read = server.incoming.take_direct_read().unwrap();
    for time in [2, 20] {
        let time = Time::new(Duration::from_secs(time));
        server.connection.handle_timeout(time, &mut server.outgoing);
        server.receive_available().unwrap();
    }
    assert!(matches!(server.ending.as_ref().unwrap().cause, EndCause::TimedOut(_)));
    server.incoming.finish_direct_read(read, 100);
    server.receive_available().unwrap();
    assert_eq!(server.incoming.heap(), 10_000);
}

#[test]
fn the_stream_may_end_meanwhile() {
    let (mut server, _) = in_the_middle();
    let read = server.incoming.take_direct_read().unwrap();
    server.incoming.finish_direct_read(read, 0);
    assert_eq!(server.eof().cause, EndCause::EofInFrame);
    let (mut server, _) = in_the_middle();
    let _lost = server.incoming.take_direct_read().unwrap();
    assert_eq!(server.eof().cause, EndCause::EofInFrame);
}

/// The Close frame says 1011, and the message is not delivered in part.
fn check_lost(mut server: CollectingConnection) {
    assert!(server.take_all_output().ends_with(&[0x88, 2, 0x03, 0xF3]));
    assert_eq!(server.eof().cause, EndCause::ForeignMemory);
    assert!(server.ending.as_ref().unwrap().message_lost && server.messages.is_empty());
}

#[test]
fn a_read_that_is_dropped_loses_the_message_and_says_so() {
    let (mut server, rest) = in_the_middle();
    drop(server.incoming.take_direct_read().unwrap());
    server.receive_available().unwrap();
    assert!(server.connection.is_open(), "it may still come back");
    read_borrowed(&mut server, &rest[..100], usize::MAX);
    check_lost(server);
}

#[test]
fn bytes_that_come_in_another_way_meanwhile_are_out_of_order() {
    let (mut server, rest) = in_the_middle();
    let read = server.incoming.take_direct_read().unwrap();
    server.receive(&rest[..100]).unwrap();
    server.incoming.finish_direct_read(read, 10);
    server.receive_available().unwrap();
    check_lost(server);
}

#[test]
fn a_read_of_another_connection_is_dropped() {
    let (mut server, rest) = in_the_middle();
    let mut other = CollectingConnection::server(Config::default());
    other.incoming.finish_direct_read(server.incoming.take_direct_read().unwrap(), 100);
    other.receive(masked(true, OpCode::Text, "its own")).unwrap();
    assert_eq!(other.messages, [b"its own"]);
    read_borrowed(&mut server, &rest[..100], usize::MAX);
    check_lost(server);
}

/// Two messages that are read directly at the same time, of different lengths so far.
#[test]
fn reads_that_are_exchanged_are_found_out() {
    let (mut one, rest) = in_the_middle();
    let (mut two, _) = in_the_middle();
    read_borrowed(&mut two, &rest[..1000], usize::MAX);
    let [first, second] = [&mut one, &mut two].map(|it| it.incoming.take_direct_read().unwrap());
    finish(&mut one, second, &rest);
    finish(&mut two, first, &rest);
    check_lost(one);
    check_lost(two);
}

/// Memory that waits for a read may serve a connection that has left nothing in it.
#[test]
fn the_memory_may_go_to_another_connection() {
    let (mut server, _) = in_the_middle();
    let read = server.incoming.take_direct_read().unwrap();
    let mut other = CollectingConnection::server(Config::default());
    other.incoming = std::mem::take(&mut server.incoming);
    other.receive(masked(true, OpCode::Text, "its own")).unwrap();
    other.incoming.finish_direct_read(read, 100);
    other.receive(masked(true, OpCode::Text, "more")).unwrap();
    assert_eq!(other.messages, [&b"its own"[..], b"more"]);
}

/// A call, of which any may follow any other.
#[derive(Clone, Copy, Debug)]
enum Call {
    Take,
    Finish(usize),
    Drop,
    Push(usize),
    Read(usize),
    Lend(usize),
    TakeBack,
    Eof,
    Timeout(u64),
}

fn any_call() -> impl Strategy<Value = Call> {
    let len = || select(vec![0, 1, 100, 5_000, 40_000, usize::MAX]);
    prop_oneof![
        3 => Just(Call::Take),
        3 => len().prop_map(Call::Finish),
        1 => Just(Call::Drop),
        1 => (0..3_000_usize).prop_map(Call::Push),
        6 => len().prop_map(Call::Read),
        1 => (0..3_000_usize).prop_map(Call::Lend),
        1 => Just(Call::TakeBack),
        1 => (0..1_000_u64).prop_map(Call::Timeout),
        1 => Just(Call::Eof),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn owned_and_borrowed_reads_have_the_same_result(
        lens in vec(0..60_000_usize, 1..6),
        opcode in select(vec![OpCode::Text, OpCode::Binary]),
        window in select(vec![1, 100, 5_000, 20_000, 70_000]),
        most in select(vec![999, 4_096, 30_000, usize::MAX]),
    ) {
        let parts: Vec<_> = lens.iter().map(|len| mixed_text(*len)).collect();
        let stream = fragments_and_messages(opcode, &parts);
        let [borrowed, owned] = [0, 1].map(|way| {
            let mut server = CollectingConnection::server(Config::default());
            server.incoming.lend_window(vec![0; window]);
            match way {
                0 => read_borrowed(&mut server, &stream, most),
                _ => _ = read_owned(&mut server, &stream, most),
            }
            let output = server.take_all_output();
            (server.messages, output, server.connection.totals())
        });
        prop_assert!(owned == borrowed);
        prop_assert!(owned.0[0] == [parts.concat(), b".".to_vec()].concat());
    }

    #[test]
    fn calls_in_any_order(calls in vec(any_call(), 0..60), whole in any::<bool>()) {
        let mut stream = if whole { mixed_text(200_000) } else { b"cut".to_vec() };
        stream = [masked(true, OpCode::Text, stream), masked(true, OpCode::Text, mixed_text(90_000))].concat();
        let mut server = CollectingConnection::server(Config::default());
        server.incoming.lend_window(vec![0; 1 << 10]);
        let (mut rest, mut taken) = (&stream[..], None);
        for call in calls {
            match call {
                Call::Take => taken = taken.or_else(|| server.incoming.take_direct_read()),
                Call::Finish(len) => if let Some(mut read) = taken.take() {
                    let len = fill(read.space(), rest, len);
                    server.incoming.finish_direct_read(read, len);
                    rest = &rest[len..];
                },
                Call::Drop => taken = None,
                Call::Push(len) => {
                    let (part, after) = rest.split_at(len.min(rest.len()));
                    server.incoming.push(part);
                    rest = after;
                }
                Call::Read(len) => {
                    let len = fill(server.incoming.space(), rest, len);
                    server.incoming.commit(len);
                    rest = &rest[len..];
                }
                Call::Lend(len) => server.incoming.lend_window(vec![7; len]),
                Call::TakeBack => drop(server.incoming.take_back_window()),
                Call::Eof => server.connection.receive_eof(),
                Call::Timeout(at) => server
                    .connection
                    .handle_timeout(Time::new(Duration::from_secs(at)), &mut server.outgoing),
            }
            let _ = server.receive_available();
        }
        let sent = [if whole { mixed_text(200_000) } else { b"cut".to_vec() }, mixed_text(90_000)];
        prop_assert!(sent.starts_with(&server.messages), "nothing but what was sent");
    }
}
