//! Every call of a sender that may have to wait, for tests of what waiting costs and leaves.

use std::pin::Pin;

use futures_util::SinkExt;
use websocket_proto::handshake::DeflateParameters;
use websocket_proto::io::task::{Sender, WebSocket, Wire};
use websocket_proto::io::{OsEntropy, smol, tokio};
use websocket_proto::{Config, Message, Prepared, Role};

use super::compat::Compat;
use super::stream::Stream;
use super::without_deadlines;

pub(crate) type Call = Pin<Box<dyn Future<Output = ()>>>;

/// A call of a sender, which sends a message of the given length if it sends one.
pub(crate) type Kind<W> = fn(Sender<W>, usize) -> Call;

/// The calls, with their names. Whatever they lead to is right.
pub(crate) fn kinds<W: Wire + 'static>() -> [(&'static str, Kind<W>); 10] {
    macro_rules! kind {
        ($name:literal, $sender:ident, $len:ident, $call:expr) => {
            ($name, |mut $sender, $len| {
                let _ = (&mut $sender, $len);
                Box::pin(async move { drop($call.await) })
            })
        };
    }
    [
        kind!("send", sender, len, sender.send_binary(&vec![7; len])),
        kind!("feed", sender, len, sender.feed_binary(&vec![7; len])),
        kind!("send prepared", sender, len, sender.send_prepared(&Prepared::binary(&vec![7; len]))),
        kind!("send ping", sender, len, sender.send_ping(b"?")),
        kind!("flush", sender, len, sender.flush()),
        kind!("fragments", sender, len, async {
            sender.start_message(websocket_proto::MessageKind::Binary).ok();
            sender.send_last_fragment(&vec![7; len]).await
        }),
        kind!("sink: send", sender, len, SinkExt::send(&mut sender, Message::binary(vec![7; len]))),
        kind!("sink: feed", sender, len, SinkExt::feed(&mut sender, Message::binary(vec![7; len]))),
        kind!("sink: flush", sender, len, SinkExt::flush(&mut sender)),
        kind!("sink: close", sender, len, SinkExt::close(&mut sender)),
    ]
}

/// Ways to open a socket on a runtime: in each role, with permessage-deflate and without.
pub(crate) struct Ways<W: Wire>(
    fn(Stream, Role, Option<DeflateParameters>, Config) -> WebSocket<W>,
);

pub(crate) fn on_tokio() -> Ways<tokio::Wire<Stream>> {
    Ways(|stream, role, agreed, config| {
        tokio::WebSocket::established(stream, role, agreed, config, b"")
    })
}

pub(crate) fn on_smol() -> Ways<smol::Wire<Compat>> {
    Ways(|stream, role, agreed, config| {
        smol::WebSocket::established(Compat(stream), role, agreed, config, b"")
    })
}

impl<W: Wire> Ways<W> {
    /// A socket for each way, on a stream that takes this much, with room for `output` bytes.
    pub(crate) fn each(
        &self,
        takes: usize,
        output: usize,
    ) -> impl Iterator<Item = (String, Stream, WebSocket<W>)> {
        let roles = [("server", Role::Server), ("client", Role::Client(&OsEntropy))];
        let ways = roles.into_iter().flat_map(|role| [(role, false), (role, true)]);
        ways.map(move |((name, role), compresses)| {
            let stream = Stream::taking(takes);
            let mut config = without_deadlines();
            config.limits.output = output;
            let agreed = compresses.then(DeflateParameters::default);
            let socket = (self.0)(stream.clone(), role, agreed, config);
            (format!("{name}, compressing: {compresses}"), stream, socket)
        })
    }
}
