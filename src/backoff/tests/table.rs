//! What the table of the documentation says of every code, status and cause is what happens.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;

/// A row of the table: why there is no connection, and the advice.
struct Row {
    reason: &'static str,
    advice: &'static str,
}

fn rows() -> Vec<Row> {
    let lines = include_str!("../default_advice.md").lines().skip(2);
    lines
        .map(|line| {
            let mut cells = line.trim_matches('|').splitn(2, " | ").map(str::trim);
            let (reason, advice) = (cells.next().unwrap(), cells.next().unwrap());
            let end = advice.find([':', ',', ';']).unwrap_or(advice.len());
            Row { reason, advice: &advice[..end] }
        })
        .collect()
}

/// The advice in the words of the table.
fn in_words(advice: Advice) -> &'static str {
    match advice {
        Advice::Retry => "retry",
        Advice::RetryLater => "retry later",
        Advice::GiveUp(_) => "give up",
    }
}

/// Whether a text names this number, alone or in a range such as 502–504.
fn names(text: &str, number: u16) -> bool {
    let words =
        text.split(|c: char| !c.is_ascii_digit() && c != '–').filter(|word| !word.is_empty());
    words.into_iter().any(|word| {
        let (first, last) = word.split_once('–').unwrap_or((word, word));
        (first.parse().unwrap()..=last.parse::<u16>().unwrap()).contains(&number)
    })
}

/// The advice that the table has for a number after `start`. Rows that end with `any other` are for
/// those that no other row names.
fn for_number(rows: &[Row], start: &str, number: u16) -> &'static str {
    let mut all = rows.iter().filter(|row| row.reason.starts_with(start));
    let named = rows.iter().filter(|row| row.reason.starts_with(start));
    let mut named = named.filter(|row| names(row.reason, number));
    let other = all.find(|row| row.reason.contains("any other")).unwrap();
    let row = named.next().unwrap_or(other);
    assert!(named.next().is_none(), "{number} is in two rows");
    row.advice
}

#[test]
fn every_close_code() {
    let rows = rows();
    for code in 0..=u16::MAX {
        let advice = in_words(advice(&closed(code)));
        assert_eq!(for_number(&rows, "the peer closed with", code), advice, "{code}");
    }
}

#[test]
fn every_status() {
    let rows = rows();
    for status in 100..=999 {
        let advice = in_words(Disconnect::Refused(status).default_advice());
        assert_eq!(
            for_number(&rows, "the server or a proxy answered with", status),
            advice,
            "{status}"
        );
    }
}

/// How the table calls this cause. A cause that is new needs a row.
fn phrase(cause: EndCause) -> Option<&'static str> {
    Some(match cause {
        EndCause::Clean => return None,
        EndCause::Eof
        | EndCause::EofInMessage
        | EndCause::EofInFrame
        | EndCause::EofAfterClose
        | EndCause::EofInHandshake
        | EndCause::TransportFailed => "the stream ended or failed",
        EndCause::Rejected => "rejected",
        EndCause::HealthCheck => "answered a health check",
        EndCause::Aborted => "aborted",
        EndCause::Refused => "[`EndCause::Refused`]",
        EndCause::Failed(ProtocolError::BadCloseCode) => "one that must not be sent",
        EndCause::Failed(error) if error.is_limit() => "exceeded a limit",
        EndCause::Failed(_) => "violated the protocol",
        EndCause::TimedOut(_) => "a deadline passed",
        EndCause::NoEntropy => "no random bytes",
        EndCause::ForeignMemory => "the memory of another connection",
        EndCause::OutOfMemory => "no memory to receive into",
    })
}

#[test]
fn every_cause_is_in_the_table() {
    let rows = rows();
    let mut used: Vec<&str> = Vec::new();
    let mut advised = |phrase: &str| {
        let mut found = rows.iter().filter(|row| row.reason.contains(phrase));
        let row = found.next().unwrap();
        assert!(found.next().is_none(), "{phrase} is in two rows");
        used.push(row.reason);
        row.advice
    };
    for (cause, expected) in CAUSES {
        if let Some(phrase) = phrase(cause) {
            assert_eq!(advised(phrase), in_words(expected), "{cause}");
        }
    }
    assert_eq!(advised("this side closed"), in_words(advice(&closed_here(EndCause::Clean))));
    assert_eq!(advised("could not be reached"), in_words(Disconnect::Unreachable.default_advice()));
    let unused = rows.iter().map(|row| row.reason).filter(|reason| {
        let is_number = reason.contains("closed with") || reason.contains("answered with");
        !is_number && !used.contains(reason)
    });
    assert_eq!(unused.map(|reason| format!("{reason};")).collect::<String>(), "");
}
