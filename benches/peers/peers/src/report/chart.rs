//! A chart of bars, with a line for each contestant and some columns of a table side by side.

use common::{Better, Kind, Row, Table};

use super::markdown::figure;
use super::svg::{Anchor, Svg};

pub(crate) struct Chart {
    /// The name of the table.
    pub(crate) table: &'static str,
    pub(crate) columns: &'static [&'static str],
    pub(crate) title: &'static str,
    /// How many of the table's units one unit of the chart is.
    pub(crate) divisor: f64,
}

/// All sizes are in pixels.
const WIDTH: usize = 880;
/// The width of the contestants' names.
const NAMES_WIDTH: usize = 220;
/// The height of the title and the headings.
const HEAD_HEIGHT: usize = 62;
const LINE_HEIGHT: usize = 24;
const BAR_HEIGHT: usize = 16;
const MARGIN: usize = 14;
/// The width of the figure after a bar.
const FIGURE_WIDTH: usize = 62;

impl Chart {
    /// Draws the image; `None` if the table or a column was not measured.
    pub(crate) fn draw(&self, tables: &[Table]) -> Option<String> {
        let table = tables.iter().find(|table| table.name == self.table)?;
        let columns: Option<Vec<usize>> =
            self.columns.iter().map(|column| table.column(column)).collect();
        let columns = columns?;
        let rows = sorted(table, columns[0]);
        let mut svg = Svg::new(WIDTH, HEAD_HEIGHT + rows.len() * LINE_HEIGHT + MARGIN, self.title);
        svg.text((MARGIN, 26), "title", Anchor::Start, self.title);
        for (line, row) in rows.iter().enumerate() {
            let at = (NAMES_WIDTH - MARGIN, HEAD_HEIGHT + line * LINE_HEIGHT + BAR_HEIGHT - 4);
            svg.text(at, class(row.kind), Anchor::End, &name(row));
        }
        let width = (WIDTH - NAMES_WIDTH) / columns.len();
        for (place, (column, heading)) in columns.iter().zip(self.columns).enumerate() {
            let left = NAMES_WIDTH + place * width;
            svg.text((left, HEAD_HEIGHT - 12), "name", Anchor::Start, heading);
            self.draw_column(&mut svg, &rows, *column, (left, width - FIGURE_WIDTH - MARGIN));
        }
        Some(svg.finish())
    }

    /// Draws the bars of a column, which begin at `left`. The longest one has the length `longest`.
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
            let top = HEAD_HEIGHT + line * LINE_HEIGHT;
            svg.bar((left, top), (length, BAR_HEIGHT), class(row.kind));
            let figure_left = left + length as usize + 6;
            let text = figure(value / self.divisor);
            svg.text((figure_left, top + BAR_HEIGHT - 4), class(row.kind), Anchor::Start, &text);
        }
    }
}

/// The rows with the best one first.
fn sorted(table: &Table, column: usize) -> Vec<&Row> {
    let mut rows: Vec<_> = table.rows.iter().collect();
    rows.sort_by(|a, b| a.values[column].total_cmp(&b.values[column]));
    if table.better == Better::More {
        rows.reverse();
    }
    rows
}

fn name(row: &Row) -> String {
    match row.kind {
        Kind::Incomplete => format!("{} †", row.name),
        Kind::Ours | Kind::Peer | Kind::Baseline => row.name.clone(),
    }
}

/// The CSS class of a contestant.
const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Ours => "ours",
        Kind::Peer | Kind::Incomplete => "peer",
        Kind::Baseline => "limit",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_comes_first_and_every_row_is_there() {
        let row = |name: &str, kind, value| Row { name: name.into(), kind, values: vec![value] };
        let table = Table {
            name: "echo".into(),
            title: String::new(),
            better: Better::Less,
            columns: vec!["20 B".into()],
            rows: vec![
                row("slow & large", Kind::Peer, 2500.0),
                row("ours", Kind::Ours, 100.0),
                row("incomplete", Kind::Incomplete, 3000.0),
            ],
        };
        let chart = Chart { table: "echo", columns: &["20 B"], title: "Echo", divisor: 1000.0 };
        let svg = chart.draw(&[table]).unwrap();
        let place = |text: &str| svg.find(text).unwrap_or_else(|| panic!("no {text} in {svg}"));
        assert!(place(">ours<") < place(">slow &amp; large<"));
        assert!(place(">slow &amp; large<") < place(">incomplete †<"));
        assert!(place(">0.1<") < place(">2.5<"));
        assert!(chart.draw(&[]).is_none());
    }
}
