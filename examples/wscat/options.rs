//! The command line.

use std::num::NonZeroUsize;
use std::time::Duration;

use lexopt::prelude::{Long, Short, Value, ValueExt};
use websocket_proto::Config;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::handshake::proxy::Proxy;

use super::proxy;
use super::trust::Trust;

const HELP: &str = "\
Usage: wscat [OPTIONS] URL

Each line of standard input is sent as one message; each message received is one line of standard
output. The end of input closes the connection with 1000.

Options:
      --header 'NAME: VALUE'   add a header to the request; may be repeated
      --subprotocol NAME       offer a subprotocol; may be repeated
      --binary                 send binary messages instead of text
      --fragment BYTES         send messages in fragments of at most this length
      --deflate                offer to compress messages
      --ca FILE                trust the certificates in this PEM file, and not the platform's
      --insecure               trust any certificate
      --proxy URL|env          connect through a proxy: http://, https:// or socks5h://, with
                               user:password@ where it wants that; or through the one that https_proxy,
                               no_proxy and the like name [default: none]
      --reconnect              connect again when the connection is lost; what is typed meanwhile is
                               sent then
      --ping-interval SECONDS  the silence after which to ping [default: 30, 0 for never]
  -v, --verbose                show the heads of the handshake and each frame on standard error, but
                               no queries and no headers that may have credentials
  -h, --help                   print this

Exit code: 0 after a clean close, 1 otherwise.";

pub(crate) struct Options {
    pub(crate) request: ClientRequest,
    pub(crate) config: Config,
    pub(crate) binary: bool,
    pub(crate) fragment: Option<NonZeroUsize>,
    pub(crate) trust: Trust,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) reconnect: bool,
    pub(crate) verbose: bool,
}

/// `None` if help was asked for.
pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Option<Options>, lexopt::Error> {
    let mut url = None;
    let mut headers = Vec::new();
    let mut subprotocols = Vec::new();
    let mut config = Config::default();
    let mut binary = false;
    let mut fragment = None;
    let mut trust = Trust::Platform;
    let mut proxy = None;
    let mut reconnect = false;
    let mut verbose = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Value(value) if url.is_none() => url = Some(value.string()?),
            Long("header") => headers.push(parser.value()?.string()?),
            Long("subprotocol") => subprotocols.push(parser.value()?.string()?),
            Long("binary") => binary = true,
            Long("fragment") => fragment = Some(parser.value()?.parse()?),
            Long("ping-interval") => set_interval(&mut config, parser.value()?.parse()?),
            Long("deflate") => set_deflate(&mut config)?,
            Long("insecure") => trust = Trust::any_certificate()?,
            Long("ca") => trust = Trust::certificates_in(&parser.value()?.string()?)?,
            Long("proxy") => proxy = Some(parser.value()?.string()?),
            Long("reconnect") => reconnect = true,
            Long("verbose") | Short('v') => verbose = true,
            Long("help") | Short('h') => {
                println!("{HELP}");
                return Ok(None);
            }
            other => return Err(other.unexpected()),
        }
    }
    let url = url.ok_or("no URL given; see --help")?;
    let request = request(&url, &headers, &subprotocols)?;
    let proxy = proxy.map(|value| proxy::find(&value, request.uri())).transpose()?.flatten();
    if verbose && proxy.as_ref().is_some_and(Proxy::is_secure) {
        return Err("--verbose: not through an https:// proxy".into());
    }
    Ok(Some(Options { request, config, binary, fragment, trust, proxy, reconnect, verbose }))
}

fn set_interval(config: &mut Config, seconds: u64) {
    match &mut config.keepalive {
        Some(keepalive) if seconds > 0 => keepalive.interval = Duration::from_secs(seconds),
        keepalive => *keepalive = None,
    }
}

#[cfg(feature = "deflate")]
fn set_deflate(config: &mut Config) -> Result<(), String> {
    config.deflate = Some(websocket_proto::Deflate::default());
    Ok(())
}

#[cfg(not(feature = "deflate"))]
fn set_deflate(_: &mut Config) -> Result<(), String> {
    Err("--deflate: build with --features deflate (or --all-features)".into())
}

fn request(
    url: &str,
    headers: &[String],
    subprotocols: &[String],
) -> Result<ClientRequest, lexopt::Error> {
    let mut request = ClientRequest::new(url).map_err(|error| format!("{url}: {error}"))?;
    for header in headers {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| format!("--header {header:?}: not of the form 'NAME: VALUE'"))?;
        request = request
            .header(name.trim(), value.trim())
            .map_err(|error| format!("--header {header:?}: {error}"))?;
    }
    for name in subprotocols {
        request = request
            .subprotocol(name)
            .map_err(|error| format!("--subprotocol {name:?}: {error}"))?;
    }
    Ok(request)
}
