//! The state machine (§5.4, §5.5, §6, §7).

mod config;

pub use config::{Config, Delivery, Keepalive, Leniency, Limits};
