//! Where somebody is in what happens in a room.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;
use websocket_proto::Prepared;

use super::Room;
use crate::protocol::Id;
use crate::rooms::backlog::Gone;

/// Where somebody is in what happens in a room.
pub(crate) struct Follower {
    pub(super) room: Arc<Room>,
    pub(super) changes: watch::Receiver<()>,
    pub(super) place: u64,
    /// Who was there when that was last told.
    pub(crate) here: Arc<BTreeSet<String>>,
    /// What the room had announced by then.
    pub(super) announced: Arc<BTreeSet<String>>,
}

/// What happened since. Nothing if all of it is empty.
#[derive(Default)]
pub(crate) struct News {
    pub(crate) said: Vec<Prepared>,
    pub(crate) joined: Vec<String>,
    pub(crate) left: Vec<String>,
}

impl Follower {
    /// What can be told now; there may be more.
    pub(crate) fn news(&mut self) -> Result<News, Gone> {
        let state = self.room.state();
        let said = state.backlog.read(&mut self.place)?;
        if Arc::ptr_eq(&self.announced, &state.announced) {
            return Ok(News { said, ..News::default() });
        }
        self.announced = Arc::clone(&state.announced);
        drop(state);
        let before = std::mem::replace(&mut self.here, Arc::clone(&self.announced));
        let joined = self.here.difference(&before).cloned().collect();
        Ok(News { said, joined, left: before.difference(&self.here).cloned().collect() })
    }

    /// How far what was told goes.
    pub(crate) fn position(&self) -> Id {
        self.room.state().backlog.position(self.place)
    }

    /// Waits until something has happened since this was last called.
    pub(crate) async fn changed(&mut self) {
        // The sender is in the room, which this keeps.
        let _ = self.changes.changed().await;
    }
}

impl News {
    pub(crate) fn is_empty(&self) -> bool {
        self.said.is_empty() && self.joined.is_empty() && self.left.is_empty()
    }
}
