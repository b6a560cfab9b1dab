//! Frames as they come, to both roles: cuts, modes of delivery, windows and roles change nothing.

use arbitrary::Arbitrary;
use websocket_proto::{Config, Delivery, ProtocolError};

use crate::agreed::Parameters;
use crate::cuts::Cuts;
use crate::player::{End, Options, Player, Reads};
use crate::side::Side;
use crate::told::Told;
use crate::wire::{lengthened, masked};

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    terms: Terms,
    /// Unmasked frames.
    bytes: &'b [u8],
}

impl Input<'_> {
    /// The fuzzer's bytes for these frames, once for an application that only listens, once for
    /// one that answers, and once with long payloads; `compression` if it was agreed on.
    pub fn seeds(compression: bool, bytes: &[u8]) -> [Vec<u8>; 3] {
        [(0, 0), (0x88, 0), (0, 0x80)].map(|(flags, long)| {
            let mut terms = Terms::seed(flags, u8::from(compression) | long, 0x7F);
            if long > 0 {
                // Reads that long payloads do not fit in.
                terms[12..].copy_from_slice(&[200, 250, 99, 254]);
            }
            [&terms[..], bytes].concat()
        })
    }

    pub fn check(self) {
        if self.terms.agreed.lengthens() {
            self.terms.play(&lengthened(self.bytes, Terms::LONG));
        } else {
            self.terms.play(self.bytes);
        }
    }
}

/// All but the frames.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) flags: u8,
    pub(crate) agreed: Parameters,
    pub(crate) limits: Limits,
    pub(crate) key: [u8; 4],
    pub(crate) cuts: Cuts,
}

/// Small ones.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct Limits {
    message: u16,
    frame: u16,
    extra_fragments: u8,
}

impl Terms {
    /// How many times as long payloads are, so that some do not fit in windows.
    const LONG: usize = 500;

    /// The fuzzer's bytes for these choices, and some others.
    pub(crate) fn seed(flags: u8, agreed: u8, windows: u8) -> [u8; 16] {
        let choices = [flags, agreed, windows, 0, 16, 0, 8, 20];
        let key_and_cuts = [0x37, 0xFA, 0x21, 0x3D, 3, 0, 40, 255];
        let mut seed = [0; 16];
        seed[..8].copy_from_slice(&choices);
        seed[8..].copy_from_slice(&key_and_cuts);
        seed
    }

    /// Plays unmasked frames in all ways, which must agree, and tells what happened.
    pub(crate) fn play(&self, bytes: &[u8]) -> Vec<Told> {
        let client = self.play_all_ways(true, bytes);
        let server = self.play_all_ways(false, &masked(bytes, self.key));
        if !client.contains(&Told::Failed(ProtocolError::Masked)) {
            assert_eq!(client, server, "client and server differ");
        }
        client
    }

    fn play_all_ways(&self, client: bool, bytes: &[u8]) -> Vec<Told> {
        let whole = self.play_once(client, Delivery::Whole, Cuts::WHOLE, Reads::default(), bytes);
        for delivery in [Delivery::Whole, Delivery::Streaming] {
            for cuts in self.cuts.ways(bytes.len()) {
                let taken = self.key[0] % 2 == 1;
                let reads =
                    Reads { pushed: self.flag(0), contexts: self.flag(1), late: false, taken };
                let played = self.play_once(client, delivery, cuts, reads, bytes);
                assert_eq!(played, whole, "{delivery:?} delivery, {cuts:?}");
            }
        }
        whole
    }

    fn play_once(
        &self,
        client: bool,
        delivery: Delivery,
        cuts: Cuts,
        reads: Reads,
        bytes: &[u8],
    ) -> Vec<Told> {
        let config = self.config(delivery);
        let limit = config.limits.message as usize;
        let agreed = self.agreed.agreed_both_ways();
        let side = Side::open(client, agreed, config);
        // A code that was put up with is echoed, to a side that put up with it first.
        let mut strict = Config::default();
        strict.leniency.unassigned_close_codes = self.flag(5);
        let peer = Side::open(!client, agreed, strict);
        let end = match (self.flag(2), self.flag(6)) {
            (true, _) => End::Silence,
            (false, true) => End::Failure,
            (false, false) => End::Eof,
        };
        let options = Options {
            echoes: self.flag(3),
            closes: self.flag(7),
            held: self.flag(4),
            end,
            reads,
            ..Options::default()
        };
        let heap = |received: usize| match agreed {
            None => 2 * received.min(limit) + 512,
            Some(_) => 2 * limit + 1024,
        };
        Player::new(side, Some(peer), options).play(cuts.cut(bytes), heap)
    }

    fn config(&self, delivery: Delivery) -> Config {
        let mut config = Config::default();
        let times = if self.agreed.lengthens() { Self::LONG as u64 } else { 1 };
        config.limits.message = u64::from(self.limits.message) * times;
        config.limits.frame = u64::from(self.limits.frame) * times;
        config.limits.extra_fragments = self.limits.extra_fragments.into();
        config.delivery = delivery;
        config.leniency.unassigned_close_codes = self.flag(5);
        config
    }

    const fn flag(&self, at: u8) -> bool {
        self.flags >> at & 1 == 1
    }
}
