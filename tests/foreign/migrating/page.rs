//! What the page says, compared with the programs and with the libraries.

use std::time::Duration;

use tungstenite::protocol::WebSocketConfig;
use websocket_proto::Config;

use crate::{PROGRAMS, from_tokio_tungstenite, to_streams};

const PAGE: &str = include_str!("../../../MIGRATING.md");

#[test]
fn the_page_shows_these_programs() {
    for program in PROGRAMS {
        let block = format!("\n```rust\n{}```\n", program.text);
        assert!(PAGE.contains(&block), "{} is not in MIGRATING.md", program.name);
    }
    assert_eq!(PAGE.matches("\n```rust").count(), PROGRAMS.len(), "a program without a test");
}

#[test]
fn a_port_from_tokio_tungstenite_changes_five_lines_at_most() {
    let before = lines_without_imports(from_tokio_tungstenite::PROGRAM.text);
    let after = lines_without_imports(to_streams::PROGRAM.text);
    let changed = after.len() - common_lines(&before, &after);
    assert!((1..=5).contains(&changed), "{changed} lines differ");
    assert_eq!(before.len(), after.len(), "a line was added or removed");
}

fn lines_without_imports(program: &str) -> Vec<&str> {
    program.lines().filter(|line| !line.starts_with("use ")).collect()
}

/// The length of the longest common subsequence, as `diff` finds it.
fn common_lines(before: &[&str], after: &[&str]) -> usize {
    let mut row = vec![0; after.len() + 1];
    for old in before {
        let mut diagonal = 0;
        for (index, new) in after.iter().enumerate() {
            let above = row[index + 1];
            row[index + 1] = if old == new { diagonal + 1 } else { above.max(row[index]) };
            diagonal = above;
        }
    }
    row[after.len()]
}

#[test]
fn the_defaults_are_those_of_the_page() {
    let theirs = WebSocketConfig::default();
    assert_eq!(theirs.max_message_size, Some(64 << 20));
    assert_eq!(theirs.max_frame_size, Some(16 << 20));
    assert_eq!(theirs.write_buffer_size, 128 << 10);
    assert_eq!(theirs.max_write_buffer_size, usize::MAX);
    assert_eq!(theirs.read_buffer_size, 128 << 10);

    let ours = Config::default();
    assert_eq!((ours.limits.message, ours.limits.frame), (64 << 20, 64 << 20));
    assert_eq!(ours.limits.output, 1 << 20);
    assert_eq!(ours.handshake_timeout, Duration::from_secs(10));
    assert_eq!(ours.close_timeout, Duration::from_secs(5));
    assert_eq!(ours.write_timeout, Some(Duration::from_secs(120)));
    let keepalive = ours.keepalive.unwrap();
    assert_eq!(keepalive.interval, Duration::from_secs(30));
    assert_eq!(keepalive.timeout, Duration::from_secs(20));
}
