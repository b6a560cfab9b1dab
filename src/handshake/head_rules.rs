//! What the head of a request or response has to keep to.

use crate::Leniency;

/// What the head of a request or response has to keep to, besides its grammar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadRules {
    /// The longest head, in bytes.
    pub(crate) max_len: u32,
    /// The most headers; more than 128 count as 128.
    pub(crate) max_headers: u16,
    pub(crate) leniency: Leniency,
}
