//! The recent messages of a room, in their order.

use std::collections::VecDeque;

use websocket_proto::Prepared;

use super::memory::Share;
use crate::protocol::{Id, Said, encode};

/// How many messages are kept: who comes back later than that has missed some.
pub(crate) const KEPT: usize = 500;

/// How much memory they may take; a picture has up to 256 KiB.
pub(crate) const KEPT_BYTES: usize = 4 << 20;

/// How many messages somebody new is told.
const TOLD_TO_NEWCOMERS: usize = 50;

/// How many are read at once.
const BATCH: usize = 64;

pub(crate) struct Backlog {
    entries: VecDeque<Entry>,
    /// How many were dropped: the place of the first entry, counted from the room's beginning.
    dropped: u64,
    bytes: Share,
    /// All that was said behind this is here.
    since: Id,
    last: Id,
}

struct Entry {
    id: Id,
    from: String,
    key: String,
    message: Prepared,
}

impl Entry {
    /// How much memory it takes, if not to the byte.
    fn size(&self) -> usize {
        size_of::<Self>() + self.from.len() + self.key.len() + self.message.payload().len()
    }
}

/// What a reader wants is no longer here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gone;

impl Backlog {
    /// An empty one that begins behind `since`.
    pub(crate) const fn new(since: Id, bytes: Share) -> Self {
        Self { entries: VecDeque::new(), dropped: 0, bytes, since, last: since }
    }

    /// How much memory it takes.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes.own()
    }

    /// How far it goes.
    pub(crate) const fn last(&self) -> Id {
        self.last
    }

    /// There is nothing more up to here.
    pub(crate) fn pass(&mut self, id: Id) {
        self.last = self.last.max(id);
    }

    /// Begins anew behind `since`, as something before it never came here: what readers want next is
    /// gone.
    pub(crate) fn restart(&mut self, since: Id) {
        self.dropped = self.end() + 1;
        self.entries.clear();
        self.bytes.clear();
        (self.since, self.last) = (since, since);
    }

    /// Whether this was said before. Who says something again does so soon, so from the end.
    pub(crate) fn holds(&self, said: &Said) -> bool {
        self.entries.iter().rev().any(|entry| entry.key == said.key && entry.from == said.from)
    }

    pub(crate) fn push(&mut self, id: Id, said: Said) {
        let message = encode(id, &said);
        let entry = Entry { id, from: said.from, key: said.key, message };
        self.bytes.add(entry.size());
        self.pass(id);
        self.entries.push_back(entry);
        while self.entries.len() > KEPT || self.bytes() > KEPT_BYTES {
            self.drop_first();
        }
    }

    /// Where somebody begins to read who was told everything up to `after`, and whether all of what
    /// comes behind that is here.
    pub(crate) fn start(&self, after: Option<Id>) -> (u64, bool) {
        let Some(after) = after else {
            return (self.end().saturating_sub(TOLD_TO_NEWCOMERS as u64).max(self.dropped), true);
        };
        match self.entries.binary_search_by_key(&after, |entry| entry.id) {
            Ok(at) => (self.dropped + at as u64 + 1, true),
            Err(_) => (self.dropped, after == self.since),
        }
    }

    /// Some messages from a place on, which moves behind them; none at the end.
    pub(crate) fn read(&self, place: &mut u64) -> Result<Vec<Prepared>, Gone> {
        let skipped = place.checked_sub(self.dropped).ok_or(Gone)? as usize;
        let batch = self.entries.iter().skip(skipped).take(BATCH);
        let messages: Vec<_> = batch.map(|entry| entry.message.clone()).collect();
        *place += messages.len() as u64;
        Ok(messages)
    }

    /// How far somebody was told who has read up to this place.
    pub(crate) fn position(&self, place: u64) -> Id {
        let read = place.saturating_sub(self.dropped) as usize;
        let last = read.checked_sub(1).and_then(|at| self.entries.get(at));
        last.map_or(self.since, |entry| entry.id)
    }

    fn end(&self) -> u64 {
        self.dropped + self.entries.len() as u64
    }

    /// Not if there is nothing.
    pub(crate) fn drop_first(&mut self) -> bool {
        let first = self.entries.pop_front();
        if let Some(entry) = &first {
            self.dropped += 1;
            self.bytes.subtract(entry.size());
            self.since = entry.id;
        }
        first.is_some()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::protocol::{Content, Picture};

    fn id(number: usize) -> Id {
        format!("1000-{number}").parse().unwrap()
    }

    fn text(number: usize) -> Said {
        let content = Content::Text(number.to_string());
        Said { from: "Ann".into(), by: String::new(), key: number.to_string(), content }
    }

    fn backlog(messages: usize) -> Backlog {
        let mut backlog = Backlog::new(id(0), Share::default());
        (1..=messages).for_each(|number| backlog.push(id(number), text(number)));
        backlog
    }

    /// The numbers of the messages from there on.
    fn read(backlog: &Backlog, mut place: u64) -> Vec<usize> {
        let mut numbers = Vec::new();
        loop {
            let batch = backlog.read(&mut place).unwrap();
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
    fn newcomers_are_told_the_last_fifty() {
        for (messages, first) in [(0, 1), (3, 1), (50, 1), (70, 21), (KEPT + 9, KEPT - 40)] {
            let backlog = backlog(messages);
            let (place, is_complete) = backlog.start(None);
            assert!(is_complete);
            assert_eq!(read(&backlog, place), (first..=messages).collect::<Vec<_>>());
        }
    }

    #[test]
    fn whoever_comes_back_is_told_the_rest() {
        let backlog = backlog(KEPT + 10);
        for after in 10..=KEPT + 10 {
            let (place, is_complete) = backlog.start(Some(id(after)));
            assert!(is_complete, "{after}");
            assert_eq!(read(&backlog, place), (after + 1..=KEPT + 10).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_no_longer_here_is_admitted() {
        let backlog = backlog(KEPT + 10);
        // Too old, or of a room that this one has not been.
        for after in [id(0), id(9), id(KEPT + 11), "1-0".parse().unwrap()] {
            let (place, is_complete) = backlog.start(Some(after));
            assert!(!is_complete);
            assert_eq!(read(&backlog, place), (11..=KEPT + 10).collect::<Vec<_>>());
        }
        assert_eq!(backlog.read(&mut 9).err(), Some(Gone));
    }

    #[test]
    fn a_position_leads_back_to_its_place() {
        for messages in [0, 3, KEPT + 10] {
            let backlog = backlog(messages);
            for place in backlog.dropped..=backlog.end() {
                assert_eq!(backlog.start(Some(backlog.position(place))), (place, true));
            }
        }
    }

    #[test]
    fn large_pictures_push_out_sooner() {
        let mut backlog = backlog(10);
        let data = Bytes::from([b"GIF89a".to_vec(), vec![0; 200_000]].concat());
        for number in 11..=40 {
            let content = Content::Picture(Picture { alt: String::new(), data: data.clone() });
            backlog.push(
                id(number),
                Said { from: "Ann".into(), by: String::new(), key: String::new(), content },
            );
        }
        let each = backlog.entries[0].size();
        assert!((200_106..201_000).contains(&each), "{each}");
        assert_eq!(backlog.entries.len(), KEPT_BYTES / each);
        assert_eq!(backlog.bytes(), each * backlog.entries.len());
    }

    #[test]
    fn what_was_said_is_known_by_sender_and_key() {
        let backlog = backlog(3);
        assert!(backlog.holds(&text(2)));
        assert!(!backlog.holds(&text(4)));
        assert!(!backlog.holds(&Said { from: "Bob".into(), ..text(2) }));
    }
}
