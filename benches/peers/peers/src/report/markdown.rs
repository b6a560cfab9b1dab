//! Tables in Markdown.

use common::{Kind, Row, Table};

/// Writes a table under its name and title.
pub(crate) fn table(table: &Table) -> String {
    let columns = table.columns.join(" | ");
    let line = "---:|".repeat(table.columns.len());
    let rows: String = table.rows.iter().map(|row| self::row(table, row)).collect();
    format!("### {}\n\n{}\n\n| | {columns} |\n|---|{line}\n{rows}", table.name, table.title)
}

fn row(table: &Table, row: &Row) -> String {
    let name = match row.kind {
        Kind::Ours => format!("**{}**", row.name),
        Kind::Baseline => format!("*{}*", row.name),
        Kind::Incomplete => format!("{} †", row.name),
        Kind::Peer => row.name.clone(),
    };
    let cells = row.values.iter().enumerate().map(|(column, value)| {
        format!(" {} |", cell(figure(*value), row.kind, table.ratio(column, *value)))
    });
    format!("| {name} |{}\n", cells.collect::<String>())
}

fn cell(figure: String, kind: Kind, ratio: Option<f64>) -> String {
    match (kind, ratio) {
        (Kind::Ours | Kind::Peer, Some(1.0)) => format!("**{figure}** · 1.00×"),
        (Kind::Ours | Kind::Peer, Some(ratio)) => format!("{figure} · {ratio:.2}×"),
        _ => figure,
    }
}

/// Writes a value with two digits, or with all those before the decimal point if there are more.
/// Commas set thousands apart.
pub(crate) fn figure(value: f64) -> String {
    match value {
        ..9.95 => format!("{value:.1}"),
        ..1000.0 => format!("{value:.0}"),
        _ => {
            let (thousands, rest) = ((value / 1000.0).trunc(), value % 1000.0);
            format!("{},{:03.0}", figure_of_thousands(thousands), rest.trunc())
        }
    }
}

fn figure_of_thousands(thousands: f64) -> String {
    if thousands < 1000.0 { format!("{thousands}") } else { figure(thousands) }
}

#[cfg(test)]
mod tests {
    use common::Better;

    use super::*;

    #[test]
    fn figures_are_rounded_and_have_commas() {
        let figures = [6.04, 9.96, 999.0, 1000.0, 65_536.4, 12_003_004.9].map(figure);
        assert_eq!(figures, ["6.0", "10", "999", "1,000", "65,536", "12,003,004"]);
    }

    #[test]
    fn only_complete_peers_have_ratios() {
        let row = |name: &str, kind, value| Row { name: name.into(), kind, values: vec![value] };
        let rows = vec![
            row("raw", Kind::Baseline, 1.0),
            row("ours", Kind::Ours, 5.0),
            row("incomplete", Kind::Incomplete, 2.0),
            row("peer", Kind::Peer, 10.0),
        ];
        let table = Table {
            name: "receive".into(),
            title: "Receiving".into(),
            better: Better::Less,
            columns: vec!["16 B".into()],
            rows,
        };
        let lines = "| *raw* | 1.0 |\n| **ours** | 5.0 · 2.00× |\n| incomplete † | 2.0 |\n\
            | peer | **10** · 1.00× |\n";
        assert!(super::table(&table).ends_with(lines), "{}", super::table(&table));
    }
}
