//! The tables of receiving.

use std::io;
use std::time::Duration;

use common::{Better, Content, Kind, Progress, Row, Table, format_length};

use crate::Effort;
use crate::peers::{Contestant, RECEIVERS};
use crate::workload::{Task, Workload};

const LENGTHS: [usize; 6] = [16, 125, 1 << 10, 16 << 10, 64 << 10, 1 << 20];

/// About what one TCP packet carries over Ethernet, in bytes.
const PACKET: usize = 1400;

/// One table: messages of one kind, cut in one way, in all lengths.
#[derive(Clone, Copy, Debug)]
pub struct Receiving {
    content: Content,
    cut: Cut,
}

/// How the messages are cut.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// Not at all: reads give as much as the receiver asks for.
    Whole,
    /// By reads of one packet each.
    Packets,
    /// Into 16 fragments a message.
    Fragments,
}

impl Cut {
    const fn fragments(self) -> usize {
        match self {
            Self::Whole | Self::Packets => 1,
            Self::Fragments => 16,
        }
    }

    const fn read_limit(self) -> Option<usize> {
        match self {
            Self::Packets => Some(PACKET),
            Self::Whole | Self::Fragments => None,
        }
    }
}

impl Receiving {
    /// The tables for all kinds of messages and all ways to cut them.
    pub fn all() -> impl Iterator<Item = Self> {
        [Content::Binary, Content::Ascii, Content::MultiByte].into_iter().flat_map(|content| {
            [Cut::Whole, Cut::Packets, Cut::Fragments].map(|cut| Self { content, cut })
        })
    }

    /// The name of the table, such as `receive-text-1400`.
    pub fn name(self) -> String {
        let content = match self.content {
            Content::Binary => "binary",
            Content::Ascii => "text",
            Content::MultiByte => "multibyte",
        };
        let cut = match self.cut {
            Cut::Whole => "",
            Cut::Packets => "-1400",
            Cut::Fragments => "-fragments",
        };
        format!("receive-{content}{cut}")
    }

    fn title(self) -> String {
        let content = match self.content {
            Content::Binary => "binary messages",
            Content::Ascii => "text messages in ASCII",
            Content::MultiByte => "text messages in many scripts",
        };
        let cut = match self.cut {
            Cut::Whole => "read as much at a time as the receiver asks for",
            Cut::Packets => "read 1,400 bytes at a time",
            Cut::Fragments => "in 16 fragments each",
        };
        format!("Receiving {content}, {cut}: ns of processor time a message")
    }

    /// How many steps [`measure`](Self::measure) has, and about how long they take.
    pub fn cost(self, effort: Effort) -> (usize, Duration) {
        (LENGTHS.len(), effort.cost_of_workload() * LENGTHS.len() as u32)
    }

    /// Measures the table.
    pub fn measure(self, effort: Effort, progress: &mut Progress) -> io::Result<Table> {
        let names = RECEIVERS.map(|contestant| contestant.name);
        let mut rows = RECEIVERS.map(|contestant| self.row(contestant));
        for len in LENGTHS {
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
            columns: LENGTHS.map(format_length).to_vec(),
            rows: rows.to_vec(),
        })
    }

    fn row(self, contestant: Contestant) -> Row {
        // Binary messages need no check of UTF-8.
        let kind = match (self.content, contestant.kind) {
            (Content::Binary, Kind::Incomplete) => Kind::Peer,
            (_, kind) => kind,
        };
        Row { name: contestant.name.into(), kind, values: Vec::new() }
    }

    fn workload(self, len: usize, pass_bytes: usize) -> Workload {
        let (fragments, read_limit) = (self.cut.fragments(), self.cut.read_limit());
        // Counts about 8 bytes of header for each frame. A pass has at least four messages.
        let count = (pass_bytes / (len + 8 * fragments)).clamp(4, 10_000);
        Workload {
            task: Task::Receive { content: self.content, fragments, read_limit },
            len,
            count,
        }
    }
}
