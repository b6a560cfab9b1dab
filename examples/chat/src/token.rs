//! Who somebody is: a name, signed for a minute.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How long a token is good for: as long as it takes to connect.
const LIFETIME: Duration = Duration::from_secs(60);

const LONGEST_NAME: usize = 32;

/// Issues tokens and checks them.
///
/// A token is `CLAIM.SIGNATURE`, both base64url, so it may stand where a subprotocol does. The claim
/// is the second since 1970 at which it ends, as eight bytes, and the name.
pub(crate) struct Tokens {
    key: Key,
}

/// As long as a block of SHA-256.
pub(crate) type Key = [u8; 64];

impl Tokens {
    pub(crate) const fn new(key: Key) -> Self {
        Self { key }
    }

    /// A token for the name, or what is wrong with the name.
    pub(crate) fn issue(&self, name: &str) -> Result<String, &'static str> {
        let name = checked(name)?;
        let mut claim = (now() + LIFETIME).as_secs().to_be_bytes().to_vec();
        claim.extend_from_slice(name.as_bytes());
        let signature = self.signing(&claim).finalize().into_bytes();
        Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(claim), URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The name, if the token is one of ours and still good.
    pub(crate) fn name(&self, token: &str) -> Option<String> {
        let (claim, signature) = token.split_once('.')?;
        let claim = URL_SAFE_NO_PAD.decode(claim).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.signing(&claim).verify_slice(&signature).ok()?;
        let (end, name) = claim.split_first_chunk()?;
        let is_good = now() < Duration::from_secs(u64::from_be_bytes(*end));
        is_good.then(|| String::from_utf8_lossy(name).into_owned())
    }

    fn signing(&self, claim: &[u8]) -> Hmac<Sha256> {
        let mut signing = Hmac::<Sha256>::new(&self.key.into());
        signing.update(claim);
        signing
    }
}

/// A key that nobody else has.
pub(crate) fn random_key() -> Result<Key, getrandom::Error> {
    let mut key = [0; 64];
    getrandom::fill(&mut key)?;
    Ok(key)
}

fn checked(name: &str) -> Result<&str, &'static str> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err("say who you are"),
        1..=LONGEST_NAME if name.chars().any(char::is_control) => Err("a name is one line"),
        1..=LONGEST_NAME => Ok(name),
        _ => Err("a name has at most 32 characters"),
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKENS: Tokens = Tokens::new([7; 64]);

    #[test]
    fn names_come_back() {
        for name in ["Ann", "Søren Ω", &"x".repeat(32)] {
            assert_eq!(TOKENS.name(&TOKENS.issue(name).unwrap()).as_deref(), Some(name));
        }
        assert_eq!(TOKENS.name(&TOKENS.issue("  Ann \n").unwrap()).as_deref(), Some("Ann"));
    }

    #[test]
    fn names_are_short_and_one_line() {
        for name in ["", "  ", "two\nlines", "null\0", &"x".repeat(33)] {
            assert!(TOKENS.issue(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn every_changed_character_spoils_a_token() {
        let token = TOKENS.issue("Ann").unwrap();
        for at in 0..token.len() {
            let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
            let mut forged = token.clone();
            forged.replace_range(at..=at, other);
            assert_eq!(TOKENS.name(&forged), None, "{forged}");
        }
        assert_eq!(Tokens::new([8; 64]).name(&token), None);
    }

    #[test]
    fn old_tokens_are_not_good() {
        let claim = [&(now().as_secs() - 1).to_be_bytes()[..], b"Ann"].concat();
        let signature = TOKENS.signing(&claim).finalize().into_bytes();
        let token =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(claim), URL_SAFE_NO_PAD.encode(signature));
        assert_eq!(TOKENS.name(&token), None);
    }
}
