//! What stands in for the module without the feature `tracing`: functions that do nothing.
//!
//! Change together with `mod.rs`; `.ci/features` checks it.

use std::fmt::Display;
use std::net::SocketAddr;
use std::time::Duration;

use crate::handshake::proxy::Proxy;
use crate::handshake::{ClientRequest, Request};
use crate::{Connection, EndCause, Ending};

/// Stands in for what is told of one connection.
#[derive(Debug)]
pub(in crate::io) struct ConnectionTrace;

#[inline(always)]
pub(in crate::io) const fn connecting(_: &ClientRequest, _: Option<&Proxy>) {}

#[inline(always)]
pub(in crate::io) const fn trying(_: &str, _: SocketAddr) {}

#[inline(always)]
pub(in crate::io) fn cannot_connect(_: &dyn Display) {}

#[inline(always)]
pub(in crate::io) const fn waiting(_: u32, _: Duration) {}

#[inline(always)]
pub(in crate::io) fn gave_up(_: &dyn Display) {}

impl ConnectionTrace {
    #[inline(always)]
    pub(in crate::io) const fn new(_: &Connection) -> Self {
        Self
    }

    #[inline(always)]
    pub(in crate::io) const fn note_asking(&mut self, _: &ClientRequest) {}

    #[inline(always)]
    pub(in crate::io) const fn note_asked(&mut self, _: &Request<'_>) {}

    #[inline(always)]
    pub(in crate::io) const fn note_open(&mut self, _: &Connection) {}

    #[inline(always)]
    pub(in crate::io) const fn note_rejected(&mut self, _: u16) {}

    #[inline(always)]
    pub(in crate::io) const fn note_refused(&mut self, _: u16) {}

    #[inline(always)]
    pub(in crate::io) const fn note_ended(&mut self, _: &Ending, _: &Connection) {}

    #[inline(always)]
    pub(in crate::io) const fn note_dropped(&mut self, _: EndCause, _: &Connection) {}

    #[inline(always)]
    pub(in crate::io) const fn forget(&mut self) {}
}
