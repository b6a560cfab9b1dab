//! The tables of sending.

use std::io;
use std::time::Duration;

use common::{Better, Kind, Progress, Row, Side, Table, format_length};

use crate::Effort;
use crate::peers::{Contestant, SENDERS};
use crate::workload::{Task, Workload};

/// One table: the messages of one side, in all lengths.
#[derive(Clone, Copy, Debug)]
pub struct Sending {
    side: Side,
}

impl Sending {
    /// The tables for both sides.
    pub fn all() -> impl Iterator<Item = Self> {
        [Side::Server, Side::Client].into_iter().map(|side| Self { side })
    }

    /// The name of the table: `send-server` or `send-client`.
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

    /// The lengths of the messages, in bytes. Longer messages of servers are left out: some peers
    /// never touch their bytes, and neither does a stream that drops what is written.
    const fn lengths(self) -> &'static [usize] {
        match self.side {
            Side::Server => &[16, 125, 1 << 10],
            Side::Client => &[125, 1 << 10, 64 << 10, 1 << 20],
        }
    }

    /// How many messages are sent between two flushes.
    const fn batch(self) -> usize {
        match self.side {
            Side::Server => 32,
            Side::Client => 1,
        }
    }

    /// How many steps [`measure`](Self::measure) has, and about how long they take.
    pub fn cost(self, effort: Effort) -> (usize, Duration) {
        (self.lengths().len(), effort.cost_of_workload() * self.lengths().len() as u32)
    }

    /// Measures the table.
    pub fn measure(self, effort: Effort, progress: &mut Progress) -> io::Result<Table> {
        let names = SENDERS.map(|contestant| contestant.name);
        let mut rows = SENDERS.map(|contestant| Row {
            name: contestant.name.into(),
            kind: self.kind(contestant),
            values: Vec::new(),
        });
        for &len in self.lengths() {
            progress.begin_step(
                &format!("{}, {}", self.name(), format_length(len)),
                effort.cost_of_workload().as_secs_f64(),
            );
            let times = self.workload(len, effort.pass_bytes).measure(&names, effort.rounds)?;
            rows.iter_mut().zip(times).for_each(|(row, time)| row.values.push(time));
        }
        Ok(Table {
            name: self.name(),
            title: self.title(),
            better: Better::Less,
            columns: self.lengths().iter().copied().map(format_length).collect(),
            rows: rows.to_vec(),
        })
    }

    /// Where every message is flushed, a peer that writes each message by itself leaves nothing
    /// out.
    fn kind(self, contestant: Contestant) -> Kind {
        match (self.side, contestant.kind) {
            (Side::Client, Kind::Incomplete) => Kind::Peer,
            (_, kind) => kind,
        }
    }

    fn workload(self, len: usize, pass_bytes: usize) -> Workload {
        let batches = (pass_bytes / (len + 8) / self.batch()).clamp(4, 10_000 / self.batch());
        let task = Task::Send { side: self.side, batch: self.batch() };
        Workload { task, len, count: batches * self.batch() }
    }
}
