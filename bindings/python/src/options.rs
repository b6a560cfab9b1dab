//! The options of a connection by name: how a value of Python is checked and set.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::PyClass;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use websocket_proto::{Config, Delivery, Leniency, Limits};

use crate::clock::optional_duration;
use crate::config::Keepalive;
use crate::deflate::Deflate;
use crate::errors::wrong_type;

/// The names of all options, in the order in which they are shown.
pub(crate) const NAMES: [&str; 19] = [
    "max_message",
    "max_frame",
    "max_fragments",
    "max_head",
    "max_headers",
    "max_refusal_body",
    "max_output",
    "fragment_size",
    "handshake_timeout",
    "close_timeout",
    "write_timeout",
    "message_timeout",
    "keepalive",
    "automatic_pong",
    "streaming",
    "health_check",
    "other_requests",
    "leniency",
    "deflate",
];

/// Sets an option; the configuration stays as it is if it cannot have the value.
pub(crate) fn set(config: &mut Config, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    if name.starts_with("max_") {
        return set_limit(&mut config.limits, name, value);
    }
    match name {
        "fragment_size" if value.is_none() => config.fragment_size = None,
        "fragment_size" => config.fragment_size = Some(limit(name, value)?),
        "handshake_timeout" => config.handshake_timeout = endless_duration(name, value)?,
        "close_timeout" => config.close_timeout = endless_duration(name, value)?,
        "write_timeout" => config.write_timeout = optional_duration(name, value)?,
        "message_timeout" => config.message_timeout = optional_duration(name, value)?,
        "keepalive" => config.keepalive = instance::<Keepalive>(name, value)?.map(|it| it.core),
        "automatic_pong" => config.automatic_pong = switch(name, value)?,
        "streaming" if switch(name, value)? => config.delivery = Delivery::Streaming,
        "streaming" => config.delivery = Delivery::Whole,
        "health_check" => config.health_check = optional_text(name, value)?,
        "other_requests" => config.other_requests = switch(name, value)?,
        "leniency" => config.leniency = leniency(value)?,
        "deflate" => config.deflate = instance::<Deflate>(name, value)?.map(|it| it.core),
        _ => return Err(unknown("Config", name, &NAMES)),
    }
    Ok(())
}

fn set_limit(limits: &mut Limits, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    match name {
        "max_message" => limits.message = limit(name, value)?,
        "max_frame" => limits.frame = limit(name, value)?,
        "max_fragments" => limits.extra_fragments = limit(name, value)?,
        "max_head" => limits.head = limit(name, value)?,
        "max_headers" => limits.headers = limit(name, value)?,
        "max_refusal_body" => limits.refusal_body = limit(name, value)?,
        "max_output" => limits.output = limit(name, value)?,
        _ => return Err(unknown("Config", name, &NAMES)),
    }
    Ok(())
}

/// A number that `None` leaves without limit.
pub(crate) trait Limit: TryFrom<u64> + Into<Number> + Copy + PartialEq {
    const NONE: Self;
}

/// The number of any limit.
pub(crate) struct Number(u64);

macro_rules! limits {
    ($($type:ty),+) => {
        $(
            impl From<$type> for Number {
                fn from(number: $type) -> Self {
                    Self(number as u64)
                }
            }

            impl Limit for $type {
                const NONE: Self = Self::MAX;
            }
        )+
    };
}

limits!(u8, u16, u32, u64, usize);

/// The value of a limit as Python has it.
pub(crate) fn shown<T: Limit>(limit: T) -> Option<u64> {
    (limit != T::NONE).then(|| limit.into().0)
}

fn limit<T: Limit>(name: &str, value: &Bound<'_, PyAny>) -> PyResult<T> {
    if value.is_none() { Ok(T::NONE) } else { number(name, value, T::NONE.into().0) }
}

/// A whole number up to `most`.
pub(crate) fn number<T: TryFrom<u64>>(
    name: &str,
    value: &Bound<'_, PyAny>,
    most: u64,
) -> PyResult<T> {
    let wanted = || format!("{name} is a whole number");
    let number: i128 = value.extract().map_err(|_| wrong_type(&wanted(), value))?;
    let fitting = u64::try_from(number).ok().filter(|number| *number <= most);
    fitting.and_then(|number| T::try_from(number).ok()).ok_or_else(|| {
        PyValueError::new_err(format!("{name} is a number from 0 to {most}, not {number}"))
    })
}

/// On or off.
pub(crate) fn switch(name: &str, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    value.extract().map_err(|_| wrong_type(&format!("{name} is True or False"), value))
}

/// The error for an option that does not exist, which names the one that may be meant.
pub(crate) fn unknown(class: &str, name: &str, names: &[&str]) -> PyErr {
    let close = names.iter().find(|known| known.contains(name) || name.contains(**known));
    let hint = close.map_or_else(String::new, |known| format!(": perhaps {known}"));
    PyTypeError::new_err(format!("{class} has no option {name}{hint}"))
}

fn endless_duration(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    Ok(optional_duration(name, value)?.unwrap_or(Duration::MAX))
}

/// An object of a class of this package, or `None`.
fn instance<'a, T: PyClass<Frozen = pyo3::pyclass::boolean_struct::True> + Sync>(
    name: &str,
    value: &'a Bound<'_, PyAny>,
) -> PyResult<Option<&'a T>> {
    if value.is_none() {
        return Ok(None);
    }
    let wanted = || format!("{name} is an object of its class or None");
    let object = value.cast::<T>().map_err(|_| wrong_type(&wanted(), value))?;
    Ok(Some(object.get()))
}

/// The leniency that allows what is named.
fn leniency(value: &Bound<'_, PyAny>) -> PyResult<Leniency> {
    if value.extract::<&str>().is_ok() {
        return Err(PyTypeError::new_err("leniency is a list of names, not one name"));
    }
    let mut leniency = Leniency::default();
    for name in value.try_iter()? {
        allow(&mut leniency, name?.extract()?)?;
    }
    Ok(leniency)
}

fn allow(leniency: &mut Leniency, wanted: &str) -> PyResult<()> {
    let names: Vec<&str> = leniency.by_name().map(|(name, _)| name).collect();
    let found = leniency.by_name().find(|(name, _)| *name == wanted);
    let known = names.join(", ");
    let (_, is_tolerated) = found.ok_or_else(|| {
        PyValueError::new_err(format!("{wanted:?} is no leniency; there are: {known}"))
    })?;
    *is_tolerated = true;
    Ok(())
}

fn optional_text(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Option<&'static str>> {
    let wanted = || format!("{name} is a str or None");
    let text: Option<&str> = value.extract().map_err(|_| wrong_type(&wanted(), value))?;
    Ok(text.map(kept_text))
}

/// The text for as long as the program runs. Each is kept once, and programs have few.
fn kept_text(text: &str) -> &'static str {
    static TEXTS: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = texts.iter().find(|kept| **kept == text) {
        return kept;
    }
    let kept: &'static str = Box::leak(text.into());
    texts.push(kept);
    kept
}
