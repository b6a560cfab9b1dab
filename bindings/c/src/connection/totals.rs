//! How much was sent and received: `wsp_totals`.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use std::mem::MaybeUninit;

use websocket_proto::Traffic;

use super::Connection;
use crate::code::Failure;
use crate::handle::{Handle, change};

/// What went one way.
#[repr(C)]
pub(crate) struct TrafficReport {
    pub(crate) messages: u64,
    pub(crate) frames: u64,
    pub(crate) payload_bytes: u64,
    pub(crate) wire_bytes: u64,
}

/// What went both ways.
#[repr(C)]
pub(crate) struct TotalsReport {
    pub(crate) sent: TrafficReport,
    pub(crate) received: TrafficReport,
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_read_totals(
    connection: Option<&Handle<Connection>>,
    out: Option<&mut MaybeUninit<TotalsReport>>,
) -> i32 {
    let Some(out) = out else { return Failure::Null.number() };
    change(connection, |it| {
        let totals = it.protocol.totals();
        out.write(TotalsReport { sent: report(totals.sent), received: report(totals.received) });
        Ok(())
    })
}

const fn report(traffic: Traffic) -> TrafficReport {
    let Traffic { messages, frames, payload_bytes, wire_bytes, .. } = traffic;
    TrafficReport { messages, frames, payload_bytes, wire_bytes }
}
