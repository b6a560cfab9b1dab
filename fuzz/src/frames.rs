//! Any frames, received by both roles. Cuts, modes of delivery, windows and roles must change
//! nothing.

use arbitrary::Arbitrary;
use websocket_proto::{Config, Delivery, ProtocolError};

use crate::cuts::Cuts;
use crate::observed::Observed;
use crate::parameters::Parameters;
use crate::player::{Handling, InputEnd, Options, Player};
use crate::side::{Party, Side};
use crate::ways::drawn;
use crate::wire::{lengthened, masked};

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    setup: Setup,
    /// Unmasked frames.
    bytes: &'b [u8],
}

impl Input<'_> {
    /// The fuzzer's bytes for these frames: for an application that only receives, for one that
    /// answers, and with long payloads. `compression` tells whether it was agreed on.
    pub fn seeds(compression: bool, bytes: &[u8]) -> [Vec<u8>; 3] {
        [(0, 0), (0x88, 0), (0, 0x80)].map(|(flags, long)| {
            let mut setup = Setup::seed(flags, u8::from(compression) | long, 0x7F);
            if long > 0 {
                // Reads that are shorter than the payloads.
                setup[12..].copy_from_slice(&[200, 250, 99, 254]);
            }
            [&setup[..], bytes].concat()
        })
    }

    pub fn check(self) {
        if self.setup.agreed.has_free_flag() {
            self.setup.play(&lengthened(self.bytes, Setup::REPEAT));
        } else {
            self.setup.play(self.bytes);
        }
    }
}

/// How the frames are played.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) flags: u8,
    pub(crate) agreed: Parameters,
    pub(crate) limits: Limits,
    pub(crate) key: [u8; 4],
    pub(crate) cuts: Cuts,
}

/// How the same frames are delivered.
#[derive(Clone, Copy, Debug)]
struct Way {
    delivery: Delivery,
    cuts: Cuts,
    handling: Handling,
}

impl Way {
    const PLAIN: Self =
        Self { delivery: Delivery::Whole, cuts: Cuts::WHOLE, handling: Handling::PLAIN };
}

/// Small limits.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct Limits {
    message: u16,
    frame: u16,
    extra_fragments: u8,
}

impl Setup {
    /// How often payloads are repeated to be long, so that some do not fit in windows.
    const REPEAT: usize = 500;

    /// The fuzzer's bytes for these choices, with fixed ones for the rest.
    pub(crate) fn seed(flags: u8, agreed: u8, windows: u8) -> [u8; 16] {
        let choices = [flags, agreed, windows, 0, 16, 0, 8, 20];
        let key_and_cuts = [0x37, 0xFA, 0x21, 0x3D, 3, 0, 40, 255];
        let mut seed = [0; 16];
        seed[..8].copy_from_slice(&choices);
        seed[8..].copy_from_slice(&key_and_cuts);
        seed
    }

    /// Plays unmasked frames in several ways, which must agree; returns what happened.
    pub(crate) fn play(&self, bytes: &[u8]) -> Vec<Observed> {
        let masked = masked(bytes, self.key);
        let client = self.play_once(Party::Client, Way::PLAIN, bytes);
        let is_tolerated = self.key[1] & 4 == 4;
        let server = if is_tolerated || client.contains(&Observed::Failed(ProtocolError::Masked)) {
            &self.play_once(Party::Server, Way::PLAIN, &masked)
        } else {
            &client
        };
        let (ways, draw) = (self.ways(bytes.len()), self.cuts.draw(bytes.len()));
        for way in drawn(draw / ways.len(), ways.clone()) {
            assert_eq!(&self.play_once(Party::Server, way, &masked), server, "a server, {way:?}");
        }
        for way in drawn(draw, ways) {
            assert_eq!(self.play_once(Party::Client, way, bytes), client, "a client, {way:?}");
        }
        client
    }

    /// The ways to play an input of this length.
    fn ways(&self, len: usize) -> Vec<Way> {
        let handling = Handling {
            copies_input: self.flag(0),
            lends_contexts: self.flag(1),
            answers_late: false,
            takes_owned: self.key[0] % 2 == 1,
        };
        let others = [Delivery::Whole, Delivery::Streaming].into_iter().flat_map(|delivery| {
            let cuts = self.cuts.variants(len).into_iter();
            cuts.map(move |cuts| Way { delivery, cuts, handling })
        });
        [Way::PLAIN].into_iter().chain(others).collect()
    }

    fn play_once(&self, party: Party, way: Way, bytes: &[u8]) -> Vec<Observed> {
        let Way { delivery, cuts, handling } = way;
        let config = self.config(delivery);
        let limit = config.limits.message as usize;
        let agreed = self.agreed.agreed_both_ways();
        let side = Side::open(party, agreed, config);
        // A tolerated close code is echoed to the side that sent it, so that side tolerates it as
        // well.
        let mut peer_config = Config::default();
        peer_config.leniency.unassigned_close_codes = self.flag(5);
        // Echoes may leave in very short fragments.
        peer_config.limits.extra_fragments = u32::MAX;
        let peer = Side::open(party.peer(), agreed, peer_config);
        let end = match (self.flag(2), self.flag(6)) {
            (true, _) => InputEnd::Silence,
            (false, true) => InputEnd::Failure,
            (false, false) => InputEnd::Eof,
        };
        let options = Options {
            echoes: self.flag(3),
            closes: self.flag(7),
            holds_output: self.flag(4),
            end,
            handling,
            ..Options::default()
        };
        let heap = |received: usize| match agreed {
            None => 2 * received.min(limit) + 512,
            Some(_) => 2 * limit + 1024,
        };
        Player::new(side, Some(peer), options).play(cuts.reads(bytes), heap)
    }

    fn config(&self, delivery: Delivery) -> Config {
        let mut config = Config::default();
        let times = if self.agreed.has_free_flag() { Self::REPEAT as u64 } else { 1 };
        config.limits.message = u64::from(self.limits.message) * times;
        config.limits.frame = u64::from(self.limits.frame) * times;
        config.limits.extra_fragments = self.limits.extra_fragments.into();
        config.delivery = delivery;
        config.leniency.unassigned_close_codes = self.flag(5);
        // The key also chooses these, as the flags are used up. That of the seeds chooses none.
        let [_, unchecked, answers, size] = self.key;
        config.leniency.unchecked_text = unchecked & 1 == 1;
        config.leniency.masked_frames = unchecked & 4 == 4;
        config.automatic_pong = answers & 2 == 0;
        config.fragment_size = (size & 2 == 2).then_some(usize::from(size >> 2));
        config
    }

    const fn flag(&self, at: u8) -> bool {
        self.flags >> at & 1 == 1
    }
}
