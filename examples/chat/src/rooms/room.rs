//! One room: its messages, and who is in it.

mod follower;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, watch};
use tokio::time::timeout;

use super::backlog::Backlog;
use super::memory::TotalMemory;
use crate::protocol::{MessageId, RoomMessage};

pub(crate) use follower::Follower;

/// How long to wait for a message that another instance has delivered already.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(1);

pub(crate) struct Room {
    pub(crate) name: String,
    state: Mutex<State>,
    /// Wakes the followers.
    changes: watch::Sender<()>,
    /// Set once the recent messages have been loaded from Redis.
    pub(super) loaded: OnceCell<()>,
}

struct State {
    backlog: Backlog,
    /// How many connections to this instance each name has.
    connected: BTreeMap<String, usize>,
    /// Who is connected to the other instances.
    connected_elsewhere: BTreeSet<String>,
    /// Who was in the room at the last announcement. Followers compare it with what they have sent.
    announced: Arc<BTreeSet<String>>,
    /// Whether somebody joined or left since the last announcement.
    has_presence_changed: bool,
    /// Whether no more messages are accepted.
    is_frozen: bool,
}

impl Room {
    pub(super) fn new(name: &str, memory: &TotalMemory) -> Self {
        Self {
            name: name.to_owned(),
            state: Mutex::new(State {
                backlog: Backlog::new(MessageId::now(), memory.share()),
                connected: BTreeMap::new(),
                connected_elsewhere: BTreeSet::new(),
                announced: Arc::default(),
                has_presence_changed: false,
                is_frozen: false,
            }),
            changes: watch::Sender::default(),
            loaded: OnceCell::new(),
        }
    }

    /// Adds a new message with the next ID, unless it was posted before or the room is frozen.
    pub(super) fn post(&self, message: RoomMessage) {
        let mut state = self.state();
        if !state.is_frozen && !state.backlog.contains(&message) {
            let id = state.backlog.last_id().next();
            state.backlog.push(id, message);
            self.changes.send_replace(());
        }
    }

    /// Adds a message that Redis has put in order, after the message `previous`.
    pub(super) fn add(&self, id: MessageId, previous: MessageId, message: RoomMessage) {
        let mut state = self.state();
        if id > state.backlog.last_id() {
            if previous > state.backlog.last_id() {
                state.backlog.restart(previous);
            }
            state.backlog.push(id, message);
            self.changes.send_replace(());
        }
    }

    /// Whether a message of this sender with this key is here.
    pub(super) fn contains(&self, message: &RoomMessage) -> bool {
        self.state().backlog.contains(message)
    }

    /// Notes that there are no more messages up to this ID.
    pub(super) fn advance_to(&self, id: MessageId) {
        self.state().backlog.advance_to(id);
    }

    /// Replaces the backlog by earlier messages: all that were posted after `since`.
    pub(super) fn load(
        &self,
        since: MessageId,
        messages: impl Iterator<Item = (MessageId, RoomMessage)>,
    ) {
        let mut state = self.state();
        state.backlog.restart(since);
        messages.for_each(|(id, message)| state.backlog.push(id, message));
    }

    /// How much memory the messages take.
    pub(super) fn bytes(&self) -> usize {
        self.state().backlog.bytes()
    }

    /// Drops the oldest message. `false` if there is none.
    pub(super) fn drop_oldest(&self) -> bool {
        self.state().backlog.drop_oldest()
    }

    pub(super) fn last_id(&self) -> MessageId {
        self.state().backlog.last_id()
    }

    pub(super) fn enter(&self, name: &str) {
        let mut state = self.state();
        *state.connected.entry(name.to_owned()).or_default() += 1;
        state.has_presence_changed = true;
    }

    pub(super) fn leave(&self, name: &str) {
        let mut state = self.state();
        if let Some(connections) = state.connected.get_mut(name) {
            *connections -= 1;
            if *connections == 0 {
                state.connected.remove(name);
            }
        }
        state.has_presence_changed = true;
    }

    /// Who is connected to this instance.
    pub(super) fn connected(&self) -> Vec<String> {
        self.state().connected.keys().cloned().collect()
    }

    /// Whether nobody is connected to this instance.
    pub(super) fn is_empty(&self) -> bool {
        self.state().connected.is_empty()
    }

    pub(super) fn set_connected_elsewhere(&self, names: BTreeSet<String>) {
        let mut state = self.state();
        state.has_presence_changed |= state.connected_elsewhere != names;
        state.connected_elsewhere = names;
    }

    /// Accepts no more messages, so that nobody misses one that another person still receives.
    pub(super) fn freeze(&self) {
        self.state().is_frozen = true;
    }

    /// Waits a short time until the message `after` is here. A client that reconnects may have
    /// received it from an instance that reads from Redis a little earlier than this one.
    pub(crate) async fn catch_up(&self, after: Option<MessageId>) {
        let mut changes = self.changes.subscribe();
        let caught_up = async {
            while after.is_some_and(|after| after > self.last_id()) {
                let _ = changes.changed().await;
            }
        };
        let _ = timeout(CATCH_UP_TIMEOUT, caught_up).await;
    }

    /// Announces to the followers who is in the room, if somebody joined or left. That is needed
    /// even if the same people are there as before: a follower that began in between may have sent
    /// the name of somebody who was there for a moment.
    pub(super) fn announce(&self) {
        let mut state = self.state();
        if std::mem::take(&mut state.has_presence_changed) {
            state.announced = Arc::new(state.people());
            self.changes.send_replace(());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Who is in the room, on any instance.
    fn people(&self) -> BTreeSet<String> {
        self.connected.keys().chain(&self.connected_elsewhere).cloned().collect()
    }
}
