//! The rules for the head of a request or response, besides its grammar.

use crate::Leniency;

/// The rules for the head of a request or response, besides its grammar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadRules {
    /// The length of the longest head, in bytes.
    pub(crate) max_len: u32,
    /// The maximum number of headers.
    pub(crate) max_headers: u16,
    /// The path of health checks.
    pub(crate) health_check: Option<&'static str>,
    pub(crate) leniency: Leniency,
}
