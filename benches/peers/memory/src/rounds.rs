//! The rounds of a peer, and the checks of what it receives and sends.

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use common::{
    BINARY, Content, FINAL, Frames, MemoryStream, Round, Side, payloads, processor_time,
    push_fragments,
};

use crate::peer::Peer;
use crate::workload::{PASSES, Task, Workload};

/// A function that runs a round at each call. What is received or sent is compared once, before the
/// first round; in every round it is counted.
pub(crate) fn rounds<P: Peer + 'static>(workload: Workload) -> Box<dyn FnMut() -> Round> {
    match workload.task {
        Task::Receive { content, fragments, read_limit } => {
            receiver::<P>(workload, content, fragments, read_limit)
        }
        Task::Send { side, batch } => sender::<P>(workload, side, batch),
        Task::Open => panic!("a peer is open"),
    }
}

fn receiver<P: Peer + 'static>(
    workload: Workload,
    content: Content,
    fragments: usize,
    read_limit: Option<usize>,
) -> Box<dyn FnMut() -> Round> {
    let messages = payloads(content, workload.len, workload.count);
    let mut input = Vec::new();
    for message in &messages {
        push_fragments(content.opcode(), fragments, message, &mut input);
    }
    let input = Bytes::from(input);
    let stream = MemoryStream::default();
    if let Some(len) = read_limit {
        stream.limit_reads(len);
    }
    let mut peer = P::connect(stream.clone(), Side::Server);
    stream.set_input(input.clone());
    receive_and_compare(&mut peer, &messages);
    let bytes = (workload.len * workload.count) as u64;
    round_of(bytes, move || {
        stream.set_input(input.clone());
        receive(&mut peer, workload.count, bytes)
    })
}

/// Makes a round of several passes, after one that does not count: since the last round, another
/// process has used the caches. `bytes` is the payload of a pass.
fn round_of(bytes: u64, mut pass: impl FnMut() -> Duration + 'static) -> Box<dyn FnMut() -> Round> {
    Box::new(move || {
        pass();
        let time = (0..PASSES).map(|_| pass()).sum();
        Round { time, bytes: bytes * u64::from(PASSES) }
    })
}

fn receive_and_compare<P: Peer>(peer: &mut P, messages: &[Bytes]) {
    let sent = messages.concat();
    let mut expected = &sent[..];
    peer.receive(messages.len(), |message| {
        assert!(!P::WHOLE_MESSAGES || message.len() == messages[0].len(), "a part of a message");
        expected = expected.strip_prefix(message).expect("the message that was sent");
    });
    assert!(expected.is_empty(), "a message too few");
}

fn receive(peer: &mut impl Peer, count: usize, bytes: u64) -> Duration {
    let mut received = 0;
    let start = processor_time();
    peer.receive(count, |message| received += black_box(message).len() as u64);
    let time = processor_time() - start;
    assert_eq!(received, bytes, "bytes received");
    time
}

fn sender<P: Peer + 'static>(
    workload: Workload,
    side: Side,
    batch: usize,
) -> Box<dyn FnMut() -> Round> {
    let messages = payloads(Content::Binary, workload.len, workload.count);
    let stream = MemoryStream::default();
    let mut peer = P::connect(stream.clone(), side);
    peer.send(&messages, batch);
    stream.take_output(|output| compare_sent(output, side, workload));
    stream.discard_output();
    let bytes = (workload.len * workload.count) as u64;
    round_of(bytes, move || {
        let before = stream.bytes_written();
        let start = processor_time();
        peer.send(black_box(&messages), batch);
        let time = processor_time() - start;
        assert!((stream.bytes_written() - before) as u64 > bytes, "bytes sent");
        time
    })
}

/// Compares what was sent with payloads that are made anew, so that a peer that changed those of
/// its caller is found out.
fn compare_sent(output: &[u8], side: Side, workload: Workload) {
    let mut sent = Frames::new(FINAL | BINARY, side, output);
    for message in payloads(Content::Binary, workload.len, workload.count) {
        assert!(sent.next().is_some_and(|payload| payload == message), "another message");
    }
    assert!(sent.next().is_none(), "a frame too many");
}
