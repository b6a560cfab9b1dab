//! What `/metrics` tells, in the text format of OpenMetrics.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use websocket_proto::{EndCause, Ending};

pub(crate) struct Metrics {
    registry: Registry,
    /// How many WebSockets are open.
    connections: Gauge,
    /// How many connections there are, of whatever kind.
    pub(crate) places: Gauge,
    pub(crate) rooms: Gauge,
    refused: Family<Why, Counter>,
    received: Counter,
    received_bytes: Counter,
    sent: Counter,
    sent_bytes: Counter,
    endings: Family<Kind, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Why {
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("chat"),
            connections: Gauge::default(),
            places: Gauge::default(),
            rooms: Gauge::default(),
            refused: Family::default(),
            received: Counter::default(),
            received_bytes: Counter::default(),
            sent: Counter::default(),
            sent_bytes: Counter::default(),
            endings: Family::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("connections", "Open WebSockets", self.connections.clone());
        registry.register("places_taken", "Connections of any kind", self.places.clone());
        registry.register("rooms", "Rooms", self.rooms.clone());
        registry.register("refused", "Requests that were refused", self.refused.clone());
        registry.register("messages_received", "Messages received", self.received.clone());
        registry.register("messages_sent", "Messages sent", self.sent.clone());
        let (received, sent) = (self.received_bytes.clone(), self.sent_bytes.clone());
        registry.register_with_unit("received", "Payloads received", Unit::Bytes, received);
        registry.register_with_unit("sent", "Payloads sent", Unit::Bytes, sent);
        registry.register("endings", "How WebSockets ended", self.endings.clone());
    }

    /// One more open WebSocket, for as long as the result lives.
    pub(crate) fn connect(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }

    pub(crate) fn refuse(&self, status: u16) {
        self.refused.get_or_create(&Why { status }).inc();
    }

    pub(crate) fn receive(&self, len: usize) {
        self.received.inc();
        self.received_bytes.inc_by(len as u64);
    }

    pub(crate) fn send(&self, len: usize) {
        self.sent.inc();
        self.sent_bytes.inc_by(len as u64);
    }

    pub(crate) fn end(&self, ending: &Ending) {
        self.endings.get_or_create(&Kind { kind: kind(ending.cause) }).inc();
    }

    pub(crate) fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}

pub(crate) struct Connected(Gauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

const fn kind(how: EndCause) -> &'static str {
    match how {
        EndCause::Clean => "clean",
        EndCause::Eof | EndCause::EofInMessage | EndCause::EofInFrame | EndCause::EofAfterClose => {
            "eof"
        }
        EndCause::Failed(_) => "protocol_error",
        EndCause::TimedOut(_) => "timeout",
        EndCause::Aborted => "aborted",
        EndCause::TransportFailed => "transport_failed",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_counted() {
        let metrics = Metrics::new();
        let _one = metrics.connect();
        drop(metrics.connect());
        metrics.receive(4);
        metrics.send(7);
        metrics.send(0);
        metrics.refuse(403);
        let text = metrics.encode();
        for line in [
            "chat_connections 1",
            "chat_messages_received_total 1",
            "chat_received_bytes_total 4",
            "chat_messages_sent_total 2",
            "chat_sent_bytes_total 7",
            "chat_refused_total{status=\"403\"} 1",
            "# EOF",
        ] {
            assert!(text.lines().any(|there| there == line), "{line} is not in\n{text}");
        }
    }
}
