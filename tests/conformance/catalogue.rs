//! The catalogue: checks that every row has vectors, or names Rust tests that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::{env, fs};

use serde::Deserialize;

use crate::files::{FILES, path, read_json, root, vectors};

/// A row of the catalogue: a kind of input, and the section that says how to handle it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    title: String,
    section: String,
    /// Rust tests as `file::function`, for what vectors cannot express.
    #[serde(default)]
    tests: Vec<String>,
}

/// How many vectors of a row each file has.
type Counts = BTreeMap<&'static str, usize>;

fn rows() -> Vec<Row> {
    let rows = read_json("catalogue.json");
    serde_json::from_value(rows).expect("a list of rows")
}

/// The counts of each row, which is named by the first three characters of a vector's id.
fn counts() -> BTreeMap<String, Counts> {
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    for file in FILES {
        for vector in vectors(file) {
            *counts.entry(vector.id[..3].into()).or_default().entry(file).or_default() += 1;
        }
    }
    counts
}

#[test]
fn every_row_is_covered() {
    let (rows, counts) = (rows(), counts());
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids.len(), rows.len(), "a row twice");
    for row in &rows {
        assert!(counts.contains_key(&row.id) || !row.tests.is_empty(), "{}: nothing", row.id);
    }
    for id in counts.keys() {
        assert!(ids.contains(id.as_str()), "{id}: vectors of a row that is not in the catalogue");
    }
}

#[test]
fn every_vector_has_an_id_of_its_own() {
    let mut ids = BTreeSet::new();
    for vector in FILES.into_iter().flat_map(vectors) {
        assert!(ids.insert(vector.id.clone()), "{} twice", vector.id);
    }
}

#[test]
fn every_file_is_played() {
    let not_vectors = |name: &str| name == "catalogue";
    for entry in fs::read_dir(path("")).expect("the folder of vectors") {
        let name = entry.expect("a file").file_name().into_string().expect("a name");
        if let Some(name) = name.strip_suffix(".json") {
            assert!(FILES.contains(&name) || not_vectors(name), "{name}.json is in no list");
        }
    }
}

#[test]
fn named_tests_exist() {
    for row in rows() {
        for test in &row.tests {
            let (file, name) = test.split_once("::").expect("file::function");
            let source = fs::read_to_string(root().join(file))
                .unwrap_or_else(|error| panic!("{}: {file}: {error}", row.id));
            assert!(is_test(&source, name), "{}: no test {name} in {file}", row.id);
        }
    }
}

/// Whether a function of this name has the attribute of a test above it.
fn is_test(source: &str, name: &str) -> bool {
    let Some(at) = source.find(&format!("fn {name}(")) else { return false };
    let above = source[..at].trim_end().lines().rev();
    above.take_while(|line| !line.trim().is_empty()).any(|line| line.trim() == "#[test]")
}

/// Checks `TABLE.md`, or writes it if the environment has `CONFORMANCE_TABLE=write`.
#[test]
fn table_is_up_to_date() {
    let (path, table) = (path("TABLE.md"), table());
    if env::var_os("CONFORMANCE_TABLE").is_some_and(|value| value == "write") {
        fs::write(path, table).expect("the table is writable");
        return;
    }
    let found = fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    assert!(found == table, "run again with CONFORMANCE_TABLE=write in the environment");
}

fn table() -> String {
    let (rows, counts) = (rows(), counts());
    let by_vectors = rows.iter().filter(|row| counts.contains_key(&row.id)).count();
    let all: usize = counts.values().flat_map(BTreeMap::values).sum();
    let mut table = String::from(
        "<!-- Written by tests/conformance/catalogue.rs. -->\n\n# The rows of the catalogue and their tests\n\n",
    );
    let _ = writeln!(
        table,
        "{} rows, {by_vectors} of them with {all} vectors; Rust tests cover the rest, and what vectors cannot express.\n",
        rows.len()
    );
    table.push_str("| row | what | section | vectors | Rust tests |\n|---|---|---|---|---|\n");
    for row in &rows {
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} | {} |",
            row.id,
            row.title,
            row.section,
            counts.get(&row.id).map(vectors_shown).unwrap_or_default(),
            row.tests.iter().map(|test| format!("`{test}`")).collect::<Vec<_>>().join(" ")
        );
    }
    table
}

fn vectors_shown(counts: &Counts) -> String {
    let one = |(file, count): (&&str, &usize)| format!("{count} in [{file}]({file}.json)");
    counts.iter().map(one).collect::<Vec<_>>().join(", ")
}
