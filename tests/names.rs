//! The names and numbers of values in other languages, and their table, `conformance/codes.csv`.

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use websocket_proto::backoff::GiveUp;
use websocket_proto::handshake::proxy::{ProxyError, ProxyUrlError, ProxyVariableError};
use websocket_proto::handshake::{
    AnswerError, ExtendedConnectError, ExtendedResponseError, RequestError,
};
use websocket_proto::{
    CloseCode, Deadline, EndCause, Event, Leniency, MessageKind, ProtocolError, SendError, Side,
    Transport,
};

/// An enum, the range that its numbers are from, and its lines of the table.
struct Named {
    name: &'static str,
    range: RangeInclusive<u16>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    code: u16,
    name: String,
    /// What it is a value of.
    of: String,
    section: String,
}

impl Row {
    fn new(of: &str, name: &str, code: u16, section: impl Into<Option<&'static str>>) -> Self {
        let section = section.into().unwrap_or_default().to_owned();
        Self { code, name: name.to_owned(), of: of.to_owned(), section }
    }

    fn parse(line: &str) -> Self {
        let [of, name, code, section] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line}: not four columns")
        };
        let code = code.parse().unwrap_or_else(|_| panic!("{line}: no number"));
        Self { code, name: name.to_owned(), of: of.to_owned(), section: section.to_owned() }
    }

    fn line(&self) -> String {
        format!("{},{},{},{}", self.of, self.name, self.code, self.section)
    }
}

/// An enum without fields, and what says the section of a value, if there is one.
macro_rules! values {
    ($range:expr, $type:ident) => {
        values!($range, $type, |_: $type| None)
    };
    ($range:expr, $type:ident, $section:expr) => {
        Named {
            name: stringify!($type),
            range: $range,
            rows: $type::ALL
                .iter()
                .map(|it| Row::new(stringify!($type), it.name(), it.code(), $section(*it)))
                .collect(),
        }
    };
}

/// An enum with fields.
macro_rules! kinds {
    ($range:expr, $type:ident) => {
        Named {
            name: stringify!($type),
            range: $range,
            rows: $type::KINDS
                .iter()
                .map(|(code, name)| Row::new(stringify!($type), name, *code, None))
                .collect(),
        }
    };
}

/// All enums with names. The numbers from 901 to 999 are for errors that only a binding has.
fn all_named() -> Vec<Named> {
    vec![
        kinds!(1..=30, Event),
        values!(31..=40, MessageKind),
        values!(41..=50, Side),
        values!(51..=60, Transport),
        values!(101..=199, SendError, SendError::rfc_section),
        values!(201..=299, AnswerError, AnswerError::rfc_section),
        values!(301..=399, RequestError, RequestError::rfc_section),
        values!(401..=499, ProtocolError, ProtocolError::rfc_section),
        values!(501..=550, ExtendedConnectError, ExtendedConnectError::rfc_section),
        kinds!(551..=599, ExtendedResponseError),
        kinds!(601..=699, ProxyError),
        values!(701..=740, ProxyUrlError, ProxyUrlError::rfc_section),
        kinds!(741..=799, ProxyVariableError),
        kinds!(801..=840, EndCause),
        values!(841..=860, Deadline),
        kinds!(861..=899, GiveUp),
    ]
}

fn rows() -> Vec<Row> {
    all_named().into_iter().flat_map(|named| named.rows).collect()
}

/// The committed table, in its order.
fn table() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/codes.csv");
    let text = fs::read_to_string(path).expect("the table");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("enum,name,code,section"), "the names of the columns");
    lines.map(Row::parse).collect()
}

/// What programs in other languages were built with stays: only lines are added.
#[test]
fn the_table_and_the_code_agree() {
    let (table, code) = (BTreeSet::from_iter(table()), BTreeSet::from_iter(rows()));
    let gone: Vec<String> = table.difference(&code).map(Row::line).collect();
    assert!(gone.is_empty(), "not so in the code, and it must not change: {gone:#?}");
    let new: Vec<String> = code.difference(&table).map(Row::line).collect();
    assert!(new.is_empty(), "add to the table: {new:#?}");
}

#[test]
fn the_table_is_in_the_order_of_the_numbers() {
    let table = table();
    assert!(table.is_sorted_by(|a, b| a.code < b.code), "sort it, and give no number twice");
}

#[test]
fn numbers_tell_what_they_are_about() {
    let all = all_named();
    for named in &all {
        assert!(!named.rows.is_empty(), "{}", named.name);
        for row in &named.rows {
            assert!(named.range.contains(&row.code), "{}: not from its range", row.line());
        }
    }
    let ends = all.iter().flat_map(|named| [*named.range.start(), *named.range.end()]);
    assert!(ends.is_sorted_by(|a, b| a < b), "ranges do not overlap");
}

#[test]
fn names_are_words_with_hyphens() {
    for Named { name: of, rows, .. } in all_named() {
        let names = BTreeSet::from_iter(rows.iter().map(|row| row.name.as_str()));
        assert_eq!(names.len(), rows.len(), "{of}: a name twice");
        names.iter().for_each(|name| check_name(name));
    }
}

#[track_caller]
fn check_name(name: &str) {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
    };
    assert!(name.split('-').all(is_word), "{name}");
}

#[test]
fn sections_are_of_rfc_6455_or_name_their_document() {
    for row in rows() {
        let Some((document, number)) = row.section.split_once('§') else {
            assert_eq!(row.section, "", "{}", row.line());
            continue;
        };
        let rfc = document.strip_prefix("RFC ").and_then(|rest| rest.strip_suffix(' '));
        assert!(document.is_empty() || rfc.is_some_and(|rfc| rfc.parse::<u16>().is_ok()));
        assert!(number.split('.').all(|part| part.parse::<u8>().is_ok()), "{}", row.line());
    }
}

/// Values with fields have the name and the number of their kind.
#[test]
fn fields_do_not_matter() {
    let timed_out = Deadline::ALL.iter().map(|deadline| EndCause::TimedOut(*deadline));
    let failed = ProtocolError::ALL.iter().map(|error| EndCause::Failed(*error));
    for cause in timed_out.chain(failed).chain([EndCause::Clean, EndCause::ForeignMemory]) {
        assert!(EndCause::KINDS.contains(&(cause.code(), cause.name())), "{cause}");
    }
    assert_eq!(EndCause::TimedOut(Deadline::Pong).name(), "timed-out");
    assert_eq!(EndCause::Failed(ProtocolError::Masked).name(), "failed");

    for reason in [GiveUp::Closed(CloseCode::POLICY), GiveUp::Refused(404), GiveUp::Attempts] {
        assert!(GiveUp::KINDS.contains(&(reason.code(), reason.name())), "{reason}");
    }
    for event in [Event::Text(""), Event::Binary(&mut []), Event::MessageEnd] {
        assert!(Event::KINDS.contains(&(event.code(), event.name())), "{event:?}");
    }
    let error = ProxyVariableError::NoProxy { variable: "no_proxy", entry: 1 };
    assert_eq!((error.code(), error.name()), (742, "no-proxy"));
    let error = ProxyError::BadResponse(ProtocolError::TlsRecord);
    assert_eq!((error.code(), error.name()), (602, "bad-response"));
}

/// A name that is given to a constant can be given in a constant.
#[test]
fn names_and_numbers_are_known_at_compile_time() {
    const FULL: (&str, u16) = (SendError::Full.name(), SendError::Full.code());
    const CLEAN: (&str, u16) = (EndCause::Clean.name(), EndCause::Clean.code());
    assert_eq!((FULL, CLEAN), (("full", 104), ("clean", 801)));
}

#[test]
fn leniencies_have_names() {
    let mut leniency = Leniency::default();
    let names: Vec<&str> = leniency.by_name().map(|(name, _)| name).collect();
    names.iter().for_each(|name| check_name(name));
    for name in names {
        let mut leniency = Leniency::default();
        leniency.by_name().for_each(|(other, is_tolerated)| *is_tolerated = other == name);
        let field = format!("{}: true", name.replace('-', "_"));
        let shown = format!("{leniency:?}");
        assert!(shown.contains(&field), "{shown}");
        assert_eq!(shown.matches("true").count(), 1, "{shown}");
    }
}
