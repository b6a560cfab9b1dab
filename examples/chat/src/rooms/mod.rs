//! The rooms of this instance.
//!
//! Each room has a backlog of its recent messages, which its followers read at their own pace. With
//! Redis, several instances share the same rooms.

mod backlog;
mod memory;
mod redis;
mod registry;
mod room;
mod tasks;

pub(crate) use self::redis::Redis;
pub(crate) use registry::{EnterError, Membership, Rooms};
pub(crate) use room::Follower;
pub(crate) use tasks::start_rooms;
