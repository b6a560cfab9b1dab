//! `results.md` and the charts that it shows.

mod chart;
mod charts;
mod markdown;
mod svg;
mod targets;

use std::ffi::OsStr;
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
    let machine = machine::describe() + &other_runs(directory)?;
    let targets = targets::describe(measured);
    let tables = tables(measured);
    let text = format!("{HEAD}\n{machine}\n{images}{targets}\n## Tables\n\n{tables}");
    fs::write(directory.join("results.md"), text)
}

/// Links to the results of other machines, `results-….md` in the same directory, as a part of the list
/// that describes this one.
fn other_runs(directory: &Path) -> io::Result<String> {
    let mut links = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if name.starts_with("results-") && name.ends_with(".md") {
            let text = fs::read_to_string(&path)?;
            let find = |key| text.lines().find_map(|line| line.strip_prefix(key));
            let processor = find("- processor: ").unwrap_or("another machine");
            let date = find("- date: ").unwrap_or("no date");
            links.push(format!("- also: [{processor}]({name}), {date}\n"));
        }
    }
    links.sort();
    Ok(links.concat())
}

/// Writes the tables alone, in Markdown.
pub(crate) fn tables(measured: &[Table]) -> String {
    let tables: Vec<_> = measured.iter().map(markdown::table).collect();
    format!("{KEY}\n{}", tables.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_other_machines_are_linked() -> io::Result<()> {
        let directory = std::env::temp_dir().join(format!("peers-report-{}", std::process::id()));
        fs::create_dir_all(&directory)?;
        let text = "# Results\n\n- date: 2026-01-02\n- processor: Z80, 1 cores\n";
        fs::write(directory.join("results-z80.md"), text)?;
        fs::write(directory.join("results.md"), text)?;
        let links = other_runs(&directory);
        fs::remove_dir_all(&directory)?;
        assert_eq!(links?, "- also: [Z80, 1 cores](results-z80.md), 2026-01-02\n");
        Ok(())
    }
}
