//! The comparison of what both sides counted.

use std::collections::{BTreeMap, HashMap};

use crate::plan::Plan;
use crate::record::{PeerRecord, ServerRecord};

/// How many faults are told word for word.
const MOST_WORDS: u64 = 20;

/// All connections: those that are over are only counted.
pub(crate) struct Account {
    seed: u64,
    of_peers: HashMap<u64, PeerRecord>,
    of_server: HashMap<u64, ServerRecord>,
    /// How many connections of each plan are accounted for.
    pub(crate) done: BTreeMap<Plan, u64>,
    pub(crate) causes: BTreeMap<String, u64>,
    pub(crate) messages: u64,
    pub(crate) news: u64,
    pub(crate) handshakes_failed: u64,
    pub(crate) faults: u64,
}

impl Account {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            of_peers: HashMap::new(),
            of_server: HashMap::new(),
            done: BTreeMap::new(),
            causes: BTreeMap::new(),
            messages: 0,
            news: 0,
            handshakes_failed: 0,
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
        self.handshakes_failed += 1;
        if !Plan::NoHandshake.causes().contains(&&*cause) {
            self.note_fault(&format!("a handshake ended with {cause}"));
        }
        *self.causes.entry(cause).or_default() += 1;
    }

    /// Compares what is left in the end, and returns whether all was well.
    pub(crate) fn finish(&mut self) -> bool {
        let alone = self.of_peers.len() + self.of_server.len();
        if alone > 0 {
            self.note_fault(&format!("{alone} connections are known to one side alone"));
        }
        let unopened = self.done.get(&Plan::NoHandshake).copied().unwrap_or(0);
        if unopened != self.handshakes_failed {
            let failed = self.handshakes_failed;
            self.note_fault(&format!("{failed} handshakes failed, where {unopened} were to"));
        }
        self.faults == 0
    }

    /// How many connections only one side has reported so far.
    pub(crate) fn waiting(&self) -> usize {
        self.of_peers.len() + self.of_server.len()
    }

    fn settle_unopened(&mut self, plan: Plan, peer: PeerRecord) {
        *self.done.entry(plan).or_default() += 1;
        if let Some(fault) = peer.fault {
            self.note_fault(&format!("{} {plan:?}: {fault}", peer.number));
        }
    }

    fn settle(&mut self, plan: Plan, peer: &PeerRecord, server: &ServerRecord) {
        *self.done.entry(plan).or_default() += 1;
        *self.causes.entry(server.cause.clone()).or_default() += 1;
        self.messages += peer.counts.received + server.counts.received;
        self.news += peer.counts.news;
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
    let (ours, theirs) = (server.counts, peer.counts);
    let is_whole =
        (ours.received, ours.sent, ours.news) == (theirs.sent, theirs.received, theirs.news);
    let is_part = ours.received <= theirs.sent && theirs.received <= ours.sent;
    if peer.fault.is_some() {
        peer.fault.clone()
    } else if server.endings != 1 {
        Some(format!("the last event came {} times", server.endings))
    } else if server.disorder {
        Some("messages were lost or changed places".into())
    } else if !plan.causes().contains(&&*server.cause) {
        Some(format!("the cause is {}", server.cause))
    } else if plan.ends_cleanly() && !is_whole {
        Some("messages are missing".into())
    } else if !plan.ends_cleanly() && !is_part {
        Some("there are more messages than were sent".into())
    } else {
        None
    }
}
