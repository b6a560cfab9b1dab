//! What an assembly knows of its bytes.

use super::Assembly;
use crate::ProtocolError;
use crate::frame::MaskKey;

fn text(bytes: &[u8]) -> Assembly {
    let mut assembly = Assembly::new();
    assembly.append(bytes, MaskKey::ZERO);
    assembly.check_text(usize::MAX).unwrap();
    assembly
}

#[test]
fn a1_text_is_what_was_checked_and_ends_with_a_character() {
    assert!(Assembly::new().is_text());
    assert!(text("aé".as_bytes()).is_text());
    let mut cut = text(b"a\xC3");
    assert!(!cut.is_text());
    cut.append(b"\xA9", MaskKey::ZERO);
    assert!(!cut.is_text(), "not checked yet");
    assert_eq!(cut.check_text(usize::MAX), Ok(()));
    assert!(cut.is_text());
    cut.append(b"\xA9", MaskKey::ZERO);
    assert_eq!(cut.check_text(usize::MAX), Err(ProtocolError::InvalidUtf8));
    assert!(!cut.is_text());
}

#[test]
fn a1_bytes_that_may_have_been_changed_are_not_text() {
    let mut changed = text(b"abc");
    changed.bytes_mut()[0] = 0xFF;
    assert!(!changed.is_text());
    assert_eq!(changed.check_text(usize::MAX), Err(ProtocolError::InvalidUtf8));
    let mut changed = text(b"abc");
    changed.vec_mut().push(0xFF);
    assert!(!changed.is_text());
    let mut cleared = text(b"abc");
    cleared.clear();
    cleared.append(b"\xFF\xFF\xFF", MaskKey::ZERO);
    assert!(!cleared.is_text());
}

#[cfg(any(feature = "smol", feature = "tokio"))]
#[test]
fn a1_a_partial_message_is_text_if_it_was() {
    let again = |assembly: Assembly| Assembly::from_partial(assembly.into_partial());
    assert!(Assembly::new().into_partial().is_empty());
    assert!(again(text(b"abc")).is_text());
    let mut unknown = Assembly::new();
    unknown.append(b"a\xFFc", MaskKey::ZERO);
    assert!(!again(unknown).is_text());
    for cut in [&b"a\xC3"[..], b"\xE2\x82", b"\xF0\x9F\x98"] {
        let mut part = again(text(cut));
        assert!(!part.is_text(), "{cut:02x?}");
        assert_eq!(part.bytes(), cut);
        part.append(b"\xFF", MaskKey::ZERO);
        assert_eq!(part.check_text(usize::MAX), Err(ProtocolError::InvalidUtf8));
    }
}
