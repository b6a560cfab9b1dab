//! Where and when a run took place, and the versions of what it measured.

use std::fmt::Write;
use std::process::Command;
use std::{env, fs};

/// The lock file, which has the exact versions.
const LOCK: &str = include_str!("../../Cargo.lock");

const PEERS: [&str; 9] = [
    "tungstenite",
    "tokio-tungstenite",
    "tokio-websockets",
    "fastwebsockets",
    "web-socket",
    "yawc",
    "sockudo-ws",
    "soketto",
    "wtx",
];

/// Describes the date, the machine and the versions, as a list in Markdown.
pub(crate) fn describe() -> String {
    let mut text = String::new();
    let mut line = |what: &str, value: &str| {
        let _ = writeln!(text, "- {what}: {value}");
    };
    line("date", &output("date", &["-u", "+%Y-%m-%d"]));
    line("processor", &processor());
    line("kernel", &output("uname", &["-sr"]));
    line("compiler", &output(&env::var("RUSTC").unwrap_or("rustc".into()), &["--version"]));
    let version = |name: &&str| format!("{name} {}", version(name, LOCK).unwrap_or("?"));
    line("tokio", version(&"tokio").trim_start_matches("tokio "));
    line("peers", &PEERS.iter().map(version).collect::<Vec<_>>().join(", "));
    text
}

/// What a program prints.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|_| "unknown".into())
}

/// The name of the processor and how many cores it has.
fn processor() -> String {
    let lines = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let lines_of =
        |key| lines.lines().filter_map(move |line| line.strip_prefix(key)?.split_once(": "));
    let name = lines_of("model name").next().map_or("unknown", |(_, name)| name);
    format!("{name}, {} cores", lines_of("processor").count())
}

/// The version of a package in the lock file.
fn version<'l>(name: &str, lock: &'l str) -> Option<&'l str> {
    let (_, package) = lock.split_once(&format!("\nname = \"{name}\"\nversion = \""))?;
    package.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        let lock = "[[package]]\nname = \"ab\"\nversion = \"1.2.3\"\n\n[[package]]\nname = \"b\"\n\
            version = \"4.5.6\"\n";
        assert_eq!(version("b", lock), Some("4.5.6"));
        assert_eq!(version("c", lock), None);
        assert!(PEERS.iter().all(|peer| version(peer, LOCK).is_some()));
    }
}
