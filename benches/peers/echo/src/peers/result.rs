//! How a connection ends.

use std::error::Error;

/// How a connection ended. No server looks at it: its clients notice that an echo is missing.
pub(super) type EchoResult = Result<(), Box<dyn Error + Send + Sync>>;
