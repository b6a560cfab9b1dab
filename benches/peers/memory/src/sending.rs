//! The tables of sending.

use std::io;
use std::time::Duration;

use common::{Kind, Progress, Row, Table, length};

use crate::Effort;
use crate::cell::{Cell, Side, Task};
use crate::peers::{Contestant, SENDERS};

/// One table: the messages of one side, in all lengths.
#[derive(Clone, Copy, Debug)]
pub struct Sending {
    side: Side,
}

impl Sending {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        [Side::Server, Side::Client].into_iter().map(|side| Self { side })
    }

    /// Of the table: `send-server` or `send-client`.
    pub fn name(self) -> String {
        match self.side {
            Side::Server => "send-server".into(),
            Side::Client => "send-client".into(),
        }
    }

    fn title(self) -> String {
        let what = match self.side {
            Side::Server => "as a server, flushed after every 32 messages",
            Side::Client => "as a client, masked, flushed after each message",
        };
        format!("Sending binary messages {what}: ns of processor time a message")
    }

    /// In bytes. Servers' longer messages are left out: some never touch them, and a stream that
    /// drops what is written does not either.
    const fn lengths(self) -> &'static [usize] {
        match self.side {
            Side::Server => &[16, 125, 1 << 10],
            Side::Client => &[125, 1 << 10, 64 << 10, 1 << 20],
        }
    }

    const fn batch(self) -> usize {
        match self.side {
            Side::Server => 32,
            Side::Client => 1,
        }
    }

    /// Steps of [`measure`](Self::measure), and about how long they take.
    pub fn cost(self, effort: Effort) -> (usize, Duration) {
        (self.lengths().len(), effort.cost_of_cell() * self.lengths().len() as u32)
    }

    /// The table.
    pub fn measure(self, effort: Effort, progress: &mut Progress) -> io::Result<Table> {
        let names = SENDERS.map(|contestant| contestant.name);
        let mut rows = SENDERS.map(|contestant| Row {
            name: contestant.name.into(),
            kind: self.kind(contestant),
            values: Vec::new(),
        });
        for &len in self.lengths() {
            progress.step(
                &format!("{}, {}", self.name(), length(len)),
                effort.cost_of_cell().as_secs_f64(),
            );
            let times = self.cell(len, effort.bytes).measure(&names, effort.rounds)?;
            rows.iter_mut().zip(times).for_each(|(row, time)| row.values.push(time));
        }
        Ok(Table {
            name: self.name(),
            title: self.title(),
            more_is_better: false,
            columns: self.lengths().iter().copied().map(length).collect(),
            rows: rows.to_vec(),
        })
    }

    /// Where each message is flushed, all write it by itself.
    fn kind(self, contestant: Contestant) -> Kind {
        match (self.side, contestant.kind) {
            (Side::Client, Kind::Lacking) => Kind::Peer,
            (_, kind) => kind,
        }
    }

    fn cell(self, len: usize, bytes: usize) -> Cell {
        let batches = (bytes / (len + 8) / self.batch()).clamp(4, 10_000 / self.batch());
        let task = Task::Send { side: self.side, batch: self.batch() };
        Cell { task, len, count: batches * self.batch() }
    }
}
