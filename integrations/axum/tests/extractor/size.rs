//! What is small stays small.

#[test]
fn the_crate_has_no_more_than_three_hundred_lines() {
    let lines = [
        include_str!("../../src/lib.rs"),
        include_str!("../../src/rejection.rs"),
        include_str!("../../src/socket.rs"),
        include_str!("../../src/upgrade.rs"),
    ]
    .map(|file| file.lines().count());
    assert!(lines.iter().sum::<usize>() <= 300, "{lines:?}");
}
