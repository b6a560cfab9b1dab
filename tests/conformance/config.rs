//! The configuration of a vector.

use std::time::Duration;

use serde::Deserialize;
use websocket_proto::handshake::{DeflateOffer, DeflateParameters, DeflatePolicy, WindowBits};
use websocket_proto::{CloseCode, Config, Deflate, Keepalive};

/// The options of a vector. One that is missing has the default that `conformance/README.md` lists.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    max_message: Option<u64>,
    max_frame: Option<u64>,
    max_fragments: Option<u32>,
    max_head: Option<u32>,
    max_headers: Option<u16>,
    max_refusal_body: Option<u32>,
    max_output: Option<usize>,
    fragment_size: Option<usize>,
    automatic_pong: Option<bool>,
    handshake_timeout: Option<f64>,
    close_timeout: Option<f64>,
    keepalive: Option<OrOff<KeepaliveOptions>>,
    write_timeout: Option<OrOff<f64>>,
    message_timeout: Option<f64>,
    health_check: Option<String>,
    #[serde(default)]
    lenient: Vec<String>,
    deflate: Option<Compression>,
}

/// The value of an option, or `false` if it is off.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum OrOff<T> {
    Off(bool),
    On(T),
}

impl<T> OrOff<T> {
    fn on(self) -> Option<T> {
        match self {
            Self::Off(on) => {
                assert!(!on, "an option is not true");
                None
            }
            Self::On(value) => Some(value),
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeepaliveOptions {
    interval: f64,
    timeout: f64,
    close_code: Option<u16>,
    when_busy: Option<bool>,
}

impl Options {
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::default();
        self.set_limits(&mut config);
        self.set_times(&mut config);
        self.set_leniency(&mut config);
        config.health_check = self.health_check.clone().map(|path| &*path.leak());
        config.fragment_size = self.fragment_size;
        set(&mut config.automatic_pong, self.automatic_pong);
        config.deflate = self.deflate.as_ref().map(Compression::deflate);
        config
    }

    fn set_limits(&self, config: &mut Config) {
        let limits = &mut config.limits;
        set(&mut limits.message, self.max_message);
        set(&mut limits.frame, self.max_frame);
        set(&mut limits.extra_fragments, self.max_fragments);
        set(&mut limits.head, self.max_head);
        set(&mut limits.headers, self.max_headers);
        set(&mut limits.refusal_body, self.max_refusal_body);
        set(&mut limits.output, self.max_output);
    }

    fn set_times(&self, config: &mut Config) {
        set(&mut config.handshake_timeout, self.handshake_timeout.map(seconds));
        set(&mut config.close_timeout, self.close_timeout.map(seconds));
        set(&mut config.keepalive, self.keepalive.map(|it| it.on().map(keepalive)));
        set(&mut config.write_timeout, self.write_timeout.map(|it| it.on().map(seconds)));
        config.message_timeout = self.message_timeout.map(seconds);
    }

    fn set_leniency(&self, config: &mut Config) {
        for name in &self.lenient {
            let found = config.leniency.by_name().find(|(known, _)| known == name);
            *found.unwrap_or_else(|| panic!("{name}: no such leniency")).1 = true;
        }
    }
}

fn set<T>(option: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *option = value;
    }
}

pub(crate) fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn keepalive(options: KeepaliveOptions) -> Keepalive {
    let mut keepalive = Keepalive::default();
    keepalive.interval = seconds(options.interval);
    keepalive.timeout = seconds(options.timeout);
    set(&mut keepalive.close_code, options.close_code.map(CloseCode::new));
    set(&mut keepalive.when_busy, options.when_busy);
    keepalive
}

/// The options of compression. A server uses `policy`, a client the others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Compression {
    offer: Option<Parameters>,
    fallback: Option<Parameters>,
    policy: Option<Parameters>,
    minimum: Option<usize>,
}

/// The parameters of RFC 7692 §7.1. If the client's window is `false` in an offer, the server must
/// not ask for one.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    #[serde(default)]
    server_no_context_takeover: bool,
    #[serde(default)]
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    client_max_window_bits: Option<OrOff<u8>>,
    #[serde(default)]
    requires_client_max_window_bits: bool,
}

/// The parameters that both sides have agreed on.
pub(crate) type Agreed = Parameters;

impl Compression {
    fn deflate(&self) -> Deflate {
        let mut deflate = Deflate::default();
        set(&mut deflate.offer, self.offer.map(Parameters::offer));
        deflate.fallback = self.fallback.map(Parameters::offer);
        set(&mut deflate.policy, self.policy.map(Parameters::policy));
        set(&mut deflate.minimum, self.minimum);
        deflate
    }
}

impl Parameters {
    fn offer(self) -> DeflateOffer {
        let mut offer = DeflateOffer::default();
        offer.server_no_context_takeover = self.server_no_context_takeover;
        offer.client_no_context_takeover = self.client_no_context_takeover;
        offer.server_max_window_bits = self.server_max_window_bits.map(window);
        let client = self.client_max_window_bits.map(|bits| bits.on().map(window));
        set(&mut offer.client_max_window_bits, client);
        offer
    }

    fn policy(self) -> DeflatePolicy {
        let agreed = self.agreed();
        let mut policy = DeflatePolicy::default();
        policy.server_no_context_takeover = agreed.server_no_context_takeover;
        policy.client_no_context_takeover = agreed.client_no_context_takeover;
        policy.server_max_window_bits = agreed.server_max_window_bits;
        policy.client_max_window_bits = agreed.client_max_window_bits;
        policy.requires_client_max_window_bits = self.requires_client_max_window_bits;
        policy
    }

    pub(crate) fn agreed(self) -> DeflateParameters {
        let mut agreed = DeflateParameters::default();
        agreed.server_no_context_takeover = self.server_no_context_takeover;
        agreed.client_no_context_takeover = self.client_no_context_takeover;
        set(&mut agreed.server_max_window_bits, self.server_max_window_bits.map(window));
        let client = self.client_max_window_bits.and_then(OrOff::on).map(window);
        set(&mut agreed.client_max_window_bits, client);
        agreed
    }
}

fn window(bits: u8) -> WindowBits {
    WindowBits::new(bits).expect("from 8 to 15")
}
