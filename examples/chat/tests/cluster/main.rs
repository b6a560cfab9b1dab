//! Tests of several instances that share rooms through a real Redis, behind a real HAProxy.
//!
//! Each test starts the programs that it needs, and ends them. If one of them is not installed, the
//! test is skipped and prints that, or fails if `CHAT_TESTS_DEMAND=1` is set.

#[path = "../support/mod.rs"]
mod support;

mod balancer;
mod bounds;
mod cluster;
mod outage;
mod person;
mod presence;
mod relay;
mod sharing;
