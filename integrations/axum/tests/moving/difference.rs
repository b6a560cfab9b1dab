//! What has changed in the programs, compared with what the README says of it.

const README: &str = include_str!("../../README.md");

const WEBSOCKETS: [&str; 2] =
    [include_str!("websockets/before.rs"), include_str!("websockets/after.rs")];
const CHAT: [&str; 2] = [include_str!("chat/before.rs"), include_str!("chat/after.rs")];

#[test]
fn imports_and_at_most_five_lines_are_new() {
    for (programs, promised) in [(WEBSOCKETS, 5), (CHAT, 0)] {
        let difference = difference(programs);
        let new = difference.iter().filter(|line| line.starts_with('+'));
        let new: Vec<_> = new.filter(|line| !line.starts_with("+use ")).collect();
        assert_eq!(new.len(), promised, "{new:#?}");
    }
}

#[test]
fn the_readme_shows_the_difference() {
    for programs in [WEBSOCKETS, CHAT] {
        let difference = difference(programs).join("\n");
        let block = format!("\n```diff\n{difference}\n```\n");
        assert!(README.contains(&block), "not in the README:{block}");
    }
}

/// The lines that one program has and the other has not, as `diff` finds them.
fn difference([before, after]: [&str; 2]) -> Vec<String> {
    let [before, after] = [before, after].map(|text| text.lines().collect::<Vec<_>>());
    let common = common_lines(&before, &after);
    let (mut old, mut new, mut found) = (0, 0, Vec::new());
    while old < before.len() || new < after.len() {
        if old < before.len() && new < after.len() && before[old] == after[new] {
            (old, new) = (old + 1, new + 1);
        } else if old < before.len() && common[old + 1][new] == common[old][new] {
            found.push(format!("-{}", before[old]));
            old += 1;
        } else {
            found.push(format!("+{}", after[new]));
            new += 1;
        }
    }
    found
}

/// The length of the longest common subsequence from each pair of lines on.
fn common_lines(before: &[&str], after: &[&str]) -> Vec<Vec<usize>> {
    let mut common = vec![vec![0; after.len() + 1]; before.len() + 1];
    for old in (0..before.len()).rev() {
        for new in (0..after.len()).rev() {
            common[old][new] = if before[old] == after[new] {
                common[old + 1][new + 1] + 1
            } else {
                common[old + 1][new].max(common[old][new + 1])
            };
        }
    }
    common
}
