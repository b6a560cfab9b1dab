//! The recent messages of a room, in order.

use std::collections::VecDeque;

use websocket_proto::Prepared;

use super::memory::MemoryShare;
use crate::protocol::{MessageId, RoomMessage, encode};

/// How many messages are kept. A client that missed more has to do without the oldest of them.
pub(crate) const MAX_BACKLOG_LEN: usize = 500;

/// How much memory the messages may take. A picture has up to 256 KiB.
pub(crate) const MAX_BACKLOG_BYTES: usize = 4 << 20;

/// How many of the messages a newcomer receives.
const NEWCOMER_LEN: usize = 50;

/// How many messages are read at once.
const BATCH_LEN: usize = 64;

pub(crate) struct Backlog {
    entries: VecDeque<Entry>,
    /// The index of the first entry, counted from the first message of the room: how many were
    /// dropped.
    first_index: u64,
    memory: MemoryShare,
    /// All messages of the room after this one are here.
    complete_since: MessageId,
    last_id: MessageId,
}

struct Entry {
    id: MessageId,
    sender_name: String,
    key: String,
    encoded: Prepared,
}

impl Entry {
    /// How much memory the entry takes, approximately.
    fn size(&self) -> usize {
        let text_len = self.sender_name.len() + self.key.len();
        size_of::<Self>() + text_len + self.encoded.payload().len()
    }
}

/// Where a reader begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) index: u64,
    /// Whether all messages that the reader has not received are still here.
    pub(crate) is_complete: bool,
}

/// The message that a reader wants next is no longer here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gone;

impl Backlog {
    /// An empty backlog, for the messages after `since`.
    pub(crate) const fn new(since: MessageId, memory: MemoryShare) -> Self {
        let entries = VecDeque::new();
        Self { entries, first_index: 0, memory, complete_since: since, last_id: since }
    }

    /// How much memory the messages take.
    pub(crate) const fn bytes(&self) -> usize {
        self.memory.bytes()
    }

    /// The ID that the next message has to exceed.
    pub(crate) const fn last_id(&self) -> MessageId {
        self.last_id
    }

    /// Notes that there are no more messages up to this ID.
    pub(crate) fn advance_to(&mut self, id: MessageId) {
        self.last_id = self.last_id.max(id);
    }

    /// Begins anew with the messages after `since`, because some before it are missing here. What
    /// readers want next is [`Gone`].
    pub(crate) fn restart(&mut self, since: MessageId) {
        self.first_index = self.end() + 1;
        self.entries.clear();
        self.memory.clear();
        (self.complete_since, self.last_id) = (since, since);
    }

    /// Whether a message of this sender with this key is here. Searches from the end, as messages
    /// are posted again soon or never.
    pub(crate) fn contains(&self, message: &RoomMessage) -> bool {
        let is_same =
            |entry: &Entry| entry.key == message.key && entry.sender_name == message.sender_name;
        self.entries.iter().rev().any(is_same)
    }

    pub(crate) fn push(&mut self, id: MessageId, message: RoomMessage) {
        let encoded = encode(id, &message);
        let entry = Entry { id, sender_name: message.sender_name, key: message.key, encoded };
        self.memory.add(entry.size());
        self.advance_to(id);
        self.entries.push_back(entry);
        while self.entries.len() > MAX_BACKLOG_LEN || self.bytes() > MAX_BACKLOG_BYTES {
            self.drop_oldest();
        }
    }

    /// Where somebody begins to read who has received everything up to the message `after`, or
    /// nothing yet.
    pub(crate) fn start(&self, after: Option<MessageId>) -> Start {
        let Some(after) = after else {
            let index = self.end().saturating_sub(NEWCOMER_LEN as u64).max(self.first_index);
            return Start { index, is_complete: true };
        };
        match self.entries.binary_search_by_key(&after, |entry| entry.id) {
            Ok(at) => Start { index: self.first_index + at as u64 + 1, is_complete: true },
            Err(_) => Start { index: self.first_index, is_complete: after == self.complete_since },
        }
    }

    /// Reads some messages from an index on, and advances the index. Empty at the end.
    pub(crate) fn read(&self, index: &mut u64) -> Result<Vec<Prepared>, Gone> {
        let skipped = index.checked_sub(self.first_index).ok_or(Gone)? as usize;
        let batch = self.entries.iter().skip(skipped).take(BATCH_LEN);
        let messages: Vec<_> = batch.map(|entry| entry.encoded.clone()).collect();
        *index += messages.len() as u64;
        Ok(messages)
    }

    /// The ID of the last message before an index: what a reader who has read up to there can ask
    /// to continue after.
    pub(crate) fn id_before(&self, index: u64) -> MessageId {
        let read = index.saturating_sub(self.first_index) as usize;
        let last = read.checked_sub(1).and_then(|at| self.entries.get(at));
        last.map_or(self.complete_since, |entry| entry.id)
    }

    /// The index of the next message.
    fn end(&self) -> u64 {
        self.first_index + self.entries.len() as u64
    }

    /// Drops the oldest message. `false` if there is none.
    pub(crate) fn drop_oldest(&mut self) -> bool {
        let oldest = self.entries.pop_front();
        if let Some(entry) = &oldest {
            self.first_index += 1;
            self.memory.subtract(entry.size());
            self.complete_since = entry.id;
        }
        oldest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::protocol::{Content, Picture};

    fn id(number: usize) -> MessageId {
        format!("1000-{number}").parse().unwrap()
    }

    fn message(key: String, content: Content) -> RoomMessage {
        RoomMessage { sender_name: "Ann".into(), sender_id: String::new(), key, content }
    }

    fn text(number: usize) -> RoomMessage {
        message(number.to_string(), Content::Text(number.to_string()))
    }

    fn backlog(messages: usize) -> Backlog {
        let mut backlog = Backlog::new(id(0), MemoryShare::default());
        (1..=messages).for_each(|number| backlog.push(id(number), text(number)));
        backlog
    }

    /// The numbers of the messages from an index on.
    fn read(backlog: &Backlog, mut index: u64) -> Vec<usize> {
        let mut numbers = Vec::new();
        loop {
            let batch = backlog.read(&mut index).unwrap();
            if batch.is_empty() {
                return numbers;
            }
            numbers.extend(batch.iter().map(|message| {
                let json: serde_json::Value = serde_json::from_slice(message.payload()).unwrap();
                json["text"].as_str().unwrap().parse::<usize>().unwrap()
            }));
        }
    }

    #[test]
    fn newcomers_receive_the_last_fifty_messages() {
        for (messages, first) in
            [(0, 1), (3, 1), (50, 1), (70, 21), (MAX_BACKLOG_LEN + 9, MAX_BACKLOG_LEN - 40)]
        {
            let backlog = backlog(messages);
            let Start { index, is_complete } = backlog.start(None);
            assert!(is_complete);
            assert_eq!(read(&backlog, index), (first..=messages).collect::<Vec<_>>());
        }
    }

    #[test]
    fn those_who_reconnect_receive_the_rest() {
        let backlog = backlog(MAX_BACKLOG_LEN + 10);
        for after in 10..=MAX_BACKLOG_LEN + 10 {
            let Start { index, is_complete } = backlog.start(Some(id(after)));
            assert!(is_complete, "{after}");
            assert_eq!(
                read(&backlog, index),
                (after + 1..=MAX_BACKLOG_LEN + 10).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn a_start_after_an_unknown_message_is_not_complete() {
        let backlog = backlog(MAX_BACKLOG_LEN + 10);
        // Too old, or of another room.
        for after in [id(0), id(9), id(MAX_BACKLOG_LEN + 11), "1-0".parse().unwrap()] {
            let Start { index, is_complete } = backlog.start(Some(after));
            assert!(!is_complete);
            assert_eq!(read(&backlog, index), (11..=MAX_BACKLOG_LEN + 10).collect::<Vec<_>>());
        }
        assert_eq!(backlog.read(&mut 9).err(), Some(Gone));
    }

    #[test]
    fn the_id_before_an_index_leads_back_to_the_index() {
        for messages in [0, 3, MAX_BACKLOG_LEN + 10] {
            let backlog = backlog(messages);
            for index in backlog.first_index..=backlog.end() {
                let start = Start { index, is_complete: true };
                assert_eq!(backlog.start(Some(backlog.id_before(index))), start);
            }
        }
    }

    #[test]
    fn large_pictures_push_out_earlier_messages() {
        let mut backlog = backlog(10);
        let data = Bytes::from([b"GIF89a".to_vec(), vec![0; 200_000]].concat());
        for number in 11..=40 {
            let content = Content::Picture(Picture { alt: String::new(), data: data.clone() });
            backlog.push(id(number), message(String::new(), content));
        }
        let each = backlog.entries[0].size();
        assert!((200_106..201_000).contains(&each), "{each}");
        assert_eq!(backlog.entries.len(), MAX_BACKLOG_BYTES / each);
        assert_eq!(backlog.bytes(), each * backlog.entries.len());
    }

    #[test]
    fn a_message_is_recognised_by_sender_and_key() {
        let backlog = backlog(3);
        assert!(backlog.contains(&text(2)));
        assert!(!backlog.contains(&text(4)));
        assert!(!backlog.contains(&RoomMessage { sender_name: "Bob".into(), ..text(2) }));
    }
}
