//! Streams that buffer what is written, as TLS does, and streams whose last operations hang.

use websocket_proto::{Deadline, EndCause, Event};

use super::executor::ManualExecutor;
use super::scripted::{check_dialogue, dialogue};
use super::scripted_stream::{Fault, Operation, PendingPattern, ScriptedStream};
use super::{beside_another, millis, run};
use crate::runtime::adapter::accept;
use crate::support::{close, ping};

#[test]
fn what_a_stream_holds_back_is_flushed_before_waiting() {
    let (input, _) = dialogue();
    run(async {
        for pattern in PendingPattern::ALL {
            for (read, write) in [(1, 1), (7, 3), (0, 0)] {
                let script = ScriptedStream::new(&input).sizes(read, write);
                let script = script.pending_by(pattern).buffering_writes();
                let events = ManualExecutor::never_dropping().echo(&mut script.server());
                check_dialogue(&events, &script, &format!("{pattern:?}, {read}, {write}"));
            }
        }
    });
}

/// A buffering stream whose first flush has to wait, and which has nothing to read after its input.
fn slow_flush(input: &[u8]) -> ScriptedStream {
    let (mut is_first_flush, mut reads) = (true, 0);
    ScriptedStream::new(input).buffering_writes().rule(move |_, operation| match operation {
        Operation::Flush => std::mem::replace(&mut is_first_flush, false).then_some(Fault::Pending),
        Operation::Read => {
            reads += 1;
            (reads > 1).then_some(Fault::Pending)
        }
        Operation::Write | Operation::Shutdown => None,
    })
}

#[test]
fn a_flush_that_has_to_wait_is_taken_up_again() {
    run(async {
        let script = slow_flush(b"");
        script.server().send_text("sent").await.unwrap();
        assert_eq!(script.words(), ["sends text \"sent\""], "by the future that sends");

        let script = slow_flush(&crate::support::text("sent"));
        let mut socket = script.server();
        let Some((Event::Text(_), writer)) = socket.receive().await.unwrap() else { panic!() };
        writer.feed_text("sent").await.unwrap();
        assert!(ManualExecutor::dropping_each_after(3).drive(socket.receive()).is_none());
        assert_eq!(script.words(), ["sends text \"sent\""], "by the future that receives");

        let script = slow_flush(&ping("?"));
        let mut socket = script.server();
        let Some((Event::Ping(_), _)) = socket.receive().await.unwrap() else { panic!() };
        assert!(ManualExecutor::dropping_each_after(3).drive(socket.receive()).is_none());
        assert_eq!(
            script.words(),
            ["sends pong \"?\""],
            "of a pong that was written while receiving"
        );
    });
}

#[test]
fn a_flush_of_the_handshake_that_has_to_wait_is_taken_up_again() {
    let script = slow_flush(super::REQUEST.as_bytes());
    run(accept(script.clone())).unwrap();
    assert_eq!(script.state().output, super::RESPONSE.as_bytes());
}

/// Runs a server over `script` whose deadlines are 50 ms; returns how it ended.
async fn run_to_end(script: &ScriptedStream) -> EndCause {
    let mut config = websocket_proto::Config::default();
    (config.close_timeout, config.write_timeout) = (millis(50), Some(millis(50)));
    config.keepalive = None;
    let mut socket = script.server_with(config);
    beside_another(async {
        loop {
            if let (Event::Ended(ending), _) = socket.receive().await.unwrap().expect("the end") {
                return ending.cause;
            }
        }
    })
    .await
}

/// A rule by which all operations of one kind hang.
fn hangs_at(which: Operation) -> impl FnMut(usize, Operation) -> Option<Fault> {
    move |_, operation| (operation == which).then_some(Fault::NeverReady)
}

#[test]
fn a_shutdown_that_hangs_does_not_hold_up_the_end() {
    let script = ScriptedStream::new("").rule(hangs_at(Operation::Shutdown));
    assert_eq!(run(run_to_end(&script)), EndCause::Eof);
    let script = ScriptedStream::new(close(1000, "")).rule(hangs_at(Operation::Shutdown));
    assert_eq!(run(run_to_end(&script)), EndCause::Clean);
}

#[test]
fn a_shutdown_that_hangs_after_a_write_that_did() {
    // When the last deadline has passed, there is no other that could end the wait.
    let hangs = |_, operation| (operation != Operation::Read).then_some(Fault::NeverReady);
    let script = ScriptedStream::new(ping("?")).rule(hangs);
    assert_eq!(run(run_to_end(&script)), EndCause::Eof);
    let hangs = |_, _| Some(Fault::NeverReady);
    let script = ScriptedStream::new("").rule(hangs);
    let mut config = websocket_proto::Config::default();
    (config.close_timeout, config.handshake_timeout) = (millis(50), millis(50));
    let decide = async |_: &websocket_proto::handshake::Request<'_>| {
        Ok(websocket_proto::handshake::Acceptance::new())
    };
    let accepting = crate::runtime::adapter::accept_with(script, config, decide);
    let failed = run(beside_another(accepting)).map(drop).unwrap_err();
    let websocket_proto::io::Error::Ended(ending) = failed else { panic!("{failed}") };
    assert_eq!(ending.cause, EndCause::TimedOut(Deadline::Handshake));
}

#[test]
fn a_flush_that_hangs_does_not_hold_up_the_end() {
    let script =
        ScriptedStream::new(close(1000, "")).buffering_writes().rule(hangs_at(Operation::Flush));
    // Nobody knows whether our Close frame has left.
    assert_eq!(run(run_to_end(&script)), EndCause::TimedOut(Deadline::Close));
}
