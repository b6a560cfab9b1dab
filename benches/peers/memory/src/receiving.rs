//! The tables of receiving.

use std::io;
use std::time::Duration;

use common::{Content, Kind, Progress, Row, Table, length};

use crate::Effort;
use crate::cell::{Cell, Task};
use crate::peers::{Contestant, RECEIVERS};

const LENGTHS: [usize; 6] = [16, 125, 1 << 10, 16 << 10, 64 << 10, 1 << 20];

/// A read over Ethernet, about: what one packet of TCP carries.
const PACKET: usize = 1400;

/// One table: messages of one kind, cut in one way, in all lengths.
#[derive(Clone, Copy, Debug)]
pub struct Receiving {
    content: Content,
    fragments: usize,
    reads: usize,
}

impl Receiving {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        [Content::Binary, Content::Ascii, Content::MultiByte].into_iter().flat_map(|content| {
            [(1, 0), (1, PACKET), (16, 0)].map(|(fragments, reads)| Self {
                content,
                fragments,
                reads,
            })
        })
    }

    /// Of the table, such as `receive-text-1400`.
    pub fn name(self) -> String {
        let content = match self.content {
            Content::Binary => "binary",
            Content::Ascii => "text",
            Content::MultiByte => "multibyte",
        };
        let cut = match (self.fragments, self.reads) {
            (1, 0) => "",
            (1, _) => "-1400",
            _ => "-fragments",
        };
        format!("receive-{content}{cut}")
    }

    fn title(self) -> String {
        let content = match self.content {
            Content::Binary => "binary messages",
            Content::Ascii => "text messages in ASCII",
            Content::MultiByte => "text messages in many scripts",
        };
        let cut = match (self.fragments, self.reads) {
            (1, 0) => "read as much at a time as the receiver asks for",
            (1, _) => "read 1,400 bytes at a time",
            _ => "in 16 fragments each",
        };
        format!("Receiving {content}, {cut}: ns of processor time a message")
    }

    /// Steps of [`measure`](Self::measure), and about how long they take.
    pub fn cost(self, effort: Effort) -> (usize, Duration) {
        (LENGTHS.len(), effort.cost_of_cell() * LENGTHS.len() as u32)
    }

    /// The table.
    pub fn measure(self, effort: Effort, progress: &mut Progress) -> io::Result<Table> {
        let names = RECEIVERS.map(|contestant| contestant.name);
        let mut rows = RECEIVERS.map(|contestant| self.row(contestant));
        for len in LENGTHS {
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
            columns: LENGTHS.map(length).to_vec(),
            rows: rows.to_vec(),
        })
    }

    fn row(self, contestant: Contestant) -> Row {
        let lacking = contestant.kind == Kind::Lacking && self.content == Content::Binary;
        let kind = if lacking { Kind::Peer } else { contestant.kind };
        Row { name: contestant.name.into(), kind, values: Vec::new() }
    }

    fn cell(self, len: usize, bytes: usize) -> Cell {
        let Self { content, fragments, reads } = self;
        // As many as are on the wire together with their headers, and enough of long ones.
        let count = (bytes / (len + 8 * fragments)).clamp(4, 10_000);
        Cell { task: Task::Receive { content, fragments, reads }, len, count }
    }
}
