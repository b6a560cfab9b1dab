//! A chart of bars: a line for each contestant, and beside each other what columns tell of it.

use common::{Kind, Row, Table};

use super::markdown::figure;
use super::svg::{Anchor, Svg};

pub(crate) struct Chart {
    /// By its name.
    pub(crate) table: &'static str,
    pub(crate) columns: &'static [&'static str],
    pub(crate) title: &'static str,
    /// From the table's unit to that of the chart.
    pub(crate) divisor: f64,
}

const WIDTH: usize = 880;
/// For the names.
const LEFT: usize = 220;
/// For the title and the headings.
const TOP: usize = 62;
const LINE: usize = 24;
const BAR: usize = 16;
const MARGIN: usize = 14;
/// Behind a bar, for its figure.
const FIGURE: usize = 62;

impl Chart {
    /// The image; `None` if it was not measured.
    pub(crate) fn draw(&self, tables: &[Table]) -> Option<String> {
        let table = tables.iter().find(|table| table.name == self.table)?;
        let columns: Option<Vec<usize>> =
            self.columns.iter().map(|column| table.column(column)).collect();
        let columns = columns?;
        let rows = sorted(table, columns[0]);
        let mut svg = Svg::new(WIDTH, TOP + rows.len() * LINE + MARGIN, self.title);
        svg.text((MARGIN, 26), "title", Anchor::Start, self.title);
        for (line, row) in rows.iter().enumerate() {
            let at = (LEFT - MARGIN, TOP + line * LINE + BAR - 4);
            svg.text(at, class(row.kind), Anchor::End, &name(row));
        }
        let width = (WIDTH - LEFT) / columns.len();
        for (place, (column, heading)) in columns.iter().zip(self.columns).enumerate() {
            let left = LEFT + place * width;
            svg.text((left, TOP - 12), "name", Anchor::Start, heading);
            self.draw_column(&mut svg, &rows, *column, (left, width - FIGURE - MARGIN));
        }
        Some(svg.finish())
    }

    /// Bars that begin here, the longest of this length.
    fn draw_column(
        &self,
        svg: &mut Svg,
        rows: &[&Row],
        column: usize,
        (left, longest): (usize, usize),
    ) {
        let largest = rows.iter().map(|row| row.values[column]).fold(0.0, f64::max);
        for (line, row) in rows.iter().enumerate() {
            let value = row.values[column];
            let length = (value / largest * longest as f64).max(1.0);
            let top = TOP + line * LINE;
            svg.bar((left, top), (length, BAR), class(row.kind));
            let behind = left + length as usize + 6;
            let text = figure(value / self.divisor);
            svg.text((behind, top + BAR - 4), class(row.kind), Anchor::Start, &text);
        }
    }
}

/// The best first.
fn sorted(table: &Table, column: usize) -> Vec<&Row> {
    let mut rows: Vec<_> = table.rows.iter().collect();
    rows.sort_by(|a, b| a.values[column].total_cmp(&b.values[column]));
    if table.more_is_better {
        rows.reverse();
    }
    rows
}

fn name(row: &Row) -> String {
    match row.kind {
        Kind::Lacking => format!("{} †", row.name),
        Kind::Ours | Kind::Peer | Kind::Limit => row.name.clone(),
    }
}

const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Ours => "ours",
        Kind::Peer | Kind::Lacking => "peer",
        Kind::Limit => "limit",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_comes_first_and_all_are_there() {
        let row = |name: &str, kind, value| Row { name: name.into(), kind, values: vec![value] };
        let table = Table {
            name: "echo".into(),
            title: String::new(),
            more_is_better: false,
            columns: vec!["20 B".into()],
            rows: vec![
                row("slow & large", Kind::Peer, 2500.0),
                row("ours", Kind::Ours, 100.0),
                row("blind", Kind::Lacking, 3000.0),
            ],
        };
        let chart = Chart { table: "echo", columns: &["20 B"], title: "Echo", divisor: 1000.0 };
        let svg = chart.draw(&[table]).unwrap();
        let place = |text: &str| svg.find(text).unwrap_or_else(|| panic!("no {text} in {svg}"));
        assert!(place(">ours<") < place(">slow &amp; large<"));
        assert!(place(">slow &amp; large<") < place(">blind †<"));
        assert!(place(">0.1<") < place(">2.5<"));
        assert!(chart.draw(&[]).is_none());
    }
}
