//! Text in shared bytes.

use core::fmt;
use core::ops::Deref;

use bytes::Bytes;

/// Text in shared bytes: cheap to clone, and made of a received message without validating it
/// again.
///
/// It compares with `str` and `String`, and is found by a `&str` where it is the key of a map.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Utf8Bytes(Bytes);

impl Utf8Bytes {
    /// The text of a string that lives as long as the program, without a copy.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        validated(&self.0)
    }

    /// The bytes of the text.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The bytes of the text.
    pub(super) fn into_bytes(self) -> Bytes {
        self.0
    }

    /// The text in bytes that were validated as UTF-8 before.
    pub(crate) fn from_validated(validated: Bytes) -> Self {
        debug_assert!(str::from_utf8(&validated).is_ok());
        Self(validated)
    }
}

impl Deref for Utf8Bytes {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Utf8Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for Utf8Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// Text that was validated before, and not changed since.
///
/// Who passes it: `Utf8Bytes`, whose bytes cannot be changed, and `Incoming`, for the ranges of
/// `EventKind::Text` and `EventKind::Close` alone. In the window and in a control frame these are
/// validated as a whole, where they are, in the call that delivers them. Of a message, the `Assembly`
/// itself knows that all of its bytes are text, whichever connections added to it. While such a range
/// is shown, `space` and `push` write after it, `move_to_front` moves range and bytes together, and
/// only the bytes of binary events can be borrowed mutably.
#[inline]
#[expect(unsafe_code, reason = "validating a second time would double the cost of text")]
pub(crate) fn validated(text: &[u8]) -> &str {
    debug_assert!(str::from_utf8(text).is_ok());
    // SAFETY: every caller passes bytes that were found to be UTF-8, and that nobody could change
    // since, as the doc comment shows for each.
    unsafe { str::from_utf8_unchecked(text) }
}
