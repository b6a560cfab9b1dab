//! How much is inflated in one turn, which an adapter spends with its socket locked.

use alloc::vec::Vec;
use alloc::{format, vec};

use super::Connection;
use crate::deflate::Deflate;
use crate::handshake::DeflateParameters;
use crate::{
    Config, Delivery, EntropyError, Event, Incoming, MessageKind, Outgoing, Progress, Role, Time,
};

/// The most bytes that an adapter reads at a time.
const READ: usize = 256 << 10;

/// The most bytes that a turn may add to a message: those after which a pause is due, what a call of
/// zlib may add to them, and what was read and is not compressed.
const MOST: usize = (256 << 10) + (256 << 10) + READ;

/// Numbers that look random (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    /// A payload that shrinks much, a little, or not at all.
    fn payload(&mut self, len: usize) -> Vec<u8> {
        let noise = [0, 1, 7, 256][self.below(4)];
        (0..len).map(|_| if noise == 0 { b'0' } else { self.below(noise) as u8 }).collect()
    }
}

fn entropy(bytes: &mut [u8]) -> Result<(), EntropyError> {
    bytes.fill(0);
    Ok(())
}

fn connection(role: Role, config: Config) -> Connection {
    Connection::established(role, Some(DeflateParameters::default()), config, Time::ZERO)
}

/// What a peer sends: messages of all sizes in frames of all sizes, compressed in all ways or not at
/// all, with pings between them.
fn sent(role: Role, numbers: &mut Numbers) -> Vec<u8> {
    let deflate = Deflate { level: numbers.below(10) as u8, minimum: 0, ..Deflate::default() };
    let mut config = Config { deflate: Some(deflate), ..Config::default() };
    config.limits.output = usize::MAX;
    let (mut peer, mut outgoing) = (connection(role, config), Outgoing::new());
    for _ in 0..1 + numbers.below(12) {
        peer.set_compression(numbers.below(4) > 0);
        let most = [1, 300, 20_000, 3 << 20][numbers.below(4)];
        if numbers.below(3) > 0 {
            let len = numbers.below(most);
            peer.send_binary(&numbers.payload(len), &mut outgoing).unwrap();
        } else {
            peer.start_message(MessageKind::Binary).unwrap();
            for _ in 0..numbers.below(40) {
                let len = numbers.below(most / 8 + 1);
                peer.send_fragment(&numbers.payload(len), &mut outgoing).unwrap();
                if numbers.below(4) == 0 {
                    peer.send_ping(b"?", &mut outgoing).unwrap();
                }
            }
            peer.send_last_fragment(b"", &mut outgoing).unwrap();
        }
    }
    outgoing.pending().concat()
}

#[test]
fn a_turn_inflates_little_whatever_the_peer_sends() {
    for seed in 0..15 {
        let mut numbers = Numbers(seed);
        let roles = [Role::Server, Role::Client(&entropy)];
        let client = numbers.below(2);
        let bytes = sent(roles[1 - client], &mut numbers);
        let delivery = [Delivery::Whole, Delivery::Streaming][numbers.below(2)];
        let config = Config { delivery, ..Config::default() };
        let mut own = connection(roles[client], config);
        let (mut incoming, mut outgoing) = (Incoming::new(), Outgoing::new());
        let (mut before, mut most, mut turns) = (0, 0, 0);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let read = rest.len().min(1 + numbers.below([100, 70_000, READ][turns % 3]));
            incoming.push(&rest[..read]);
            rest = &rest[read..];
            loop {
                turns += 1;
                let progress = own.receive_or_pause(Time::ZERO, &mut incoming, &mut outgoing);
                outgoing.advance(usize::MAX);
                let now = incoming.memory.message_len();
                most = most.max(now.saturating_sub(before));
                before = match (progress.unwrap(), incoming.event()) {
                    (Some(Progress::Event), Some(Event::Binary(_) | Event::MessageChunk(_))) => 0,
                    _ => now,
                };
                match progress.unwrap() {
                    Some(Progress::NeedBytes) => break,
                    Some(Progress::Ended) => panic!("seed {seed}: it ended"),
                    Some(Progress::Event) | None => {}
                }
            }
        }
        assert!(most <= MOST, "seed {seed}: a turn inflated {most} bytes");
        assert!(own.is_open(), "seed {seed}");
    }
}

/// One frame after the other, each of which inflates to much, in one read.
#[test]
fn a_turn_inflates_little_of_many_bombs() {
    for delivery in [Delivery::Whole, Delivery::Streaming] {
        let mut config = Config { deflate: Some(Deflate::default()), ..Config::default() };
        config.limits.output = usize::MAX;
        let (mut peer, mut outgoing) = (connection(Role::Server, config), Outgoing::new());
        for _ in 0..8 {
            peer.send_binary(&vec![0; 4 << 20], &mut outgoing).unwrap();
        }
        config.delivery = delivery;
        let mut own = connection(Role::Client(&entropy), config);
        let mut incoming = Incoming::new();
        incoming.push(&outgoing.pending().concat());
        let (mut turns, mut chunks) = (0, 0);
        loop {
            match own.receive_or_pause(Time::ZERO, &mut incoming, &mut outgoing).unwrap() {
                Some(Progress::NeedBytes) => break,
                Some(_) => chunks += 1,
                None => turns += 1,
            }
        }
        let least = 8 * (4 << 20) / MOST;
        assert!(turns + chunks >= least, "{}", format!("{turns} turns and {chunks} events"));
    }
}
