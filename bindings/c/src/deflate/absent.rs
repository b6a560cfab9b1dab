//! In place of `mod.rs` where compression is not built in.

#[path = "parameters.rs"]
mod parameters;

use websocket_proto::{Config, Connection};

pub(crate) use parameters::DeflateParameters;

use crate::code::Failure;
use crate::options::{self, switch};

pub(crate) const BUILT: bool = false;

/// Contexts to lend, of which there are none.
#[derive(Default)]
pub(crate) struct Contexts(());

impl Contexts {
    pub(crate) const fn lend(&mut self, _: &mut Connection) {}

    pub(crate) const fn take_back(&mut self, _: &mut Connection) {}
}

pub(crate) const fn set_compression(_: &mut Connection, _: bool) {}

/// Compression can only be turned off.
pub(crate) fn set(_: &mut Config, option: u32, value: u64) -> Result<(), Failure> {
    match option {
        options::DEFLATE if !switch(value)? => Ok(()),
        options::DEFLATE
        | options::DEFLATE_LEVEL
        | options::DEFLATE_MEMORY_LEVEL
        | options::DEFLATE_MINIMUM
        | options::DEFLATE_KEEP_CONTEXTS => Err(Failure::NotBuilt),
        _ => Err(Failure::UnknownOption),
    }
}

pub(crate) const fn set_parameters(
    _: &mut Config,
    of: u32,
    _: Option<&DeflateParameters>,
) -> Result<(), Failure> {
    match of {
        options::OFFER | options::FALLBACK | options::POLICY => Err(Failure::NotBuilt),
        _ => Err(Failure::UnknownOption),
    }
}
