//! A peer, its work, and the checks of it.

use std::time::Duration;

use bytes::Bytes;
use common::{
    FINAL, Frames, MemoryStream, RSV1, Round, Side, TEXT, Text, processor_time, push_frame, texts,
};

use crate::peer::Peer;
use crate::peers;
use crate::workload::{Direction, Workload};
use crate::zlib::{Compressor, Verifier};

/// The first byte of a compressed text message in one frame.
const FIRST_BYTE: u8 = FINAL | RSV1 | TEXT;

/// A peer that receives or sends. What it gives is checked while the clock does not run.
pub(crate) struct Contestant {
    peer: Box<dyn Peer>,
    stream: MemoryStream,
    texts: Vec<Text>,
    task: Task,
}

enum Task {
    Receive {
        input: Bytes,
        /// How many bytes all payloads have.
        bytes: u64,
        /// Whether the messages that were received have been compared with those that were sent.
        compared: bool,
    },
    Send(Verifier),
}

impl Contestant {
    pub(crate) fn new(peer: &str, workload: Workload) -> Self {
        let stream = MemoryStream::default();
        let texts = texts(workload.len, workload.count);
        let task = match workload.direction {
            Direction::Receive => receiving(&texts, Compressor::new(workload.settings)),
            Direction::Send => Task::Send(Verifier::new(workload.settings)),
        };
        Self { peer: peers::connect(peer, stream.clone(), workload.settings), stream, texts, task }
    }

    /// Runs a round. Its bytes are those of the payloads on the wire.
    pub(crate) fn round(&mut self) -> Round {
        let Self { peer, stream, texts, task } = self;
        match task {
            Task::Receive { input, bytes, compared } => {
                stream.set_input(input.clone());
                if !*compared {
                    receive_and_compare(peer.as_mut(), texts);
                    *compared = true;
                    stream.set_input(input.clone());
                }
                Round { time: receive(peer.as_mut(), texts), bytes: *bytes }
            }
            Task::Send(verifier) => {
                let start = processor_time();
                peer.send(texts);
                let time = processor_time() - start;
                let bytes = stream.take_output(|output| compare_sent(output, verifier, texts));
                Round { time, bytes: bytes as u64 }
            }
        }
    }
}

fn receiving(texts: &[Text], mut compressor: Compressor) -> Task {
    let (mut input, mut bytes) = (Vec::new(), 0);
    for text in texts {
        let payload = compressor.compress(&text.bytes);
        bytes += payload.len() as u64;
        push_frame(FIRST_BYTE, Side::Client, &payload, &mut input);
    }
    Task::Receive { input: input.into(), bytes, compared: false }
}

fn receive_and_compare(peer: &mut dyn Peer, texts: &[Text]) {
    let mut expected = texts.iter();
    peer.receive(texts.len(), &mut |message| {
        assert!(expected.next().is_some_and(|text| text.bytes == message), "another message");
    });
}

/// Receives all messages, and returns the processor time of it.
fn receive(peer: &mut dyn Peer, texts: &[Text]) -> Duration {
    let mut received = 0;
    let start = processor_time();
    peer.receive(texts.len(), &mut |message| received += message.len());
    let time = processor_time() - start;
    assert_eq!(received, texts.iter().map(|text| text.bytes.len()).sum(), "bytes received");
    time
}

/// Compares what was sent with the messages, and returns the bytes of all payloads.
fn compare_sent(output: &[u8], verifier: &mut Verifier, texts: &[Text]) -> usize {
    let mut payloads = Frames::new(FIRST_BYTE, Side::Server, output);
    let mut bytes = 0;
    for text in texts {
        let payload = payloads.next().expect("a frame for each message");
        verifier.verify(&payload, &text.bytes);
        bytes += payload.len();
    }
    assert!(payloads.next().is_none(), "a frame too many");
    bytes
}
