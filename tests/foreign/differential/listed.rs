//! Writes and checks the list of disagreements, `conformance/DISAGREEMENTS.md`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use crate::disagreements::{DISAGREEMENTS, Disagreement, Peer};

const BEFORE: &str = "\
<!-- Written by tests/foreign/differential/listed.rs. -->

# Disagreements with other implementations

`cargo test --all-features --test differential` gives streams of frames, most of them invalid, to this
crate, to [tungstenite](https://docs.rs/tungstenite) and to
[tokio-websockets](https://docs.rs/tokio-websockets), in both roles and byte by byte, except inside
long payloads. All have to report the same messages and control frames, and to fail for the same kind of
reason (the protocol, text, a limit) at the same byte. This list has all the differences. The test
fails for any other, and for an entry that no stream meets. Sections are those of RFC 6455.

";

const AFTER: &str = "
`SEEDS=1000000` in the environment sets how many streams are tried, and `SEED=4711` tries that one
alone. `DISAGREEMENTS=write` writes this file.
";

/// Where the part begins that the tests of the Python package write and check.
const OTHERS: &str = "\n<!-- Written by bindings/python/tests/strangers/listed.py. -->";

#[test]
fn every_name_is_given_once() {
    let names: BTreeSet<_> = DISAGREEMENTS.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), DISAGREEMENTS.len());
}

#[test]
fn list_for_people_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/DISAGREEMENTS.md");
    let list = list();
    let found = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    let (found, others) = found.split_at(found.find(OTHERS).unwrap_or(found.len()));
    if env::var_os("DISAGREEMENTS").is_some_and(|value| value == "write") {
        fs::write(path, list + others).expect("the list is writable");
        return;
    }
    assert!(found == list, "run again with DISAGREEMENTS=write in the environment");
}

fn list() -> String {
    let mut list = String::from(BEFORE);
    list.push_str("| name | implementation | what it does | what this crate does | why |\n|---|---|---|---|---|\n");
    for Disagreement { name, peers, theirs, ours, why, .. } in DISAGREEMENTS {
        let who: Vec<_> = peers.iter().map(|peer| peer.name()).collect();
        let who = who.join(", ");
        writeln!(list, "| `{name}` | {who} | {theirs} | {ours} | {why} |").expect("a string");
    }
    list.push_str(AFTER);
    list
}

impl Peer {
    const fn name(self) -> &'static str {
        match self {
            Self::Tungstenite => "tungstenite",
            Self::TokioWebsockets => "tokio-websockets",
        }
    }
}
