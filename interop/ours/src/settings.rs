//! What the runner asks for by environment variables.

use std::env::var;
use std::io;
use std::time::Duration;

use websocket_proto::handshake::WindowBits;
use websocket_proto::io::Dial;
use websocket_proto::io::tls::{ClientTls, ServerTls};
use websocket_proto::{Config, Deflate};

use crate::usage;

/// How long a peer may be silent before it gets a Ping.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) dial: Dial,
    pub(crate) tls: Option<ServerTls>,
}

impl Settings {
    pub(crate) fn from_environment() -> io::Result<Self> {
        Ok(Self { config: config()?, dial: dial()?, tls: server_tls()? })
    }

    /// Whether there are parameters of compression that the other side may decline.
    pub(crate) fn has_parameters(&self) -> bool {
        var("INTEROP_DEFLATE").is_ok_and(|wanted| wanted != "default")
    }
}

fn config() -> io::Result<Config> {
    let mut config = Config::default();
    config.keepalive.get_or_insert_default().interval = KEEPALIVE_INTERVAL;
    config.deflate = var("INTEROP_DEFLATE").ok().map(|wanted| deflate(&wanted)).transpose()?;
    Ok(config)
}

fn dial() -> io::Result<Dial> {
    Ok(match var("INTEROP_CA") {
        Ok(file) => Dial::new().tls(ClientTls::with_roots_file(file)?),
        Err(_) => Dial::new(),
    })
}

fn server_tls() -> io::Result<Option<ServerTls>> {
    match (var("INTEROP_CERTIFICATE"), var("INTEROP_KEY")) {
        (Ok(chain), Ok(key)) => ServerTls::from_pem_files(chain, key).map(Some),
        _ => Ok(None),
    }
}

/// Compression as `default`, or with parameters. With these, short messages are compressed, too.
fn deflate(wanted: &str) -> io::Result<Deflate> {
    let mut deflate = Deflate::default();
    if wanted != "default" {
        deflate.minimum = 0;
        wanted.split(',').try_for_each(|parameter| set_parameter(&mut deflate, parameter))?;
    }
    Ok(deflate)
}

fn set_parameter(deflate: &mut Deflate, parameter: &str) -> io::Result<()> {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let bits = || {
        let bits = value.parse().ok().and_then(WindowBits::new);
        bits.ok_or_else(|| usage(&format!("a window of 8 to 15 bits, not {parameter}")))
    };
    let Deflate { policy, offer, .. } = deflate;
    match name {
        "server_no_context_takeover" => {
            (policy.server_no_context_takeover, offer.server_no_context_takeover) = (true, true);
        }
        "client_no_context_takeover" => {
            (policy.client_no_context_takeover, offer.client_no_context_takeover) = (true, true);
        }
        "server_max_window_bits" => {
            (policy.server_max_window_bits, offer.server_max_window_bits) =
                (bits()?, Some(bits()?));
        }
        "client_max_window_bits" => {
            (policy.client_max_window_bits, offer.client_max_window_bits) =
                (bits()?, Some(bits()?));
        }
        _ => return Err(usage(&format!("a parameter of RFC 7692 §7.1, not {parameter}"))),
    }
    Ok(())
}
