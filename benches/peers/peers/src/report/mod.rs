//! `results.md` and the charts that it shows.

mod chart;
mod charts;
mod markdown;
mod svg;
mod targets;

use std::path::Path;
use std::{fs, io};

use common::Table;

use crate::machine;

const HEAD: &str = "\
# Results

Made by `cargo run --release -p peers`; [README.md](README.md) tells how. Figures are good only as
ratios within one run.
";

const KEY: &str = "\
Behind each figure: how many times as good as the best peer it is; the best peer's is bold. *Not a
peer's*: what it costs without WebSockets. †: leaves something out that others do, and cannot be
best: it does not check UTF-8 (receiving text), or cannot gather messages in one write (sending).
";

/// Writes `results.md` and the charts into a directory.
pub(crate) fn write(measured: &[Table], directory: &Path) -> io::Result<()> {
    let charts = directory.join("charts");
    fs::create_dir_all(&charts)?;
    let mut images = String::new();
    for (name, title, svg) in charts::all(measured) {
        fs::write(charts.join(format!("{name}.svg")), svg)?;
        images += &format!("![{title}](charts/{name}.svg)\n\n");
    }
    let machine = machine::describe();
    let targets = targets::describe(measured);
    let tables = tables(measured);
    let text = format!("{HEAD}\n{machine}\n{images}{targets}\n## Tables\n\n{tables}");
    fs::write(directory.join("results.md"), text)
}

/// Writes the tables alone, in Markdown.
pub(crate) fn tables(measured: &[Table]) -> String {
    let tables: Vec<_> = measured.iter().map(markdown::table).collect();
    format!("{KEY}\n{}", tables.join("\n"))
}
