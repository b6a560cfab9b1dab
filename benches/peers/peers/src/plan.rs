//! What is measured, in which order, and for how long.

use std::io;
use std::time::Duration;

use common::{Progress, Table};
use echo::{Broadcast, Idle, Speed};
use kernels::{Masking, Validating};
use memory::{Opening, Receiving, Sending};

use crate::options::Options;

pub(crate) struct Plan {
    parts: Vec<Part>,
    effort: Effort,
}

/// One table, or two that are measured together.
#[derive(Clone, Copy)]
enum Part {
    Receiving(Receiving),
    Sending(Sending),
    Opening,
    Masking(Masking),
    Validating,
    Speed(Speed),
    Broadcast,
    Idle(Idle),
}

#[derive(Clone, Copy)]
struct Effort {
    memory: memory::Effort,
    kernel_rounds: usize,
    echo: echo::Effort,
}

impl Plan {
    /// Plans the tables that the options want. Servers are to run on `server_core`.
    pub(crate) fn new(options: &Options, server_core: usize) -> Self {
        let wanted = |part: &Part| {
            let name = part.name();
            options.only.is_empty() || options.only.iter().any(|only| name.contains(&only[..]))
        };
        let parts = all_parts().filter(wanted).collect();
        let effort = if options.quick { quick(server_core) } else { whole(server_core) };
        Self { parts, effort }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub(crate) fn measure(&self) -> io::Result<Vec<Table>> {
        let costs = self.parts.iter().map(|part| part.cost(self.effort));
        let (steps, cost) = costs.fold((0, Duration::ZERO), |(steps, cost), (more, longer)| {
            (steps + more, cost + longer)
        });
        let mut progress = Progress::new(steps, cost.as_secs_f64());
        let mut tables = Vec::new();
        for part in &self.parts {
            tables.extend(part.measure(self.effort, &mut progress)?);
        }
        Ok(tables)
    }
}

fn all_parts() -> impl Iterator<Item = Part> {
    let receiving = Receiving::all().map(Part::Receiving);
    let memory = receiving.chain(Sending::all().map(Part::Sending));
    let kernels = memory
        .chain([Part::Opening])
        .chain(Masking::all().map(Part::Masking))
        .chain([Part::Validating]);
    kernels
        .chain(Speed::all().map(Part::Speed))
        .chain([Part::Broadcast])
        .chain(Idle::all().map(Part::Idle))
}

fn whole(server_core: usize) -> Effort {
    Effort {
        memory: memory::Effort { rounds: 42, pass_bytes: 512 << 10 },
        kernel_rounds: 41,
        echo: echo::Effort {
            rounds: 9,
            round_duration: Duration::from_millis(350),
            idle_connections: 2000,
            quiet_connections: 9900,
            server_core,
        },
    }
}

fn quick(server_core: usize) -> Effort {
    Effort {
        memory: memory::Effort { rounds: 9, pass_bytes: 256 << 10 },
        kernel_rounds: 9,
        echo: echo::Effort {
            rounds: 3,
            round_duration: Duration::from_millis(150),
            idle_connections: 1000,
            quiet_connections: 1900,
            server_core,
        },
    }
}

impl Part {
    fn name(self) -> String {
        match self {
            Self::Receiving(part) => part.name(),
            Self::Sending(part) => part.name(),
            Self::Opening => Opening::NAME.into(),
            Self::Masking(part) => part.name(),
            Self::Validating => Validating::NAME.into(),
            Self::Speed(part) => part.name().into(),
            Self::Broadcast => Broadcast::NAME.into(),
            Self::Idle(part) => part.name().into(),
        }
    }

    /// How many steps the part has, and about how long they take.
    fn cost(self, effort: Effort) -> (usize, Duration) {
        match self {
            Self::Receiving(part) => part.cost(effort.memory),
            Self::Sending(part) => part.cost(effort.memory),
            Self::Opening => Opening.cost(effort.memory),
            Self::Masking(part) => part.cost(effort.kernel_rounds),
            Self::Validating => Validating.cost(effort.kernel_rounds),
            Self::Speed(part) => part.cost(effort.echo),
            Self::Broadcast => Broadcast.cost(effort.echo),
            Self::Idle(part) => part.cost(effort.echo),
        }
    }

    fn measure(self, effort: Effort, progress: &mut Progress) -> io::Result<Vec<Table>> {
        Ok(match self {
            Self::Receiving(part) => vec![part.measure(effort.memory, progress)?],
            Self::Sending(part) => vec![part.measure(effort.memory, progress)?],
            Self::Opening => vec![Opening.measure(effort.memory, progress)?],
            Self::Masking(part) => vec![part.measure(effort.kernel_rounds, progress)?],
            Self::Validating => vec![Validating.measure(effort.kernel_rounds, progress)?],
            Self::Speed(part) => part.measure(effort.echo, progress)?.into(),
            Self::Broadcast => vec![Broadcast.measure(effort.echo, progress)?],
            Self::Idle(part) => vec![part.measure(effort.echo, progress)?],
        })
    }
}
