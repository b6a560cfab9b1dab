//! What was measured, for each contestant and column.

/// One question, and the answers of all.
#[derive(Clone, Debug)]
pub struct Table {
    /// How others refer to it, and `--only` picks it.
    pub name: String,
    /// What was measured, and in which unit.
    pub title: String,
    /// Whether more is better; else less is.
    pub more_is_better: bool,
    /// What the values of a row are of.
    pub columns: Vec<String>,
    /// One for each contestant.
    pub rows: Vec<Row>,
}

/// The values of one contestant, one for each column.
#[derive(Clone, Debug)]
pub struct Row {
    /// Of the contestant.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// In the order of the columns.
    pub values: Vec<f64>,
}

/// What a contestant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// This project's crate.
    Ours,
    /// One of the others.
    Peer,
    /// One of the others that leaves out what is measured, such as checking UTF-8.
    Lacking,
    /// Not a WebSocket at all: what it would cost without.
    Limit,
}

impl Table {
    /// The best value of the peers in a column; what lacks something is no peer there.
    pub fn best(&self, column: usize) -> Option<f64> {
        let peers = self.rows.iter().filter(|row| row.kind == Kind::Peer);
        let values = peers.filter_map(|row| row.values.get(column).copied());
        values.reduce(if self.more_is_better { f64::max } else { f64::min })
    }

    /// How many times as good as the best peer a value is.
    pub fn ratio(&self, column: usize, value: f64) -> Option<f64> {
        let best = self.best(column)?;
        Some(if self.more_is_better { value / best } else { best / value })
    }

    /// The value of a contestant in the column of this name.
    pub fn value(&self, row: &str, column: &str) -> Option<f64> {
        let row = self.rows.iter().find(|candidate| candidate.name == row)?;
        row.values.get(self.column(column)?).copied()
    }

    /// Where the column of this name is.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }
}

/// A length as columns have it: `125 B`, `64 KiB`.
pub fn length(bytes: usize) -> String {
    match bytes {
        ..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(more_is_better: bool) -> Table {
        let row = |name: &str, kind, value| Row { name: name.into(), kind, values: vec![value] };
        let rows = vec![
            row("limit", Kind::Limit, 1.0),
            row("ours", Kind::Ours, 5.0),
            row("unchecked", Kind::Lacking, 6.0),
            row("slow", Kind::Peer, 40.0),
            row("fast", Kind::Peer, 10.0),
        ];
        let columns = vec![length(16)];
        Table { name: "t".into(), title: "t".into(), more_is_better, columns, rows }
    }

    #[test]
    fn only_peers_that_do_all_of_it_can_be_best() {
        assert_eq!(table(false).best(0), Some(10.0));
        assert_eq!(table(true).best(0), Some(40.0));
    }

    #[test]
    fn ratios_tell_how_many_times_as_good() {
        assert_eq!(table(false).ratio(0, 5.0), Some(2.0));
        assert_eq!(table(true).ratio(0, 20.0), Some(0.5));
        assert_eq!(table(false).value("ours", "16 B"), Some(5.0));
        assert_eq!(table(false).value("ours", "17 B"), None);
    }

    #[test]
    fn lengths_have_their_largest_unit() {
        assert_eq!(
            [125, 1 << 10, 64 << 10, 1 << 20].map(length),
            ["125 B", "1 KiB", "64 KiB", "1 MiB"]
        );
    }
}
