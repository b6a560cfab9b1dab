//! What replaces compression without the feature `deflate`: types that have no values. Change it
//! together with `mod.rs`; `.ci/features` checks it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::handshake::DeflateParameters;
use crate::memory::{Assembly, NoMemory};

/// There is nothing to configure.
pub(crate) struct Deflate;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Settings;

#[derive(Debug)]
pub(crate) enum Decompressor {}

#[derive(Debug)]
pub(crate) enum Compressor {}

pub(crate) struct Inflated {
    pub(crate) consumed: usize,
    pub(crate) outcome: Outcome,
    pub(crate) too_long: bool,
}

#[derive(PartialEq)]
#[expect(dead_code, reason = "nothing is inflated")]
pub(crate) enum Outcome {
    NeedsInput,
    NeedsOutput,
    Complete,
    Corrupt,
    NoMemory,
}

impl Decompressor {
    pub(crate) fn begin_message(&mut self) {
        match *self {}
    }

    pub(crate) const fn message_len(&self) -> u64 {
        match *self {}
    }

    pub(crate) fn take_due_pause(&mut self) -> bool {
        match *self {}
    }

    pub(crate) fn inflate(&mut self, _: &[u8], _: &mut Assembly, _: u64) -> Inflated {
        match *self {}
    }

    pub(crate) fn finish(&mut self, _: &mut Assembly, _: u64) -> Inflated {
        match *self {}
    }
}

impl Compressor {
    pub(crate) const fn agreed(&self) -> DeflateParameters {
        match *self {}
    }

    pub(crate) const fn should_compress(&self, _: usize) -> bool {
        match *self {}
    }

    pub(crate) fn try_prepare(&mut self) -> bool {
        match *self {}
    }

    pub(crate) fn compress(&mut self, _: &[u8], _: &mut Vec<u8>) -> Result<(), NoMemory> {
        match *self {}
    }

    pub(crate) fn finish(&mut self, _: &[u8], _: &mut Vec<u8>) -> Result<(), NoMemory> {
        match *self {}
    }

    pub(crate) fn forget_history(&mut self) {
        match *self {}
    }

    pub(crate) const fn settings(&self) -> Settings {
        match *self {}
    }
}

pub(crate) const fn compress_alone(_: Settings, _: &[u8]) -> Result<Vec<u8>, NoMemory> {
    Ok(Vec::new())
}

/// Without the feature, messages are never compressed even if that was agreed on; the protocol
/// allows it.
pub(crate) const fn for_client(
    _: DeflateParameters,
    _: &Deflate,
) -> (Option<Box<Decompressor>>, Option<Box<Compressor>>) {
    (None, None)
}

pub(crate) const fn for_server(
    _: DeflateParameters,
    _: &Deflate,
) -> (Option<Box<Decompressor>>, Option<Box<Compressor>>) {
    (None, None)
}

pub(crate) const fn release_contexts(_: Option<&mut Decompressor>, _: Option<&mut Compressor>) {}
