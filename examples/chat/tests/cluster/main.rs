//! Several instances that share rooms through a real Redis, behind a real HAProxy.
//!
//! Each test starts what it needs and ends it. Without the two programs it is left out, and says so;
//! with `CHAT_TESTS_DEMAND=1` it fails then.

#[path = "../support/mod.rs"]
mod support;

mod balancer;
mod bounds;
mod cluster;
mod outage;
mod person;
mod presence;
mod same;
