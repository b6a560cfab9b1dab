//! The halves of a socket in tasks of their own, each with its own waker.

use std::cell::{Cell, RefCell};

use websocket_proto::io::Error;
use websocket_proto::io::task::{Receiver, Sender, WebSocket, Wire};
use websocket_proto::{CloseCode, Message};

use super::asynchronous::Runtime;
use super::executor::{Drops, ManualExecutor, run};
use super::fault::{Fault, Plan};
use super::link::Link;
use super::play::{Failure, Observed, Run};
use super::scenario::{Scenario, noise};

/// Runs a connection on which two tasks send and a third receives. The sending task that finishes
/// last closes the connection.
pub(crate) fn play<R: Runtime>(scenario: Scenario, plan: Plan, drops: Drops, case: &str) -> Run {
    let link = Link::new(scenario, plan);
    let (executor, observed, sending) =
        (ManualExecutor::new(drops), RefCell::new(Observed::default()), Cell::new(2));
    let mut opened = None;
    let open = async { opened = Some(R::client(link.stream(), scenario).await) };
    run(&link, vec![Box::pin(open)], case);
    match opened.expect("it was opened or not") {
        Err(error) => observed.borrow_mut().note_error(&error),
        Ok(socket) => {
            observed.borrow_mut().opened = true;
            let task = Tasks { executor: &executor, observed: &observed, sending: &sending };
            task.run(&link, socket, case);
        }
    }
    Run::new(observed.into_inner(), &link, &executor)
}

/// What the tasks share.
#[derive(Clone, Copy)]
struct Tasks<'a> {
    executor: &'a ManualExecutor,
    observed: &'a RefCell<Observed>,
    /// How many tasks are still sending.
    sending: &'a Cell<usize>,
}

impl Tasks<'_> {
    fn run<W: Wire>(self, link: &Link, socket: WebSocket<W>, case: &str) {
        let (sender, receiver) = socket.split();
        let another = sender.clone();
        let tasks = [Box::pin(self.receive(receiver)) as _];
        let senders = [(sender, "a"), (another, "b")];
        let senders = senders.map(|(sender, name)| Box::pin(self.send(sender, name)) as _);
        run(link, tasks.into_iter().chain(senders).collect(), case);
    }

    async fn receive<W: Wire>(self, mut receiver: Receiver<W>) {
        loop {
            match self.executor.drive(receiver.receive()).await {
                None => {}
                Some(Ok(None)) => return,
                Some(Ok(Some(event))) => drop(self.observed.borrow_mut().note_event(&event)),
                Some(Err(error)) => self.observed.borrow_mut().note_error(&error),
            }
        }
    }

    async fn send<W: Wire>(self, sender: Sender<W>, name: &str) {
        for number in 0..3 {
            let text = Message::text(format!("{name}{number}"));
            self.note(
                self.executor.retry_until_done(async || sender.feed_message(&text).await).await,
            );
            self.note(self.executor.retry_until_done(async || sender.flush().await).await);
        }
        let large = Message::binary(noise(if name == "a" { 9_000 } else { 10_000 }));
        self.note(self.executor.retry_until_done(async || sender.feed_message(&large).await).await);
        self.sending.set(self.sending.get() - 1);
        if self.sending.get() == 0 {
            self.note(sender.start_close(CloseCode::NORMAL, "").map_err(Error::from));
        }
        self.note(self.executor.retry_until_done(async || sender.flush().await).await);
    }

    fn note(self, result: Result<(), Error>) {
        self.observed.borrow_mut().note_result(result);
    }
}

/// Checks that what each task sent arrived in order, with nothing left out.
#[track_caller]
pub(crate) fn check(run: &Run, baseline: &Run, fault: Fault, case: &str) {
    let Observed { opened, events, errors, endings, .. } = &run.observed;
    assert!(run.is_dropped && run.peer_log.violations.is_empty(), "{case}: {run:#?}");
    assert!(baseline.observed.events.starts_with(events), "{case}: {run:#?}");
    for task in ["a", "b"] {
        let [run, baseline] = [run, baseline].map(|of| sent_by(task, &of.peer_log.messages));
        assert!(baseline.starts_with(&run), "{case}: {run:?}");
    }
    let refused = |it: &&Failure| matches!(it, Failure::Send(_) | Failure::NotWritten(_));
    let failures = errors.iter().filter(|error| !refused(error)).count();
    assert!(failures <= 1 && (*opened || failures == 1), "{case}: {run:#?}");
    assert_eq!(endings.len(), usize::from(*opened), "{case}: {run:#?}");
    if matches!(fault, Fault::Pending | Fault::OneByte) {
        assert_eq!((events, errors, endings), baseline.observed.all(), "{case}");
        assert_eq!(
            run.peer_log.messages.len(),
            baseline.peer_log.messages.len(),
            "{case}: {run:#?}"
        );
    }
}

fn sent_by<'r>(task: &str, messages: &'r [String]) -> Vec<&'r String> {
    let (text, large) =
        (format!("text \"{task}"), if task == "a" { "binary 9" } else { "binary 1" });
    let sent = messages.iter();
    sent.filter(|word| word.starts_with(&text) || word.starts_with(large)).collect()
}
