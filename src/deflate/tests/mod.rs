//! Tests of the codec alone: against the rows of the catalogue, by their numbers, and against zlib.

mod bits;
mod context;
mod deflating;
mod inflating;
mod invalid;
mod split_law;
mod streams;
mod zlib;

use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::handshake::WindowBits;

const TAKEOVERS: [Takeover; 2] = [Takeover::On, Takeover::Off];

fn window(bits: u8) -> WindowBits {
    WindowBits::new(bits).unwrap()
}

fn settings(level: u8, bits: u8, memory_level: u8) -> Settings {
    Settings::new(level, window(bits), memory_level)
}

fn inflater() -> Inflater {
    Inflater::new(WindowBits::MAX, Takeover::On)
}

fn deflater() -> Deflater {
    Deflater::new(settings(6, 15, 8), Takeover::On)
}

/// An inflated message; as an error, its bytes up to where the payload was found to be corrupt.
type InflateResult = Result<Vec<u8>, Vec<u8>>;

/// Inflates one message whose payload comes in these pieces, `room` bytes of output at a time.
fn inflate<'p>(
    inflater: &mut Inflater,
    pieces: impl IntoIterator<Item = &'p [u8]>,
    room: usize,
) -> InflateResult {
    let mut message = Vec::new();
    for mut piece in pieces {
        collect_output(&mut message, room, |output| {
            let step = inflater.inflate(piece, output);
            piece = &piece[step.consumed..];
            assert!(step.outcome != Outcome::NeedsInput || piece.is_empty());
            step
        })?;
    }
    match inflater.finish() {
        Outcome::Complete => Ok(message),
        Outcome::NeedsInput | Outcome::NeedsOutput | Outcome::Corrupt | Outcome::NoMemory => {
            Err(message)
        }
    }
}

/// Calls `inflate` with `room` bytes of output until it needs no more, and checks that each call
/// makes progress.
fn collect_output(
    message: &mut Vec<u8>,
    room: usize,
    mut inflate: impl FnMut(&mut [u8]) -> Step,
) -> Result<(), Vec<u8>> {
    let mut output = vec![0; room];
    loop {
        let Step { consumed, produced, outcome } = inflate(&mut output);
        message.extend(&output[..produced]);
        match outcome {
            Outcome::NeedsOutput => assert!(consumed > 0 || produced > 0),
            Outcome::NeedsInput | Outcome::Complete => return Ok(()),
            Outcome::Corrupt | Outcome::NoMemory => return Err(message.clone()),
        }
    }
}

fn inflate_whole(inflater: &mut Inflater, payload: &[u8]) -> InflateResult {
    inflate(inflater, [payload], 4096)
}

fn deflate(deflater: &mut Deflater, message: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    deflater.finish(message, &mut payload).unwrap();
    payload
}

/// Bytes that cannot be compressed, the same for each call.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(next).collect()
}

/// Bytes with short and long repetitions, near and far.
fn records(len: usize) -> Vec<u8> {
    let record = |index: usize| {
        let value = index.wrapping_mul(2_654_435_761) >> 7;
        alloc::format!(r#"{{"id":{index},"name":"n{}","value":{}}},"#, value % 97, value % 65_537)
    };
    let mut bytes: Vec<u8> = (0..=len / 20).flat_map(|index| record(index).into_bytes()).collect();
    bytes.truncate(len);
    bytes
}
