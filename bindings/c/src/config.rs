//! The configuration of connections: `wsp_config`.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use std::ffi::c_void;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use websocket_proto::{Config, Incoming};

use crate::bytes::Bytes;
use crate::code::{Code, Failure};
use crate::deflate::{self, DeflateParameters};
use crate::entropy::{Callback, Drop, Fill, Source};
use crate::handle::{guard, make};
use crate::{options, reserve};

/// What a connection begins with.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) config: Arc<Config>,
    /// The length of the window that a connection makes if none is lent to it.
    pub(crate) window: NonZeroU32,
    pub(crate) source: Source,
}

impl Default for Settings {
    fn default() -> Self {
        const WINDOW: NonZeroU32 = NonZeroU32::new(Incoming::DEFAULT_WINDOW as u32).unwrap();
        Self { config: Arc::default(), window: WINDOW, source: Source::default() }
    }
}

/// Settings that any thread may change and use.
pub(crate) type SharedSettings = Mutex<Settings>;

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_config_new() -> Option<Box<SharedSettings>> {
    make(|| Ok(Box::default())).ok()
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_config_free(config: Option<Box<SharedSettings>>) {
    guard((), || drop(config));
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_config_set(
    config: Option<&SharedSettings>,
    option: u32,
    value: u64,
) -> i32 {
    change(config, |settings| options::set(settings, option, value))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_config_set_text(
    config: Option<&SharedSettings>,
    option: u32,
    value: Bytes<'_>,
) -> i32 {
    change(config, |settings| match option {
        options::HEALTH_CHECK => {
            let path = value.text()?;
            let kept = if path.is_empty() { None } else { Some(kept_text(path)?) };
            Arc::make_mut(&mut settings.config).health_check = kept;
            Ok(())
        }
        _ => Err(Failure::UnknownOption),
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_config_set_deflate(
    config: Option<&SharedSettings>,
    of: u32,
    parameters: Option<&DeflateParameters>,
) -> i32 {
    change(config, |settings| {
        deflate::set_parameters(Arc::make_mut(&mut settings.config), of, parameters)
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_config_set_entropy(
    config: Option<&SharedSettings>,
    fill: Option<Fill>,
    user: *mut c_void,
    drop: Option<Drop>,
) -> i32 {
    let set = make(|| {
        let config = config.ok_or(Failure::Null)?;
        let source = match fill {
            Some(fill) => Source::Callback(Callback::shared(fill, user, drop)?),
            None => Source::System,
        };
        let replaced = std::mem::replace(&mut lock(config).source, source);
        // Without the lock, as its callback may use the configuration.
        std::mem::drop(replaced);
        Ok(())
    });
    set.map_or_else(Code::number, |()| 0)
}

/// The settings as they are now; the default ones if none are given.
pub(crate) fn current(config: Option<&SharedSettings>) -> Settings {
    config.map_or_else(Settings::default, |config| lock(config).clone())
}

fn change(
    config: Option<&SharedSettings>,
    job: impl FnOnce(&mut Settings) -> Result<(), Failure>,
) -> i32 {
    let changed = make(|| {
        let mut settings = lock(config.ok_or(Failure::Null)?);
        let mut changed = settings.clone();
        job(&mut changed)?;
        reserve::check()?;
        *settings = changed;
        Ok(())
    });
    changed.map_or_else(Code::number, |()| 0)
}

fn lock(config: &SharedSettings) -> std::sync::MutexGuard<'_, Settings> {
    config.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The text for as long as the program runs. Each is kept once, and programs have few.
fn kept_text(text: &str) -> Result<&'static str, Failure> {
    static TEXTS: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = texts.iter().find(|kept| **kept == text) {
        return Ok(kept);
    }
    texts.try_reserve(1).map_err(|_| Failure::OutOfMemory)?;
    let kept: Box<str> = text.into();
    if let Err(failure) = reserve::check() {
        texts.shrink_to_fit();
        return Err(failure);
    }
    let kept: &'static str = Box::leak(kept);
    texts.push(kept);
    Ok(kept)
}
