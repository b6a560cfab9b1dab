//! What the clients send, and what has to come back.

use std::io;

use common::{BINARY, Content, FINAL, Side, payloads, push_frame};

use crate::work::{MARK_LEN, Work};

/// What a server sends back.
#[derive(Clone, Copy)]
pub(crate) enum Echo {
    /// The messages, in frames of its own.
    Messages,
    /// The bytes as it reads them: the masked frames of the clients.
    Bytes,
}

/// What clients send again and again: requests, as many different ones as are in flight on a
/// connection. All are equally long.
pub(crate) struct Traffic {
    requests: Vec<u8>,
    replies: Vec<u8>,
    /// How many requests are in flight.
    in_flight: usize,
    /// How many messages a request has, beside the one that is answered.
    messages: usize,
    work: Work,
}

impl Traffic {
    /// Makes binary messages of this length, and their echo.
    pub(crate) fn new(len: usize, in_flight: usize, echo: Echo) -> Self {
        let (mut requests, mut replies) = (Vec::new(), Vec::new());
        let replying = match echo {
            Echo::Messages => Side::Server,
            Echo::Bytes => Side::Client,
        };
        for payload in payloads(Content::Binary, len, in_flight) {
            push_frame(FINAL | BINARY, Side::Client, &payload, &mut requests);
            push_frame(FINAL | BINARY, replying, &payload, &mut replies);
        }
        Self { requests, replies, in_flight, messages: 1, work: Work::Echo }
    }

    /// Makes requests of `messages` binary messages of this length, and of a short one that is
    /// answered.
    pub(crate) fn one_way(len: usize, messages: usize, in_flight: usize, echo: Echo) -> Self {
        let (mut requests, mut replies) = (Vec::new(), Vec::new());
        for number in 0..in_flight {
            for payload in payloads(Content::Binary, len, messages) {
                push_frame(FINAL | BINARY, Side::Client, &payload, &mut requests);
            }
            let mark = [number as u8; MARK_LEN];
            push_frame(FINAL | BINARY, Side::Client, &mark, &mut requests);
            match echo {
                Echo::Messages => push_frame(FINAL | BINARY, Side::Server, &mark, &mut replies),
                Echo::Bytes => replies.push(0),
            }
        }
        let work = Work::Receive { len: requests.len() / in_flight };
        Self { requests, replies, in_flight, messages, work }
    }

    /// What a server does with the messages.
    pub(crate) const fn work(&self) -> Work {
        self.work
    }

    /// How many messages a request has, beside the one that is answered.
    pub(crate) const fn messages(&self) -> usize {
        self.messages
    }

    /// All requests that may be in flight at once.
    pub(crate) fn requests(&self) -> &[u8] {
        &self.requests
    }

    /// The replies to all requests in flight.
    pub(crate) fn replies(&self) -> &[u8] {
        &self.replies
    }

    /// The length of one request on the wire, in bytes.
    pub(crate) const fn request_len(&self) -> usize {
        self.requests.len() / self.in_flight
    }

    /// The length of one reply on the wire, in bytes.
    const fn reply_len(&self) -> usize {
        self.replies.len() / self.in_flight
    }
}

/// Checks every byte that comes back on one connection.
#[derive(Default)]
pub(crate) struct ReplyChecker {
    /// The index of the next byte in the replies to all requests in flight.
    position: usize,
}

impl ReplyChecker {
    /// Checks these bytes, and returns how many replies they complete.
    pub(crate) fn check(&mut self, mut bytes: &[u8], traffic: &Traffic) -> io::Result<usize> {
        let before = self.position % traffic.reply_len();
        let replies = (before + bytes.len()) / traffic.reply_len();
        while !bytes.is_empty() {
            let expected = &traffic.replies[self.position..];
            let (part, rest) = bytes.split_at(bytes.len().min(expected.len()));
            if part != &expected[..part.len()] {
                return Err(io::Error::other("the echo is another"));
            }
            self.position = (self.position + part.len()) % traffic.replies.len();
            bytes = rest;
        }
        Ok(replies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_counted_at_all_cuts() {
        let traffic = Traffic::new(20, 3, Echo::Messages);
        let stream = traffic.replies().repeat(4);
        for cut in 1..stream.len() {
            let mut checker = ReplyChecker::default();
            let counts = stream.chunks(cut).map(|part| checker.check(part, &traffic).unwrap());
            assert_eq!(counts.sum::<usize>(), 12, "cut every {cut} bytes");
        }
    }

    #[test]
    fn a_message_is_counted_with_its_last_byte() {
        let traffic = Traffic::new(20, 3, Echo::Messages);
        let mut checker = ReplyChecker::default();
        assert_eq!(checker.check(&traffic.replies()[..21], &traffic).unwrap(), 0);
        assert_eq!(checker.check(&traffic.replies()[21..22], &traffic).unwrap(), 1);
    }

    #[test]
    fn every_wrong_byte_is_found() {
        let traffic = Traffic::new(20, 3, Echo::Messages);
        for wrong in 0..traffic.replies().len() {
            let mut bytes = traffic.replies().to_vec();
            bytes[wrong] ^= 1;
            assert!(ReplyChecker::default().check(&bytes, &traffic).is_err(), "byte {wrong}");
        }
    }

    #[test]
    fn messages_in_another_order_are_found() {
        let traffic = Traffic::new(20, 3, Echo::Messages);
        let (first, others) = traffic.replies().split_at(22);
        let bytes = [others, first].concat();
        assert!(ReplyChecker::default().check(&bytes, &traffic).is_err());
    }

    #[test]
    fn an_echo_of_bytes_is_what_was_sent() {
        let traffic = Traffic::new(20, 3, Echo::Bytes);
        assert_eq!(traffic.replies(), traffic.requests());
        assert_eq!(traffic.request_len(), 26);
    }
}
