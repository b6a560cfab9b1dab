//! The comparison of what both sides counted.

use std::collections::{BTreeMap, HashMap};

use crate::plan::Plan;
use crate::record::{Counts, PeerRecord, ServerRecord};

/// How many faults are told word for word.
const MOST_WORDS: u64 = 20;
/// The cause with which a connection ends that both sides close.
const CLEAN: &str = "clean";

/// All connections: those that are over are only counted.
pub(crate) struct Account {
    seed: u64,
    of_peers: HashMap<u64, PeerRecord>,
    of_server: HashMap<u64, ServerRecord>,
    /// How many connections of each plan are accounted for.
    pub(crate) done: BTreeMap<Plan, u64>,
    pub(crate) causes: BTreeMap<String, u64>,
    unopened: BTreeMap<String, Unopened>,
    pub(crate) messages: u64,
    pub(crate) news: u64,
    /// How many connections were open when the server was shut down, and how many of them were closed by
    /// both sides.
    pub(crate) shut_down: u64,
    pub(crate) shut_down_cleanly: u64,
    /// How many connections were begun after the server had stopped accepting.
    pub(crate) turned_away: u64,
    pub(crate) faults: u64,
}

/// The connections that ended in the handshake for one cause.
#[derive(Default)]
struct Unopened {
    seen: u64,
    planned: u64,
    /// Those begun when the server was shut down: it may have accepted them, or not.
    perhaps: u64,
}

impl Account {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            of_peers: HashMap::new(),
            of_server: HashMap::new(),
            done: BTreeMap::new(),
            causes: BTreeMap::new(),
            unopened: BTreeMap::new(),
            messages: 0,
            news: 0,
            shut_down: 0,
            shut_down_cleanly: 0,
            turned_away: 0,
            faults: 0,
        }
    }

    pub(crate) fn note_peer(&mut self, peer: PeerRecord) {
        let (plan, _) = Plan::of(self.seed, peer.number);
        if !plan.opens() {
            self.settle_unopened(plan, peer);
        } else if let Some(server) = self.of_server.remove(&peer.number) {
            self.settle(plan, &peer, &server);
        } else {
            self.of_peers.insert(peer.number, peer);
        }
    }

    pub(crate) fn note_server(&mut self, server: ServerRecord) {
        let (plan, _) = Plan::of(self.seed, server.number);
        if let Some(peer) = self.of_peers.remove(&server.number) {
            self.settle(plan, &peer, &server);
        } else {
            self.of_server.insert(server.number, server);
        }
    }

    /// A connection ended in the handshake, for this cause.
    pub(crate) fn note_unopened(&mut self, cause: String) {
        self.unopened.entry(cause.clone()).or_default().seen += 1;
        *self.causes.entry(cause).or_default() += 1;
    }

    /// Compares what is left in the end, and returns whether all was well.
    pub(crate) fn finish(&mut self) -> bool {
        let turned_away = |peer: &PeerRecord| {
            peer.shut_down && peer.fault.is_none() && peer.counts == Counts::default()
        };
        self.turned_away = self.of_peers.values().filter(|peer| turned_away(peer)).count() as u64;
        self.of_peers.retain(|_, peer| !turned_away(peer));
        if self.waiting() > 0 {
            let (peers, server) = (self.of_peers.values().next(), self.of_server.values().next());
            self.note_fault(&format!(
                "{} connections are known to one side alone, as {peers:?} or {server:?}",
                self.waiting()
            ));
        }
        let wrong: Vec<_> = self
            .unopened
            .iter()
            .filter(|(_, count)| count.seen < count.planned)
            .chain(
                self.unopened
                    .iter()
                    .filter(|(_, count)| count.seen > count.planned + count.perhaps),
            )
            .map(|(cause, count)| {
                format!("{} handshakes ended with {cause}, not {}", count.seen, count.planned)
            })
            .collect();
        for words in wrong {
            self.note_fault(&words);
        }
        self.faults == 0
    }

    /// How many connections only one side has reported so far.
    pub(crate) fn waiting(&self) -> usize {
        self.of_peers.len() + self.of_server.len()
    }

    fn settle_unopened(&mut self, plan: Plan, peer: PeerRecord) {
        *self.done.entry(plan).or_default() += 1;
        let count = self.unopened.entry(plan.causes()[0].into()).or_default();
        if peer.shut_down {
            count.perhaps += 1;
        } else {
            count.planned += 1;
        }
        if let Some(fault) = peer.fault {
            self.note_fault(&format!("{} {plan:?}: {fault}", peer.number));
        }
    }

    fn settle(&mut self, plan: Plan, peer: &PeerRecord, server: &ServerRecord) {
        *self.done.entry(plan).or_default() += 1;
        *self.causes.entry(server.cause.clone()).or_default() += 1;
        self.messages += peer.counts.received + server.counts.received;
        self.news += peer.counts.news;
        if peer.shut_down {
            self.shut_down += 1;
            self.shut_down_cleanly += u64::from(server.cause == CLEAN);
        }
        if let Some(fault) = find_fault(plan, peer, server) {
            self.note_fault(&format!("{} {plan:?}: {fault}; {peer:?} {server:?}", peer.number));
        }
    }

    fn note_fault(&mut self, words: &str) {
        self.faults += 1;
        if self.faults <= MOST_WORDS {
            println!("fault: {words}");
        }
    }
}

fn find_fault(plan: Plan, peer: &PeerRecord, server: &ServerRecord) -> Option<String> {
    let cause = &*server.cause;
    // Who leaves may have left just before, and the end of its stream have come after.
    let shut_down = peer.shut_down || plan.leaves() && server.shut_down;
    let is_due =
        plan.causes().contains(&cause) || shut_down && plan.causes_in_shutdown().contains(&cause);
    if peer.fault.is_some() {
        peer.fault.clone()
    } else if server.endings != 1 {
        Some(format!("the last event came {} times", server.endings))
    } else if server.disorder {
        Some("messages were lost or changed places".into())
    } else if !is_due {
        Some(format!("the cause is {cause}"))
    } else {
        find_missing(plan, peer, server).map(String::from)
    }
}

/// Compares the messages of both sides.
fn find_missing(plan: Plan, peer: &PeerRecord, server: &ServerRecord) -> Option<&'static str> {
    let (ours, theirs) = (server.counts, peer.counts);
    // What the server sent before its Close frame was received before it, too. What it receives after it,
    // it leaves.
    let (all_came, all_arrived) = match peer.shut_down {
        false => (plan.ends_cleanly(), plan.ends_cleanly()),
        true => (plan.is_by_crate() && server.cause == CLEAN, false),
    };
    if ours.received > theirs.sent || theirs.received > ours.sent || theirs.news > ours.news {
        Some("there are more messages than were sent")
    } else if all_came && (theirs.received, theirs.news) != (ours.sent, ours.news) {
        Some("messages of the server are missing")
    } else if all_arrived && ours.received != theirs.sent {
        Some("messages of the peer are missing")
    } else {
        None
    }
}
