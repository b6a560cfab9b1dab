//! Compression (RFC 7692).

mod parameters;

use websocket_proto::handshake::{DeflateOffer, DeflatePolicy};
use websocket_proto::{Config, Connection, Deflate, DeflateContexts};

pub(crate) use parameters::DeflateParameters;

use crate::code::Failure;
use crate::options::{self, narrow, switch};
use parameters::window;

pub(crate) const BUILT: bool = true;

/// Contexts to lend.
#[derive(Default)]
pub(crate) struct Contexts(DeflateContexts);

impl Contexts {
    pub(crate) fn lend(&mut self, connection: &mut Connection) {
        connection.lend_contexts(&mut self.0);
    }

    pub(crate) fn take_back(&mut self, connection: &mut Connection) {
        connection.take_back_contexts(&mut self.0);
    }
}

pub(crate) fn set_compression(connection: &mut Connection, enabled: bool) {
    connection.set_compression(enabled);
}

/// Sets an option of compression; all but the switch turn it on.
pub(crate) fn set(config: &mut Config, option: u32, value: u64) -> Result<(), Failure> {
    let mut deflate = config.deflate.unwrap_or_default();
    match option {
        options::DEFLATE if !switch(value)? => {
            config.deflate = None;
            return Ok(());
        }
        options::DEFLATE => {}
        options::DEFLATE_LEVEL => deflate.level = within(value, 0, 9)?,
        options::DEFLATE_MEMORY_LEVEL => deflate.memory_level = within(value, 1, 9)?,
        options::DEFLATE_MINIMUM => deflate.minimum = narrow(value)?,
        options::DEFLATE_KEEP_CONTEXTS => deflate.keep_contexts = switch(value)?,
        _ => return Err(Failure::UnknownOption),
    }
    config.deflate = Some(deflate);
    Ok(())
}

fn within(value: u64, least: u8, most: u8) -> Result<u8, Failure> {
    narrow(value).and_then(|value| {
        if (least..=most).contains(&value) { Ok(value) } else { Err(Failure::BadValue) }
    })
}

/// Sets what is offered or agreed to; `None` sets the default.
pub(crate) fn set_parameters(
    config: &mut Config,
    of: u32,
    parameters: Option<&DeflateParameters>,
) -> Result<(), Failure> {
    let mut deflate = config.deflate.unwrap_or_default();
    let offer = parameters.copied().map(DeflateParameters::offer).transpose()?;
    match of {
        options::OFFER => deflate.offer = offer.unwrap_or_default(),
        options::FALLBACK => deflate.fallback = offer,
        options::POLICY => set_policy(&mut deflate, parameters)?,
        _ => return Err(Failure::UnknownOption),
    }
    config.deflate = Some(deflate);
    Ok(())
}

fn set_policy(
    deflate: &mut Deflate,
    parameters: Option<&DeflateParameters>,
) -> Result<(), Failure> {
    deflate.policy = match parameters {
        Some(parameters) => parameters.policy()?,
        None => DeflatePolicy::default(),
    };
    Ok(())
}

impl DeflateParameters {
    fn offer(self) -> Result<DeflateOffer, Failure> {
        let mut offer = DeflateOffer::default();
        offer.server_no_context_takeover = self.server_no_context_takeover != 0;
        offer.client_no_context_takeover = self.client_no_context_takeover != 0;
        offer.server_max_window_bits = window(self.server_max_window_bits)?;
        offer.client_max_window_bits = window(self.client_max_window_bits)?;
        Ok(offer)
    }

    fn policy(self) -> Result<DeflatePolicy, Failure> {
        let agreed = self.agreed()?;
        let mut policy = DeflatePolicy::default();
        policy.server_no_context_takeover = agreed.server_no_context_takeover;
        policy.client_no_context_takeover = agreed.client_no_context_takeover;
        policy.server_max_window_bits = agreed.server_max_window_bits;
        policy.client_max_window_bits = agreed.client_max_window_bits;
        policy.requires_client_max_window_bits = self.requires_client_max_window_bits != 0;
        Ok(policy)
    }
}
