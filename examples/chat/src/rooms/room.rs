//! One room: its messages, and who is in it.

mod follower;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, watch};
use tokio::time::timeout;

use self::follower::Follower;
use super::backlog::Backlog;
use super::memory::Memory;
use crate::protocol::{Id, Said};

/// How long another instance may be ahead.
const PATIENCE: Duration = Duration::from_secs(1);

pub(crate) struct Room {
    pub(crate) name: String,
    state: Mutex<State>,
    /// Wakes the followers.
    changes: watch::Sender<()>,
    /// Whether the backlog has what was said before, elsewhere.
    pub(super) loaded: OnceCell<()>,
}

struct State {
    backlog: Backlog,
    /// How often each name is connected to this instance.
    connected: BTreeMap<String, usize>,
    /// Who is connected to the other instances.
    elsewhere: BTreeSet<String>,
    /// Who was here when that was last announced, for the followers to compare with what they told.
    announced: Arc<BTreeSet<String>>,
    /// Somebody came or went since.
    has_moved: bool,
    /// Nothing is taken any more.
    frozen: bool,
}

impl Room {
    pub(super) fn new(name: &str, memory: &Memory) -> Self {
        Self {
            name: name.to_owned(),
            state: Mutex::new(State {
                backlog: Backlog::new(Id::now(), memory.share()),
                connected: BTreeMap::new(),
                elsewhere: BTreeSet::new(),
                announced: Arc::default(),
                has_moved: false,
                frozen: false,
            }),
            changes: watch::Sender::default(),
            loaded: OnceCell::new(),
        }
    }

    /// Takes what is said now, unless it was said before.
    pub(super) fn say(&self, said: Said) {
        let mut state = self.state();
        if !state.frozen && !state.backlog.holds(&said) {
            let id = state.backlog.last().next();
            state.backlog.push(id, said);
            self.changes.send_replace(());
        }
    }

    /// Takes what was said here or elsewhere, and got its place in the order elsewhere, behind
    /// `before`.
    pub(super) fn add(&self, id: Id, before: Id, said: Said) {
        let mut state = self.state();
        if id > state.backlog.last() {
            if before > state.backlog.last() {
                state.backlog.restart(before);
            }
            state.backlog.push(id, said);
            self.changes.send_replace(());
        }
    }

    /// There is nothing more up to this place.
    pub(super) fn pass(&self, id: Id) {
        self.state().backlog.pass(id);
    }

    /// Begins with what was said before, all of it that is behind `since`.
    pub(super) fn load(&self, since: Id, said: impl Iterator<Item = (Id, Said)>) {
        let mut state = self.state();
        state.backlog.restart(since);
        said.for_each(|(id, said)| state.backlog.push(id, said));
    }

    /// How much memory its messages take.
    pub(super) fn bytes(&self) -> usize {
        self.state().backlog.bytes()
    }

    /// Gives up what was said first; not if there is nothing.
    pub(super) fn drop_first(&self) -> bool {
        self.state().backlog.drop_first()
    }

    pub(super) fn last(&self) -> Id {
        self.state().backlog.last()
    }

    pub(super) fn enter(&self, name: &str) {
        let mut state = self.state();
        *state.connected.entry(name.to_owned()).or_default() += 1;
        state.has_moved = true;
    }

    pub(super) fn leave(&self, name: &str) {
        let mut state = self.state();
        if let Some(times) = state.connected.get_mut(name) {
            *times -= 1;
            if *times == 0 {
                state.connected.remove(name);
            }
        }
        state.has_moved = true;
    }

    /// Who is connected to this instance.
    pub(super) fn connected(&self) -> Vec<String> {
        self.state().connected.keys().cloned().collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state().connected.is_empty()
    }

    pub(super) fn set_elsewhere(&self, names: BTreeSet<String>) {
        let mut state = self.state();
        state.has_moved |= state.elsewhere != names;
        state.elsewhere = names;
    }

    /// From now on nothing is taken, so that nobody misses what another was told.
    pub(super) fn freeze(&self) {
        self.state().frozen = true;
    }

    /// Waits, if not for long, until what somebody was told elsewhere is here, too: instances are
    /// told of it one after the other.
    pub(crate) async fn catch_up(&self, after: Option<Id>) {
        let mut changes = self.changes.subscribe();
        let caught_up = async {
            while after.is_some_and(|after| after > self.last()) {
                let _ = changes.changed().await;
            }
        };
        let _ = timeout(PATIENCE, caught_up).await;
    }

    /// Follows the room from behind `after`, or from the recent messages. Whether some of those
    /// behind `after` are missing is told, too.
    pub(crate) fn follow(self: &Arc<Self>, after: Option<Id>) -> (Follower, bool) {
        let state = self.state();
        let (place, is_complete) = state.backlog.start(after);
        let (here, announced) = (Arc::new(state.here()), Arc::clone(&state.announced));
        let changes = self.changes.subscribe();
        (Follower { room: Arc::clone(self), changes, place, here, announced }, is_complete)
    }

    /// Lets the followers tell who came and went. Also if it comes to nothing: who follows since then
    /// may know of somebody who was here for a moment.
    pub(super) fn announce(&self) {
        let mut state = self.state();
        if std::mem::take(&mut state.has_moved) {
            state.announced = Arc::new(state.here());
            self.changes.send_replace(());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn here(&self) -> BTreeSet<String> {
        self.connected.keys().chain(&self.elsewhere).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Content;

    fn said(key: &str) -> Said {
        Said {
            from: "Ann".into(),
            by: String::new(),
            key: key.into(),
            content: Content::Text("hi".into()),
        }
    }

    #[test]
    fn what_is_said_again_is_told_once() {
        let room = Arc::new(Room::new("lobby", &Memory::default()));
        let (mut follower, _) = room.follow(None);
        for key in ["a", "b", "a", "b", "c"] {
            room.say(said(key));
        }
        assert_eq!(follower.news().unwrap().said.len(), 3);
        assert!(follower.news().unwrap().is_empty());
    }

    #[test]
    fn a_frozen_room_takes_nothing() {
        let room = Arc::new(Room::new("lobby", &Memory::default()));
        let (mut follower, _) = room.follow(None);
        room.say(said("a"));
        room.freeze();
        room.say(said("b"));
        assert_eq!(follower.news().unwrap().said.len(), 1);
    }

    #[test]
    fn a_name_is_there_while_one_of_its_connections_is() {
        let room = Arc::new(Room::new("lobby", &Memory::default()));
        let (mut follower, _) = room.follow(None);
        let mut told = |act: &dyn Fn()| {
            act();
            room.announce();
            let news = follower.news().unwrap();
            (news.joined, news.left)
        };
        let ann = || vec!["Ann".to_owned()];
        assert_eq!(told(&|| room.enter("Ann")), (ann(), vec![]));
        assert_eq!(told(&|| room.enter("Ann")), (vec![], vec![]));
        assert_eq!(told(&|| room.leave("Ann")), (vec![], vec![]));
        assert_eq!(told(&|| room.set_elsewhere(ann().into_iter().collect())), (vec![], vec![]));
        assert_eq!(told(&|| room.leave("Ann")), (vec![], vec![]));
        assert_eq!(told(&|| room.set_elsewhere(BTreeSet::new())), (vec![], ann()));
        assert!(room.is_empty());
    }

    #[test]
    fn who_was_here_for_a_moment_does_not_stay() {
        let room = Arc::new(Room::new("lobby", &Memory::default()));
        let (mut ann, _) = room.follow(None);
        room.enter("Bob");
        let (mut cleo, _) = room.follow(None);
        assert!(cleo.here.contains("Bob"), "she looks around herself");
        assert!(cleo.news().unwrap().is_empty() && ann.news().unwrap().is_empty());
        room.leave("Bob");
        room.announce();
        assert!(ann.news().unwrap().is_empty());
        assert_eq!(cleo.news().unwrap().left, ["Bob"]);
    }

    #[test]
    fn what_was_loaded_is_not_added_again() {
        let room = Arc::new(Room::new("lobby", &Memory::default()));
        let id = |text: &str| text.parse::<Id>().unwrap();
        room.load(id("1-0"), [(id("1-1"), said("a")), (id("1-2"), said("b"))].into_iter());
        let (mut follower, _) = room.follow(Some(id("1-1")));
        room.add(id("1-2"), id("1-1"), said("b"));
        room.add(id("1-3"), id("1-2"), said("c"));
        assert_eq!(follower.news().unwrap().said.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_told_more_elsewhere_waits_for_it() {
        let room = Arc::new(Room::new("lobby", &Memory::default()));
        let id = |text: &str| text.parse::<Id>().unwrap();
        room.load(id("1-0"), std::iter::empty());
        let waiting = tokio::spawn({
            let room = Arc::clone(&room);
            async move { room.catch_up(Some("1-2".parse().unwrap())).await }
        });
        tokio::task::yield_now().await;
        room.add(id("1-1"), id("1-0"), said("a"));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        room.add(id("1-2"), id("1-1"), said("b"));
        waiting.await.unwrap();
        let (mut follower, is_complete) = room.follow(Some(id("1-2")));
        assert!(is_complete && follower.news().unwrap().is_empty());
        assert_eq!(follower.position(), id("1-2"));
        // What never comes is not waited for.
        room.catch_up(Some(id("9-9"))).await;
    }

    #[test]
    fn nobody_is_told_what_comes_behind_a_gap() {
        let room = Arc::new(Room::new("lobby", &Memory::default()));
        let id = |text: &str| text.parse::<Id>().unwrap();
        room.load(id("1-0"), [(id("1-1"), said("a"))].into_iter());
        let (mut follower, _) = room.follow(Some(id("1-1")));
        assert!(follower.news().unwrap().is_empty());
        room.add(id("1-4"), id("1-3"), said("d"));
        assert!(follower.news().is_err());
        let (mut follower, is_complete) = room.follow(Some(id("1-1")));
        assert!(!is_complete);
        assert_eq!(follower.news().unwrap().said.len(), 1);
    }
}
