//! Tables of what was measured.

/// A table of measured values, with a row for each contestant.
#[derive(Clone, Debug)]
pub struct Table {
    /// The name that `--only` selects it by.
    pub name: String,
    /// What was measured, with its unit.
    pub title: String,
    /// Which values are the better ones.
    pub better: Better,
    /// The headings of the columns.
    pub columns: Vec<String>,
    /// The rows, one for each contestant.
    pub rows: Vec<Row>,
}

/// Which of two values is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The smaller one, as with times.
    Less,
    /// The larger one, as with rates.
    More,
}

/// The values of one contestant.
#[derive(Clone, Debug)]
pub struct Row {
    /// The name of the contestant.
    pub name: String,
    /// What the contestant is.
    pub kind: Kind,
    /// One value for each column, in their order.
    pub values: Vec<f64>,
}

/// What a contestant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// This project's crate.
    Ours,
    /// One of the other crates.
    Peer,
    /// One of the other crates, which leaves out a part of the work, such as checking UTF-8.
    Incomplete,
    /// No WebSocket at all: what the same work costs without one.
    Baseline,
}

impl Table {
    /// The best value of the complete peers in a column.
    pub fn best(&self, column: usize) -> Option<f64> {
        let peers = self.rows.iter().filter(|row| row.kind == Kind::Peer);
        let values = peers.filter_map(|row| row.values.get(column).copied());
        values.reduce(match self.better {
            Better::Less => f64::min,
            Better::More => f64::max,
        })
    }

    /// How many times as good as the best complete peer a value is.
    pub fn ratio(&self, column: usize, value: f64) -> Option<f64> {
        let best = self.best(column)?;
        Some(match self.better {
            Better::Less => best / value,
            Better::More => value / best,
        })
    }

    /// The value of a contestant in the column of this name.
    pub fn value(&self, row: &str, column: &str) -> Option<f64> {
        let row = self.rows.iter().find(|candidate| candidate.name == row)?;
        row.values.get(self.column(column)?).copied()
    }

    /// The index of the column of this name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }
}

/// Writes a length as in the headings of columns: `125 B`, `64 KiB`.
pub fn format_length(bytes: usize) -> String {
    match bytes {
        ..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(better: Better) -> Table {
        let row = |name: &str, kind, value| Row { name: name.into(), kind, values: vec![value] };
        let rows = vec![
            row("baseline", Kind::Baseline, 1.0),
            row("ours", Kind::Ours, 5.0),
            row("unchecked", Kind::Incomplete, 6.0),
            row("slow", Kind::Peer, 40.0),
            row("fast", Kind::Peer, 10.0),
        ];
        let columns = vec![format_length(16)];
        Table { name: "t".into(), title: "t".into(), better, columns, rows }
    }

    #[test]
    fn only_complete_peers_can_be_best() {
        assert_eq!(table(Better::Less).best(0), Some(10.0));
        assert_eq!(table(Better::More).best(0), Some(40.0));
    }

    #[test]
    fn ratios_tell_how_many_times_as_good() {
        assert_eq!(table(Better::Less).ratio(0, 5.0), Some(2.0));
        assert_eq!(table(Better::More).ratio(0, 20.0), Some(0.5));
        assert_eq!(table(Better::Less).value("ours", "16 B"), Some(5.0));
        assert_eq!(table(Better::Less).value("ours", "17 B"), None);
    }

    #[test]
    fn lengths_are_written_in_their_largest_unit() {
        assert_eq!(
            [125, 1 << 10, 64 << 10, 1 << 20].map(format_length),
            ["125 B", "1 KiB", "64 KiB", "1 MiB"]
        );
    }
}
