//! A peer and what it has to do.

use std::time::Duration;

use bytes::Bytes;
use common::{
    FINAL, Frames, MASKED, MemoryStream, RSV1, Round, TEXT, Text, processor_time, push_frame, texts,
};

use crate::cell::{Cell, Direction};
use crate::peer::Peer;
use crate::peers;
use crate::zlib::{Judge, Maker};

/// The first byte of a compressed text message in one frame.
const FIRST: u8 = FINAL | RSV1 | TEXT;

/// Checks all that it is given, beside the clock.
pub(crate) struct Contestant {
    peer: Box<dyn Peer>,
    stream: MemoryStream,
    texts: Vec<Text>,
    task: Task,
}

enum Task {
    Receive {
        input: Bytes,
        /// Of all payloads.
        bytes: u64,
        /// Whether the messages were compared with what was sent.
        compared: bool,
    },
    Send(Judge),
}

impl Contestant {
    pub(crate) fn new(peer: &str, cell: Cell) -> Self {
        let stream = MemoryStream::default();
        let texts = texts(cell.len, cell.count);
        let task = match cell.direction {
            Direction::Receive => receiving(&texts, Maker::new(cell.settings)),
            Direction::Send => Task::Send(Judge::new(cell.settings)),
        };
        Self { peer: peers::connect(peer, stream.clone(), cell.settings), stream, texts, task }
    }

    /// The bytes are those of the payloads on the wire.
    pub(crate) fn round(&mut self) -> Round {
        let Self { peer, stream, texts, task } = self;
        match task {
            Task::Receive { input, bytes, compared } => {
                stream.serve(input.clone());
                if !*compared {
                    receive_and_compare(peer.as_mut(), texts);
                    *compared = true;
                    stream.serve(input.clone());
                }
                Round { time: receive(peer.as_mut(), texts), bytes: *bytes }
            }
            Task::Send(judge) => {
                let start = processor_time();
                peer.send(texts);
                let time = processor_time() - start;
                let bytes = stream.take_output(|output| compare_sent(output, judge, texts));
                Round { time, bytes: bytes as u64 }
            }
        }
    }
}

fn receiving(texts: &[Text], mut maker: Maker) -> Task {
    let (mut input, mut bytes) = (Vec::new(), 0);
    for text in texts {
        let payload = maker.compress(&text.bytes);
        bytes += payload.len() as u64;
        push_frame(FIRST, MASKED, &payload, &mut input);
    }
    Task::Receive { input: input.into(), bytes, compared: false }
}

fn receive_and_compare(peer: &mut dyn Peer, texts: &[Text]) {
    let mut expected = texts.iter();
    peer.receive(texts.len(), &mut |message| {
        assert!(expected.next().is_some_and(|text| text.bytes == message), "another message");
    });
}

fn receive(peer: &mut dyn Peer, texts: &[Text]) -> Duration {
    let mut received = 0;
    let start = processor_time();
    peer.receive(texts.len(), &mut |message| received += message.len());
    let time = processor_time() - start;
    assert_eq!(received, texts.iter().map(|text| text.bytes.len()).sum(), "bytes received");
    time
}

/// The bytes of all payloads.
fn compare_sent(output: &[u8], judge: &mut Judge, texts: &[Text]) -> usize {
    let mut payloads = Frames::new(FIRST, 0, output);
    let mut bytes = 0;
    for text in texts {
        let payload = payloads.next().expect("a frame for each message");
        judge.check(&payload, &text.bytes);
        bytes += payload.len();
    }
    assert!(payloads.next().is_none(), "a frame too many");
    bytes
}
