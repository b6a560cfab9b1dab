//! The table of opening handshakes.

use std::hint::black_box;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use common::{Better, MemoryStream, Progress, Round, Row, Table, processor_time};

use crate::Effort;
use crate::openers::{OPENERS, Opener};
use crate::workload::{PASSES, Task, Workload};

/// What is needed (RFC 6455 §4.1), with the key of RFC 6455 §1.3.
const SHORT: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// What a browser sends.
const BROWSER: &str = "GET /chat?room=lobby HTTP/1.1\r\nHost: server.example.com:8080\r\n\
    Connection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
    Chrome/140.0.0.0 Safari/537.36\r\nUpgrade: websocket\r\nOrigin: https://server.example.com\r\n\
    Sec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n\
    Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";

/// The answer to the key.
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const REQUESTS: [(&str, &str); 2] = [("short", SHORT), ("of a browser", BROWSER)];

/// The table of the time that a server needs for an opening handshake.
#[derive(Clone, Copy, Debug)]
pub struct Opening;

impl Opening {
    /// The name of the table.
    pub const NAME: &str = "handshake-server";

    /// How many steps [`measure`](Self::measure) has, and about how long they take.
    pub fn cost(self, effort: Effort) -> (usize, Duration) {
        (REQUESTS.len(), effort.cost_of_workload() * REQUESTS.len() as u32)
    }

    /// Measures the table.
    pub fn measure(self, effort: Effort, progress: &mut Progress) -> io::Result<Table> {
        let names = OPENERS.map(|contestant| contestant.name);
        let mut rows = OPENERS.map(|contestant| Row {
            name: contestant.name.into(),
            kind: contestant.kind,
            values: Vec::new(),
        });
        for (name, request) in REQUESTS {
            progress.begin_step(
                &format!("{}, {name}", Self::NAME),
                effort.cost_of_workload().as_secs_f64(),
            );
            let count = effort.pass_bytes / request.len();
            let workload = Workload { task: Task::Open, len: request.len(), count };
            let times = workload.measure(&names, effort.rounds)?;
            rows.iter_mut().zip(times).for_each(|(row, time)| row.values.push(time));
        }
        Ok(Table {
            name: Self::NAME.into(),
            title: "Opening handshakes of a server, by the request: ns of processor time each, with making \
                    the connection and dropping it"
                .into(),
            better: Better::Less,
            columns: REQUESTS.map(|(name, _)| name.into()).to_vec(),
            rows: rows.to_vec(),
        })
    }
}

/// A function that runs a round of handshakes at each call. The first response is looked at.
pub(crate) fn rounds<O: Opener + 'static>(workload: Workload) -> Box<dyn FnMut() -> Round> {
    let (_, request) = REQUESTS
        .into_iter()
        .find(|(_, request)| request.len() == workload.len)
        .expect("the length of a request");
    let request = Bytes::from_static(request.as_bytes());
    let (stream, mut opener) = (MemoryStream::default(), O::new());
    stream.set_input(request.clone());
    opener.open(&stream);
    stream.take_output(check_response);
    stream.discard_output();
    Box::new(move || {
        let written = stream.bytes_written();
        let start = processor_time();
        for _ in 0..workload.count * PASSES as usize {
            stream.set_input(black_box(request.clone()));
            opener.open(&stream);
        }
        let time = processor_time() - start;
        assert!(stream.bytes_written() > written, "no response");
        Round { time, bytes: 0 }
    })
}

fn check_response(response: &[u8]) {
    let response = str::from_utf8(response).expect("a response in ASCII");
    assert!(response.starts_with("HTTP/1.1 101 "), "{response}");
    assert!(response.contains(ACCEPT), "{response}");
    assert!(response.ends_with("\r\n\r\n"), "{response}");
}
