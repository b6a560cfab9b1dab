//! What clients send, and what has to come back.

use std::io;

use common::{BINARY, Content, FINAL, MASKED, payloads, push_frame};

/// As many different messages as are in flight, over and over.
pub(crate) struct Traffic {
    requests: Vec<u8>,
    replies: Vec<u8>,
    /// Messages in flight.
    window: usize,
}

impl Traffic {
    /// Binary messages. A server that knows no protocol sends the masked frames back.
    pub(crate) fn new(len: usize, window: usize, raw: bool) -> Self {
        let (mut requests, mut replies) = (Vec::new(), Vec::new());
        for payload in payloads(Content::Binary, len, window) {
            push_frame(FINAL | BINARY, MASKED, &payload, &mut requests);
            push_frame(FINAL | BINARY, 0, &payload, &mut replies);
        }
        if raw {
            replies.clone_from(&requests);
        }
        Self { requests, replies, window }
    }

    /// All requests that may be in flight at once.
    pub(crate) fn requests(&self) -> &[u8] {
        &self.requests
    }

    /// The replies to them.
    pub(crate) fn replies(&self) -> &[u8] {
        &self.replies
    }

    /// Of one, in bytes.
    pub(crate) const fn request_len(&self) -> usize {
        self.requests.len() / self.window
    }

    const fn reply_len(&self) -> usize {
        self.replies.len() / self.window
    }
}

/// Checks every byte of what comes back on one connection.
#[derive(Default)]
pub(crate) struct Replies {
    /// In the replies to all requests in flight.
    at: usize,
}

impl Replies {
    /// How many messages are complete with these bytes.
    pub(crate) fn take(&mut self, mut bytes: &[u8], traffic: &Traffic) -> io::Result<usize> {
        let before = self.at % traffic.reply_len();
        let messages = (before + bytes.len()) / traffic.reply_len();
        while !bytes.is_empty() {
            let expected = &traffic.replies[self.at..];
            let (part, rest) = bytes.split_at(bytes.len().min(expected.len()));
            if part != &expected[..part.len()] {
                return Err(io::Error::other("the echo is another"));
            }
            self.at = (self.at + part.len()) % traffic.replies.len();
            bytes = rest;
        }
        Ok(messages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_count_however_they_are_cut() {
        let traffic = Traffic::new(20, 3, false);
        let stream = traffic.replies().repeat(4);
        for cut in 1..stream.len() {
            let mut replies = Replies::default();
            let counts = stream.chunks(cut).map(|part| replies.take(part, &traffic).unwrap());
            assert_eq!(counts.sum::<usize>(), 12, "cut every {cut} bytes");
        }
    }

    #[test]
    fn a_message_is_counted_with_its_last_byte() {
        let traffic = Traffic::new(20, 3, false);
        let mut replies = Replies::default();
        assert_eq!(replies.take(&traffic.replies()[..21], &traffic).unwrap(), 0);
        assert_eq!(replies.take(&traffic.replies()[21..22], &traffic).unwrap(), 1);
    }

    #[test]
    fn every_wrong_byte_is_found() {
        let traffic = Traffic::new(20, 3, false);
        for wrong in 0..traffic.replies().len() {
            let mut bytes = traffic.replies().to_vec();
            bytes[wrong] ^= 1;
            assert!(Replies::default().take(&bytes, &traffic).is_err(), "byte {wrong}");
        }
    }

    #[test]
    fn messages_in_another_order_are_found() {
        let traffic = Traffic::new(20, 3, false);
        let (first, others) = traffic.replies().split_at(22);
        let bytes = [others, first].concat();
        assert!(Replies::default().take(&bytes, &traffic).is_err());
    }

    #[test]
    fn who_knows_no_protocol_sends_requests_back() {
        let traffic = Traffic::new(20, 3, true);
        assert_eq!(traffic.replies(), traffic.requests());
        assert_eq!(traffic.request_len(), 26);
    }
}
