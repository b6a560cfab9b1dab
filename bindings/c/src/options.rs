//! The numbers of the options, and what each sets: `WSP_MAX_MESSAGE` and its like.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use websocket_proto::{CloseCode, Config, Delivery, Leniency};

use crate::code::Failure;
use crate::config::Settings;

pub(crate) const MAX_MESSAGE: u32 = 1;
pub(crate) const MAX_FRAME: u32 = 2;
pub(crate) const MAX_FRAGMENTS: u32 = 3;
pub(crate) const MAX_HEAD: u32 = 4;
pub(crate) const MAX_HEADERS: u32 = 5;
pub(crate) const MAX_REFUSAL_BODY: u32 = 6;
pub(crate) const MAX_OUTPUT: u32 = 7;
pub(crate) const FRAGMENT_SIZE: u32 = 8;
pub(crate) const WINDOW: u32 = 9;

pub(crate) const HANDSHAKE_TIMEOUT: u32 = 20;
pub(crate) const CLOSE_TIMEOUT: u32 = 21;
pub(crate) const WRITE_TIMEOUT: u32 = 22;
pub(crate) const MESSAGE_TIMEOUT: u32 = 23;

pub(crate) const KEEPALIVE: u32 = 40;
pub(crate) const KEEPALIVE_INTERVAL: u32 = 41;
pub(crate) const KEEPALIVE_TIMEOUT: u32 = 42;
pub(crate) const KEEPALIVE_CLOSE_CODE: u32 = 43;
pub(crate) const KEEPALIVE_WHEN_BUSY: u32 = 44;

pub(crate) const AUTOMATIC_PONG: u32 = 60;
pub(crate) const STREAMING: u32 = 61;
pub(crate) const LENIENCY: u32 = 62;
pub(crate) const OTHER_REQUESTS: u32 = 63;

/// The number from which on options are about compression.
pub(crate) const FIRST_OF_DEFLATE: u32 = 80;
pub(crate) const DEFLATE: u32 = 80;
pub(crate) const DEFLATE_LEVEL: u32 = 81;
pub(crate) const DEFLATE_MEMORY_LEVEL: u32 = 82;
pub(crate) const DEFLATE_MINIMUM: u32 = 83;
pub(crate) const DEFLATE_KEEP_CONTEXTS: u32 = 84;

/// What parameters of compression are for.
pub(crate) const OFFER: u32 = 1;
pub(crate) const FALLBACK: u32 = 2;
pub(crate) const POLICY: u32 = 3;

/// An option that is text.
pub(crate) const HEALTH_CHECK: u32 = 1;

pub(crate) const LENIENT_UNMASKED_FRAMES: u32 = 1 << 0;
pub(crate) const LENIENT_MASKED_FRAMES: u32 = 1 << 1;
pub(crate) const LENIENT_UNASSIGNED_CLOSE_CODES: u32 = 1 << 2;
pub(crate) const LENIENT_BARE_LF: u32 = 1 << 3;
pub(crate) const LENIENT_MISSING_REASON: u32 = 1 << 4;
pub(crate) const LENIENT_ANY_KEY_LENGTH: u32 = 1 << 5;
pub(crate) const LENIENT_ANY_SUBPROTOCOL: u32 = 1 << 6;
pub(crate) const LENIENT_EMPTY_LISTS: u32 = 1 << 7;
pub(crate) const LENIENT_UNCONFIRMED_DEFLATE: u32 = 1 << 8;
pub(crate) const LENIENT_UNCHECKED_TEXT: u32 = 1 << 9;

/// The value by which a time has no limit.
pub(crate) const NEVER: u64 = u64::MAX;

/// Sets the option; it stays as it is if it cannot have the value.
pub(crate) fn set(settings: &mut Settings, option: u32, value: u64) -> Result<(), Failure> {
    let config = Arc::make_mut(&mut settings.config);
    match option {
        MAX_MESSAGE..=FRAGMENT_SIZE => set_limit(config, option, value),
        WINDOW => {
            settings.window = NonZeroU32::new(narrow(value)?).ok_or(Failure::BadValue)?;
            Ok(())
        }
        HANDSHAKE_TIMEOUT..=MESSAGE_TIMEOUT => {
            set_time(config, option, value);
            Ok(())
        }
        KEEPALIVE..=KEEPALIVE_WHEN_BUSY => set_keepalive(config, option, value),
        AUTOMATIC_PONG..=OTHER_REQUESTS => set_behaviour(config, option, value),
        FIRST_OF_DEFLATE.. => crate::deflate::set(config, option, value),
        _ => Err(Failure::UnknownOption),
    }
}

fn set_limit(config: &mut Config, option: u32, value: u64) -> Result<(), Failure> {
    let limits = &mut config.limits;
    match option {
        MAX_MESSAGE => limits.message = value,
        MAX_FRAME => limits.frame = value,
        MAX_FRAGMENTS => limits.extra_fragments = narrow(value)?,
        MAX_HEAD => limits.head = narrow(value)?,
        MAX_HEADERS => limits.headers = narrow(value)?,
        MAX_REFUSAL_BODY => limits.refusal_body = narrow(value)?,
        MAX_OUTPUT => limits.output = narrow(value)?,
        FRAGMENT_SIZE if value == NEVER => config.fragment_size = None,
        _ => config.fragment_size = Some(narrow(value)?),
    }
    Ok(())
}

fn set_time(config: &mut Config, option: u32, value: u64) {
    let time = Duration::from_nanos(value);
    let optional = Some(time).filter(|_| value != NEVER);
    match option {
        HANDSHAKE_TIMEOUT => config.handshake_timeout = time,
        CLOSE_TIMEOUT => config.close_timeout = time,
        WRITE_TIMEOUT => config.write_timeout = optional,
        _ => config.message_timeout = optional,
    }
}

fn set_keepalive(config: &mut Config, option: u32, value: u64) -> Result<(), Failure> {
    let mut keepalive = config.keepalive.unwrap_or_default();
    match option {
        KEEPALIVE if !switch(value)? => {
            config.keepalive = None;
            return Ok(());
        }
        KEEPALIVE => {}
        KEEPALIVE_CLOSE_CODE => keepalive.close_code = CloseCode::new(narrow(value)?),
        KEEPALIVE_WHEN_BUSY => keepalive.when_busy = switch(value)?,
        KEEPALIVE_INTERVAL => keepalive.interval = Duration::from_nanos(value),
        KEEPALIVE_TIMEOUT => keepalive.timeout = Duration::from_nanos(value),
        _ => return Err(Failure::UnknownOption),
    }
    config.keepalive = Some(keepalive);
    Ok(())
}

fn set_behaviour(config: &mut Config, option: u32, value: u64) -> Result<(), Failure> {
    match option {
        AUTOMATIC_PONG => config.automatic_pong = switch(value)?,
        STREAMING if switch(value)? => config.delivery = Delivery::Streaming,
        STREAMING => config.delivery = Delivery::Whole,
        LENIENCY => config.leniency = leniency(narrow(value)?)?,
        _ => config.other_requests = switch(value)?,
    }
    Ok(())
}

/// A value of fewer bits.
pub(crate) fn narrow<T: TryFrom<u64>>(value: u64) -> Result<T, Failure> {
    value.try_into().map_err(|_| Failure::BadValue)
}

/// Off or on.
pub(crate) const fn switch(value: u64) -> Result<bool, Failure> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Failure::BadValue),
    }
}

/// The leniency of these bits; none may be unknown.
fn leniency(bits: u32) -> Result<Leniency, Failure> {
    let mut leniency = Leniency::default();
    let mut known = 0;
    for (bit, member) in members(&mut leniency) {
        *member = bits & bit != 0;
        known |= bit;
    }
    if bits & !known == 0 { Ok(leniency) } else { Err(Failure::BadValue) }
}

/// The bits of a leniency.
pub(crate) fn bits(mut leniency: Leniency) -> u32 {
    members(&mut leniency).iter().filter(|(_, member)| **member).map(|(bit, _)| bit).sum()
}

const fn members(leniency: &mut Leniency) -> [(u32, &mut bool); 10] {
    [
        (LENIENT_UNMASKED_FRAMES, &mut leniency.unmasked_frames),
        (LENIENT_MASKED_FRAMES, &mut leniency.masked_frames),
        (LENIENT_UNASSIGNED_CLOSE_CODES, &mut leniency.unassigned_close_codes),
        (LENIENT_BARE_LF, &mut leniency.bare_lf),
        (LENIENT_MISSING_REASON, &mut leniency.missing_reason),
        (LENIENT_ANY_KEY_LENGTH, &mut leniency.any_key_length),
        (LENIENT_ANY_SUBPROTOCOL, &mut leniency.any_subprotocol),
        (LENIENT_EMPTY_LISTS, &mut leniency.empty_lists),
        (LENIENT_UNCONFIRMED_DEFLATE, &mut leniency.unconfirmed_deflate),
        (LENIENT_UNCHECKED_TEXT, &mut leniency.unchecked_text),
    ]
}
