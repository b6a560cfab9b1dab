//! The halves of a socket in tasks of their own, each with its own waker.

use std::cell::{Cell, RefCell};

use websocket_proto::io::Error;
use websocket_proto::io::task::{Receiver, Sender, WebSocket, Wire};
use websocket_proto::{CloseCode, Message};

use super::fault::{Fault, Plan};
use super::hand::{Drops, Hand, run};
use super::link::Link;
use super::play::{Failure, Run, Told};
use super::scenario::{Scenario, noise};
use super::task::Runtime;

/// Two tasks send, and a third receives; the last that has sent closes.
pub(crate) fn play<R: Runtime>(scenario: Scenario, plan: Plan, drops: Drops, how: &str) -> Run {
    let link = Link::new(scenario, plan);
    let (hand, told, sending) = (Hand::new(drops), RefCell::new(Told::default()), Cell::new(2));
    let mut opened = None;
    let open = async { opened = Some(R::client(link.stream(), scenario).await) };
    run(&link, vec![Box::pin(open)], how);
    match opened.expect("it was opened or not") {
        Err(error) => told.borrow_mut().fail(&error),
        Ok(socket) => {
            told.borrow_mut().opened = true;
            let task = Tasks { hand: &hand, told: &told, sending: &sending };
            task.run(&link, socket, how);
        }
    }
    Run::new(told.into_inner(), &link, &hand)
}

/// What the tasks share.
#[derive(Clone, Copy)]
struct Tasks<'a> {
    hand: &'a Hand,
    told: &'a RefCell<Told>,
    /// So many are still sending.
    sending: &'a Cell<usize>,
}

impl Tasks<'_> {
    fn run<W: Wire>(self, link: &Link, socket: WebSocket<W>, how: &str) {
        let (receiver, sender) = socket.split();
        let another = sender.clone();
        let tasks = [Box::pin(self.receive(receiver)) as _];
        let senders = [(sender, "a"), (another, "b")];
        let senders = senders.map(|(sender, name)| Box::pin(self.send(sender, name)) as _);
        run(link, tasks.into_iter().chain(senders).collect(), how);
    }

    async fn receive<W: Wire>(self, mut receiver: Receiver<W>) {
        loop {
            match self.hand.once(receiver.next()).await {
                None => {}
                Some(Ok(None)) => return,
                Some(Ok(Some(event))) => drop(self.told.borrow_mut().event(&event)),
                Some(Err(error)) => self.told.borrow_mut().fail(&error),
            }
        }
    }

    async fn send<W: Wire>(self, sender: Sender<W>, name: &str) {
        for number in 0..3 {
            let text = Message::text(format!("{name}{number}"));
            self.note(self.hand.insist(async || sender.feed_message(&text).await).await);
            self.note(self.hand.insist(async || sender.flush().await).await);
        }
        let large = Message::binary(noise(if name == "a" { 9_000 } else { 10_000 }));
        self.note(self.hand.insist(async || sender.feed_message(&large).await).await);
        self.sending.set(self.sending.get() - 1);
        if self.sending.get() == 0 {
            self.note(sender.close(CloseCode::NORMAL, "").map_err(Error::from));
        }
        self.note(self.hand.insist(async || sender.flush().await).await);
    }

    fn note(self, result: Result<(), Error>) {
        self.told.borrow_mut().note(result);
    }
}

/// What each task sent arrived in order, with nothing left out.
#[track_caller]
pub(crate) fn check(run: &Run, calm: &Run, fault: Fault, how: &str) {
    let Told { opened, events, errors, endings, .. } = &run.told;
    assert!(run.is_dropped && run.heard.violations.is_empty(), "{how}: {run:#?}");
    assert!(calm.told.events.starts_with(events), "{how}: {run:#?}");
    for task in ["a", "b"] {
        let [run, calm] = [run, calm].map(|of| sent_by(task, &of.heard.messages));
        assert!(calm.starts_with(&run), "{how}: {run:?}");
    }
    let refused = |it: &&Failure| matches!(it, Failure::Send(_) | Failure::NotWritten(_));
    let failures = errors.iter().filter(|error| !refused(error)).count();
    assert!(failures <= 1 && (*opened || failures == 1), "{how}: {run:#?}");
    assert_eq!(endings.len(), usize::from(*opened), "{how}: {run:#?}");
    if matches!(fault, Fault::Later | Fault::Short) {
        assert_eq!((events, errors, endings), calm.told.all(), "{how}");
        assert_eq!(run.heard.messages.len(), calm.heard.messages.len(), "{how}: {run:#?}");
    }
}

fn sent_by<'r>(task: &str, messages: &'r [String]) -> Vec<&'r String> {
    let (text, large) =
        (format!("text \"{task}"), if task == "a" { "binary 9" } else { "binary 1" });
    let sent = messages.iter();
    sent.filter(|word| word.starts_with(&text) || word.starts_with(large)).collect()
}
