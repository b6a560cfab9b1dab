//! The targets of this project, and which of them it reached.

use common::{Kind, Table};

use super::markdown::figure;

const OURS: &str = "websocket-proto";
const TOKIO: &str = "websocket-proto, tokio";
const STREAM: &str = "websocket-proto, Stream";

struct Target {
    table: &'static str,
    columns: &'static [&'static str],
    row: &'static str,
    goal: Goal,
}

#[derive(Clone, Copy)]
enum Goal {
    /// At least this many times as good as the best peer.
    TimesBestPeer(f64),
    /// At most this many times the baseline.
    TimesBaseline(f64),
    /// At most this much more than the baseline.
    OverBaseline(f64),
    /// Less than this value.
    Below(f64),
}

const MASKED: [&str; 10] =
    ["4 B", "16 B", "64 B", "125 B", "1 KiB", "4 KiB", "16 KiB", "64 KiB", "1 MiB", "16 MiB"];
/// The lengths of messages from which on copying decides.
const LONG: [&str; 3] = ["16 KiB", "64 KiB", "1 MiB"];
const ECHOED: [&str; 4] = ["20 B", "1 KiB", "16 KiB", "64 KiB"];

const TARGETS: [Target; 44] = [
    target("receive-binary", &["16 B"], OURS, Goal::TimesBestPeer(5.0)),
    target("receive-binary", &["125 B"], OURS, Goal::TimesBestPeer(4.0)),
    target("receive-binary", &["1 KiB"], OURS, Goal::TimesBestPeer(1.8)),
    target("receive-binary", &LONG, OURS, Goal::TimesBestPeer(1.0)),
    target("receive-text", &["16 B"], OURS, Goal::TimesBestPeer(4.5)),
    target("receive-text", &["125 B"], OURS, Goal::TimesBestPeer(3.0)),
    target("receive-text", &["1 KiB"], OURS, Goal::TimesBestPeer(1.7)),
    target("receive-text", &LONG, OURS, Goal::TimesBestPeer(1.0)),
    target("receive-multibyte", &LONG, OURS, Goal::TimesBestPeer(1.0)),
    target("receive-binary-1400", &["1 KiB", "16 KiB"], OURS, Goal::TimesBestPeer(1.0)),
    target("receive-binary-1400", &["64 KiB", "1 MiB"], OURS, Goal::TimesBestPeer(1.1)),
    target("receive-binary-fragments", &["16 B", "125 B", "1 KiB"], OURS, Goal::TimesBestPeer(3.0)),
    target("receive-binary-fragments", &LONG, OURS, Goal::TimesBestPeer(1.4)),
    target("receive-binary", &["16 B", "125 B"], STREAM, Goal::TimesBestPeer(2.0)),
    target("receive-binary", &["1 KiB"], STREAM, Goal::TimesBestPeer(1.5)),
    target("receive-binary", &LONG, STREAM, Goal::TimesBestPeer(1.0)),
    target("sockets-receive", &LONG, OURS, Goal::TimesBestPeer(1.1)),
    target("send-server", &["16 B", "125 B"], OURS, Goal::Below(10.0)),
    target("send-client", &["125 B", "1 KiB"], OURS, Goal::TimesBestPeer(1.0)),
    target("send-client", &["125 B", "1 KiB"], TOKIO, Goal::TimesBestPeer(1.0)),
    target("send-client", &["64 KiB", "1 MiB"], OURS, Goal::TimesBestPeer(1.0)),
    target("kernel-mask-0", &MASKED, OURS, Goal::TimesBestPeer(0.97)),
    target("kernel-mask-1", &MASKED, OURS, Goal::TimesBestPeer(0.97)),
    target("kernel-mask-3", &MASKED, OURS, Goal::TimesBestPeer(0.97)),
    target("handshake-server", &["short", "of a browser"], OURS, Goal::TimesBestPeer(1.5)),
    target("handshake-server", &["short", "of a browser"], TOKIO, Goal::TimesBestPeer(1.5)),
    target("echo-pipelined", &["20 B"], OURS, Goal::TimesBaseline(1.5)),
    target("echo-pipelined", &["20 B"], OURS, Goal::TimesBestPeer(2.0)),
    target("echo-pipelined", &["1 KiB"], OURS, Goal::TimesBaseline(1.25)),
    target("echo-pipelined", &["1 KiB"], OURS, Goal::TimesBestPeer(1.7)),
    target("echo-closed-loop", &["20 B", "1 KiB", "16 KiB"], OURS, Goal::TimesBaseline(1.05)),
    target("echo-closed-loop", &["64 KiB"], OURS, Goal::TimesBaseline(1.15)),
    target("echo-closed-loop", &ECHOED, OURS, Goal::TimesBestPeer(1.0)),
    target("echo-pipelined-tls", &["20 B", "1 KiB"], OURS, Goal::TimesBaseline(1.1)),
    target("echo-pipelined-tls", &["20 B", "1 KiB"], OURS, Goal::TimesBestPeer(1.0)),
    target("echo-pipelined-tls", &["16 KiB", "64 KiB"], OURS, Goal::TimesBaseline(1.1)),
    target("echo-pipelined-tls", &["16 KiB", "64 KiB"], OURS, Goal::TimesBestPeer(1.0)),
    target("echo-closed-loop-tls", &ECHOED, OURS, Goal::TimesBaseline(1.1)),
    target("echo-closed-loop-tls", &ECHOED, OURS, Goal::TimesBestPeer(1.0)),
    target("broadcast", &["1000 × 125 B", "1000 × 1 KiB"], OURS, Goal::TimesBestPeer(2.0)),
    target("idle-memory", &["after the handshake"], OURS, Goal::OverBaseline(409.6)),
    target("idle-memory", &["after 64 KiB"], OURS, Goal::OverBaseline(409.6)),
    target("idle-memory-tls", &["after the handshake"], OURS, Goal::OverBaseline(1024.0)),
    target("idle-memory-tls", &["after 64 KiB"], OURS, Goal::OverBaseline(1024.0)),
];

const fn target(
    table: &'static str,
    columns: &'static [&'static str],
    row: &'static str,
    goal: Goal,
) -> Target {
    Target { table, columns, row, goal }
}

/// Describes all targets whose tables were measured, in Markdown.
pub(crate) fn describe(tables: &[Table]) -> String {
    let lines: String = TARGETS.iter().filter_map(|target| target.line(tables)).collect();
    let reached = lines.matches("| reached |").count();
    format!(
        "## Targets\n\n{reached} of {} reached.\n\n| table | of | row | target | measured | |\n\
         |---|---|---|---|---|---|\n{lines}",
        lines.lines().count(),
    )
}

impl Target {
    /// The target as a line of the table; `None` if it was not measured.
    fn line(&self, tables: &[Table]) -> Option<String> {
        let table = tables.iter().find(|table| table.name == self.table)?;
        let measured: Option<Vec<f64>> =
            self.columns.iter().map(|column| self.measured(table, column)).collect();
        let measured = measured?;
        let verdict = match measured.iter().all(|value| self.goal.is_reached(*value)) {
            true => "reached",
            false => "**missed**",
        };
        let measured: Vec<_> = measured.iter().map(|value| self.goal.write(*value)).collect();
        Some(format!(
            "| {} | {} | {} | {} | {} | {verdict} |\n",
            self.table,
            self.columns.join(" · "),
            self.row,
            self.goal.describe(),
            measured.join(" · "),
        ))
    }

    /// The measured value that the goal is compared with.
    fn measured(&self, table: &Table, column: &str) -> Option<f64> {
        let value = table.value(self.row, column)?;
        let baseline = || {
            let row = table.rows.iter().find(|row| row.kind == Kind::Baseline)?;
            table.value(&row.name, column)
        };
        match self.goal {
            Goal::TimesBestPeer(_) => table.ratio(table.column(column)?, value),
            Goal::TimesBaseline(_) => Some(value / baseline()?),
            Goal::OverBaseline(_) => Some(value - baseline()?),
            Goal::Below(_) => Some(value),
        }
    }
}

impl Goal {
    fn is_reached(self, measured: f64) -> bool {
        match self {
            Self::TimesBestPeer(goal) => measured >= goal,
            Self::TimesBaseline(goal) | Self::OverBaseline(goal) => measured <= goal,
            Self::Below(goal) => measured < goal,
        }
    }

    fn describe(self) -> String {
        match self {
            Self::TimesBestPeer(goal) => format!("{goal}× the best peer"),
            Self::TimesBaseline(goal) => format!("at most {goal}× raw"),
            Self::OverBaseline(goal) => format!("at most {goal:.0} bytes over raw"),
            Self::Below(goal) => format!("below {goal} ns"),
        }
    }

    /// Writes a measured value in the unit of the goal.
    fn write(self, measured: f64) -> String {
        match self {
            Self::TimesBestPeer(_) | Self::TimesBaseline(_) => format!("{measured:.2}×"),
            Self::OverBaseline(_) | Self::Below(_) => figure(measured),
        }
    }
}

#[cfg(test)]
mod tests {
    use common::{Better, Row};

    use super::*;

    fn echo(ours: f64) -> Table {
        let row = |name: &str, kind, value| Row { name: name.into(), kind, values: vec![value] };
        let rows = vec![
            row("raw TCP", Kind::Baseline, 100.0),
            row(OURS, Kind::Ours, ours),
            row("peer", Kind::Peer, 280.0),
        ];
        let columns = vec!["20 B".into()];
        let name = "echo-pipelined".into();
        Table { name, title: String::new(), better: Better::Less, columns, rows }
    }

    #[test]
    fn targets_are_reached_or_missed() {
        let text = describe(&[echo(145.0)]);
        assert!(text.contains("1 of 2 reached"), "{text}");
        assert!(text.contains("at most 1.5× raw | 1.45× | reached |"), "{text}");
        assert!(text.contains("2× the best peer | 1.93× | **missed** |"), "{text}");
    }

    #[test]
    fn every_target_names_a_table_that_exists() {
        let receiving = memory::Receiving::all().map(memory::Receiving::name);
        let sending = memory::Sending::all().map(memory::Sending::name);
        let speed = echo::Speed::all().map(|speed| speed.name().to_owned());
        let masking = kernels::Masking::all().map(kernels::Masking::name);
        let opening = [memory::Opening::NAME, echo::Broadcast::NAME].map(str::to_owned);
        let idle = echo::Idle::all().map(|idle| idle.name().to_owned());
        let others = speed.chain(opening).chain(masking).chain(idle);
        let names: Vec<_> = receiving.chain(sending).chain(others).collect();
        for target in TARGETS {
            assert!(names.iter().any(|name| name == target.table), "{}", target.table);
        }
    }
}
