//! Any responses, with frames or a body after them. Cuts must change nothing.

use arbitrary::Arbitrary;
use websocket_proto::handshake::ClientRequest;
use websocket_proto::{Config, Connection, Deflate, Outgoing, Time};

use crate::cuts::Cuts;
use crate::observed::Observed;
use crate::parameters::Parameters;
use crate::player::{Handling, InputEnd, Options, Player};
use crate::side::{Side, same_bytes};
use crate::ways::drawn;

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    flags: u8,
    offers: [Parameters; 2],
    head: u16,
    headers: u8,
    body: u8,
    cuts: Cuts,
    /// Responses to a request with the key of RFC 6455 §1.3, and what follows them.
    bytes: &'b [u8],
}

impl Input<'_> {
    /// The fuzzer's bytes for this input.
    pub fn seed(bytes: &[u8]) -> Vec<u8> {
        [&[0x70, 0, 0x7F, 2, 0x7F, 0, 8, 64, 200, 3, 0, 40, 255], bytes].concat()
    }

    pub fn check(self) {
        let whole = self.play(Cuts::WHOLE, Handling::PLAIN);
        let len = self.bytes.len();
        for cuts in drawn(self.cuts.draw(len), self.cuts.variants(len)) {
            let (copies_input, lends_contexts) = (self.flag(0), self.flag(1));
            let handling = Handling { copies_input, lends_contexts, ..Handling::default() };
            assert_eq!(self.play(cuts, handling), whole, "{cuts:?}, {handling:?}");
        }
        let body_len = |observed: &Observed| match observed {
            Observed::Body(body, _) => Some(body.len()),
            _ => None,
        };
        assert!(
            whole.iter().find_map(body_len) <= Some(self.body.into()),
            "more of the body is kept than allowed"
        );
    }

    fn play(&self, cuts: Cuts, handling: Handling) -> Vec<Observed> {
        let config = self.config();
        let limits = config.limits;
        let most = limits.message.max(u64::from(limits.head + limits.refusal_body));
        let mut outgoing = Outgoing::new();
        let connection =
            Connection::client(&request(), config, Time::ZERO, &same_bytes, &mut outgoing)
                .expect("random bytes");
        let mut side = Side::new(connection, outgoing);
        side.take_output();
        let end = if self.flag(2) { InputEnd::Silence } else { InputEnd::Eof };
        let options = Options { end, handling, ..Options::default() };
        Player::new(side, None, options).play(cuts.reads(self.bytes), |_| 2 * most as usize + 1024)
    }

    fn config(&self) -> Config {
        let mut config = Config::default();
        config.limits.head = self.head.into();
        config.limits.headers = self.headers.into();
        config.limits.refusal_body = self.body.into();
        config.limits.message = 1000;
        config.leniency.bare_lf = self.flag(3);
        config.leniency.missing_reason = self.flag(4);
        config.leniency.empty_lists = self.flag(7);
        config.leniency.unconfirmed_deflate = self.flag(7);
        config.deflate = self.flag(5).then(|| {
            let mut deflate = Deflate::default();
            deflate.offer = self.offers[0].offer();
            deflate.fallback = self.flag(6).then(|| self.offers[1].offer());
            deflate
        });
        config
    }

    const fn flag(&self, at: u8) -> bool {
        self.flags >> at & 1 == 1
    }
}

fn request() -> ClientRequest {
    let request = ClientRequest::new("ws://h/c").expect("a URL");
    ["chat", "superchat"]
        .iter()
        .try_fold(request, |request, name| request.subprotocol(name))
        .expect("tokens")
}
