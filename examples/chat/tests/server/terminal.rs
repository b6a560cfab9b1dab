//! `wscat`, an example of the crate, as a client at a terminal.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

use crate::support::{Server, soon};

#[tokio::test]
async fn wscat_sends_and_receives_messages() {
    // First, as building may take longer than a token is good for, or than Ann may leave a ping
    // unanswered.
    assert!(cargo("build").status().await.unwrap().success());
    let server = Server::start(&[]).await;
    let mut ann = server.join("Ann", "lobby").await;
    ann.history().await;
    let mut wscat = cargo("run")
        .arg("--")
        .arg(format!("ws://{}/ws?room=lobby", server.address))
        .args(["--subprotocol", "chat", "--subprotocol"])
        .arg(format!("token.{}", server.token("Bob").await))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = wscat.stdin.take().unwrap();
    let mut lines = BufReader::new(wscat.stdout.take().unwrap()).lines();
    let welcome = soon(lines.next_line()).await.unwrap().unwrap();
    assert!(welcome.starts_with(r#"{"type":"welcome""#), "{welcome}");
    input.write_all(b"hello from a terminal\n").await.unwrap();
    assert_eq!(ann.next().await["text"], "hello from a terminal");
    ann.say("k", "hello from a page").await;
    loop {
        let line = soon(lines.next_line()).await.unwrap().expect("another line");
        if line.contains("hello from a page") {
            break;
        }
    }
    drop(input);
    assert!(soon(wscat.wait()).await.unwrap().success());
}

/// A command of cargo for the example `wscat`: `run` or `build`.
fn cargo(subcommand: &str) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args([subcommand, "--quiet", "--example", "wscat", "--manifest-path"]);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"));
    command
}
