//! Following what happens in a room.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;
use websocket_proto::Prepared;

use super::Room;
use crate::protocol::MessageId;
use crate::rooms::backlog::{Gone, Start};

/// Follows what happens in a room, from some message on.
pub(crate) struct Follower {
    room: Arc<Room>,
    changes: watch::Receiver<()>,
    /// The index of the next message in the backlog.
    index: u64,
    /// Who was in the room according to the last updates.
    pub(crate) people: Arc<BTreeSet<String>>,
    /// What the room had announced at the last updates.
    announced: Arc<BTreeSet<String>>,
    /// Whether no message is missing between the one it began after and the first it reads.
    pub(crate) is_complete: bool,
}

/// What has happened since the last updates.
#[derive(Default)]
pub(crate) struct Updates {
    pub(crate) messages: Vec<Prepared>,
    pub(crate) joined: Vec<String>,
    pub(crate) left: Vec<String>,
}

impl Follower {
    /// Follows the room from the message after `after`, or from its recent messages.
    pub(crate) fn new(room: &Arc<Room>, after: Option<MessageId>) -> Self {
        let state = room.state();
        let Start { index, is_complete } = state.backlog.start(after);
        let (people, announced) = (Arc::new(state.people()), Arc::clone(&state.announced));
        let changes = room.changes.subscribe();
        Self { room: Arc::clone(room), changes, index, people, announced, is_complete }
    }

    /// The next updates. There may be more, unless they are empty.
    pub(crate) fn take_updates(&mut self) -> Result<Updates, Gone> {
        let state = self.room.state();
        let messages = state.backlog.read(&mut self.index)?;
        if Arc::ptr_eq(&self.announced, &state.announced) {
            return Ok(Updates { messages, ..Updates::default() });
        }
        self.announced = Arc::clone(&state.announced);
        drop(state);
        let before = std::mem::replace(&mut self.people, Arc::clone(&self.announced));
        let joined = self.people.difference(&before).cloned().collect();
        Ok(Updates { messages, joined, left: before.difference(&self.people).cloned().collect() })
    }

    /// The ID of the last message that was taken, to continue after.
    pub(crate) fn position(&self) -> MessageId {
        self.room.state().backlog.id_before(self.index)
    }

    /// Waits until something has happened since the last call.
    pub(crate) async fn changed(&mut self) {
        // This cannot fail: the sender is in the room, which the follower keeps alive.
        let _ = self.changes.changed().await;
    }
}

impl Updates {
    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.joined.is_empty() && self.left.is_empty()
    }
}
