//! The list of charts.

use common::Table;

use super::chart::Chart;

/// The names, titles and images of all charts whose tables were measured.
pub(crate) fn all(tables: &[Table]) -> Vec<(&'static str, &'static str, String)> {
    let charts = [
        Chart {
            table: "receive-binary",
            columns: &["16 B", "125 B", "1 KiB"],
            title: "Receiving binary messages in memory: ns a message, less is better",
            divisor: 1.0,
        },
        Chart {
            table: "receive-text",
            columns: &["16 B", "125 B", "1 KiB"],
            title: "Receiving text messages in memory: ns a message, less is better",
            divisor: 1.0,
        },
        Chart {
            table: "receive-binary-fragments",
            columns: &["125 B", "1 KiB", "64 KiB"],
            title: "Receiving messages in 16 fragments: ns a message, less is better",
            divisor: 1.0,
        },
        Chart {
            table: "echo-pipelined",
            columns: &["20 B", "1 KiB", "16 KiB"],
            title: "Echo over 100 connections, pipelined: ns of the server a message, less is better",
            divisor: 1.0,
        },
        Chart {
            table: "idle-memory",
            columns: &echo::Idle::COLUMNS,
            title: "Memory for an idle connection: KiB, less is better",
            divisor: 1024.0,
        },
    ];
    let draw = |chart: Chart| Some((chart.table, chart.title, chart.draw(tables)?));
    charts.into_iter().filter_map(draw).collect()
}
