//! Streams that are more than a socket: they hold bytes back, as TLS does, and hang in the end.

use websocket_proto::{Deadline, EndCause, Event};

use super::hand::Hand;
use super::script::{Hesitation, Instead, Operation, Script};
use super::scripted::{check_dialogue, dialogue};
use super::{beside_another, millis, run};
use crate::runtime::adapter::accept;
use crate::support::{close, ping};

#[test]
fn what_a_stream_holds_back_is_flushed_before_waiting() {
    let (input, _) = dialogue();
    run(async {
        for hesitation in Hesitation::ALL {
            for (read, write) in [(1, 1), (7, 3), (0, 0)] {
                let script = Script::new(&input).sizes(read, write);
                let script = script.hesitating(hesitation).holding_back();
                let events = Hand::patient().echo(&mut script.server());
                check_dialogue(&events, &script, &format!("{hesitation:?}, {read}, {write}"));
            }
        }
    });
}

/// The first flush hesitates, and after its input the stream is silent.
fn slow_flush(input: &[u8]) -> Script {
    let (mut hesitates, mut reads) = (true, 0);
    Script::new(input).holding_back().rule(move |_, operation| match operation {
        Operation::Flush => std::mem::replace(&mut hesitates, false).then_some(Instead::Later),
        Operation::Read => {
            reads += 1;
            (reads > 1).then_some(Instead::Later)
        }
        Operation::Write | Operation::Shutdown => None,
    })
}

#[test]
fn a_flush_that_hesitates_is_gone_on_with() {
    run(async {
        let script = slow_flush(b"");
        script.server().send_text("sent").await.unwrap();
        assert_eq!(script.words(), ["sends text \"sent\""], "by the future that sends");

        let script = slow_flush(&crate::support::text("sent"));
        let mut socket = script.server();
        let Some((Event::Text(_), writer)) = socket.next().await.unwrap() else { panic!() };
        writer.feed_text("sent").await.unwrap();
        assert!(Hand::dropping_after(3).drive(socket.next()).is_none());
        assert_eq!(script.words(), ["sends text \"sent\""], "by the future that receives");

        let script = slow_flush(&ping("?"));
        let mut socket = script.server();
        let Some((Event::Ping(_), _)) = socket.next().await.unwrap() else { panic!() };
        assert!(Hand::dropping_after(3).drive(socket.next()).is_none());
        assert_eq!(script.words(), ["sends pong \"?\""], "after a pong in passing");
    });
}

#[test]
fn a_flush_that_hesitates_in_the_handshake_is_gone_on_with() {
    let script = slow_flush(super::G.as_bytes());
    run(accept(script.clone())).unwrap();
    assert_eq!(script.state().output, super::A.as_bytes());
}

/// A server over `script` that ends within 50 ms, come what may.
async fn ends(script: &Script) -> EndCause {
    let mut config = websocket_proto::Config::default();
    (config.close_timeout, config.write_timeout) = (millis(50), Some(millis(50)));
    config.keepalive = None;
    let mut socket = script.server_with(config);
    beside_another(async {
        loop {
            if let (Event::Ended(ending), _) = socket.next().await.unwrap().expect("the end") {
                return ending.cause;
            }
        }
    })
    .await
}

fn never(which: Operation) -> impl FnMut(usize, Operation) -> Option<Instead> {
    move |_, operation| (operation == which).then_some(Instead::Never)
}

#[test]
fn a_shutdown_that_hangs_does_not_hold_up_the_end() {
    let script = Script::new("").rule(never(Operation::Shutdown));
    assert_eq!(run(ends(&script)), EndCause::Eof);
    let script = Script::new(close(1000, "")).rule(never(Operation::Shutdown));
    assert_eq!(run(ends(&script)), EndCause::Clean);
}

#[test]
fn a_shutdown_that_hangs_after_a_write_that_did() {
    // Once the last deadline has passed there is none to wait for.
    let hangs = |_, operation| (operation != Operation::Read).then_some(Instead::Never);
    let script = Script::new(ping("?")).rule(hangs);
    assert_eq!(run(ends(&script)), EndCause::Eof);
    let hangs = |_, _| Some(Instead::Never);
    let script = Script::new("").rule(hangs);
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
    let script = Script::new(close(1000, "")).holding_back().rule(never(Operation::Flush));
    assert_eq!(run(ends(&script)), EndCause::Clean);
}
