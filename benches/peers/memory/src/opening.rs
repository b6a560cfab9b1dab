//! The table of opening handshakes.

use std::io;
use std::time::Duration;

use common::{Better, Progress, Row, Table};

use crate::Effort;
use crate::handshakes::REQUESTS;
use crate::openers::OPENERS;
use crate::workload::{Task, Workload};

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
