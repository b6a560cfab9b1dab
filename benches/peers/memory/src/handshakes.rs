//! Rounds of opening handshakes.

use std::hint::black_box;

use bytes::Bytes;
use common::{MemoryStream, Round, processor_time};

use crate::workload::{PASSES, Workload};

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

/// The requests, by the names of their columns.
pub(crate) const REQUESTS: [(&str, &str); 2] = [("short", SHORT), ("of a browser", BROWSER)];

/// What accepts opening handshakes, one after the other.
pub(crate) trait Opener {
    fn new() -> Self;

    /// Reads the request, and writes the response to it. What was accepted is dropped.
    fn open(&mut self, stream: &MemoryStream);
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
