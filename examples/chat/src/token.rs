//! Tokens: a name and an ID, signed by the server and good for a minute.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How long a token is good for: long enough to connect.
const LIFETIME: Duration = Duration::from_secs(60);

/// In characters.
const MAX_NAME_LEN: usize = 32;

/// Issues tokens and checks them.
///
/// A token is `CLAIM.SIGNATURE`, both in base64url, so it can be offered as a subprotocol. The
/// claim has three parts: the time at which it expires, in seconds since 1970; the ID of the person
/// it is issued to; and the name. The first two have eight bytes each.
pub(crate) struct Tokens {
    key: Key,
}

/// The person a token was issued to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// Not unique: anybody may use the same name.
    pub(crate) name: String,
    /// Unique: other people with the same name have other IDs.
    pub(crate) id: String,
}

/// A key for HMAC, as long as a block of SHA-256.
pub(crate) type Key = [u8; 64];

impl Tokens {
    pub(crate) const fn new(key: Key) -> Self {
        Self { key }
    }

    /// A token for `name`, or what is wrong with the name. The token keeps the ID of the earlier
    /// one, however old that is.
    pub(crate) fn issue(&self, name: &str, earlier: Option<&str>) -> Result<String, &'static str> {
        let name = check_name(name)?;
        let earlier = earlier.and_then(|token| self.open(token));
        let id = earlier.map_or_else(getrandom::u64, |claim| Ok(claim.id));
        let id = id.map_err(|_| "no random bytes for an ID")?;
        let expires_at = (now() + LIFETIME).as_secs();
        Ok(self.sign(&[&expires_at.to_be_bytes(), &id.to_be_bytes(), name.as_bytes()].concat()))
    }

    fn sign(&self, claim: &[u8]) -> String {
        let signature = self.hmac_of(claim).finalize().into_bytes();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(claim), URL_SAFE_NO_PAD.encode(signature))
    }

    /// The person a token was issued to, if it is one of ours and has not expired.
    pub(crate) fn verify(&self, token: &str) -> Option<Person> {
        let Claim { expires_at, id, name } = self.open(token)?;
        let is_current = now() < Duration::from_secs(expires_at);
        is_current.then(|| Person { name, id: format!("{id:016x}") })
    }

    /// The claim of a token, if it is one of ours.
    fn open(&self, token: &str) -> Option<Claim> {
        let (claim, signature) = token.split_once('.')?;
        let claim = URL_SAFE_NO_PAD.decode(claim).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.hmac_of(&claim).verify_slice(&signature).ok()?;
        let (expires_at, rest) = claim.split_first_chunk()?;
        let (id, name) = rest.split_first_chunk()?;
        let name = String::from_utf8_lossy(name).into_owned();
        let (expires_at, id) = (u64::from_be_bytes(*expires_at), u64::from_be_bytes(*id));
        Some(Claim { expires_at, id, name })
    }

    fn hmac_of(&self, claim: &[u8]) -> Hmac<Sha256> {
        let mut hmac = Hmac::<Sha256>::new(&self.key.into());
        hmac.update(claim);
        hmac
    }
}

struct Claim {
    /// In seconds since 1970.
    expires_at: u64,
    id: u64,
    name: String,
}

/// A key that nobody else knows.
pub(crate) fn random_key() -> Result<Key, getrandom::Error> {
    let mut key = [0; 64];
    getrandom::fill(&mut key)?;
    Ok(key)
}

/// The name without the spaces around it, or what is wrong with it.
fn check_name(name: &str) -> Result<&str, &'static str> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err("say who you are"),
        1..=MAX_NAME_LEN if name.chars().any(char::is_control) => Err("a name is one line"),
        1..=MAX_NAME_LEN => Ok(name),
        _ => Err("a name has at most 32 characters"),
    }
}

/// The time since 1970.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKENS: Tokens = Tokens::new([7; 64]);

    #[test]
    fn a_token_verifies_to_its_name() {
        for name in ["Ann", "Søren Ω", &"x".repeat(32)] {
            assert_eq!(person(&TOKENS.issue(name, None).unwrap()).name, name);
        }
        assert_eq!(person(&TOKENS.issue("  Ann \n", None).unwrap()).name, "Ann");
    }

    #[test]
    fn names_are_short_and_one_line() {
        for name in ["", "  ", "two\nlines", "null\0", &"x".repeat(33)] {
            assert!(TOKENS.issue(name, None).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_token_with_any_character_changed_is_refused() {
        let token = TOKENS.issue("Ann", None).unwrap();
        for at in 0..token.len() {
            let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
            let mut forged = token.clone();
            forged.replace_range(at..=at, other);
            assert_eq!(TOKENS.verify(&forged), None, "{forged}");
        }
        assert_eq!(Tokens::new([8; 64]).verify(&token), None);
    }

    #[test]
    fn expired_tokens_are_refused() {
        assert_eq!(TOKENS.verify(&expired()), None);
    }

    #[test]
    fn a_new_token_keeps_the_id_of_an_earlier_one() {
        let issue = |earlier: Option<&str>| TOKENS.issue("Ann", earlier).unwrap();
        let (first, namesake) = (issue(None), issue(None));
        assert_ne!(person(&first).id, person(&namesake).id);
        assert_eq!(person(&issue(Some(&first))), person(&first));
        assert_eq!(person(&issue(Some(&expired()))).id, "0101010101010101");
        let foreign = Tokens::new([8; 64]).issue("Ann", Some(&first)).unwrap();
        assert_ne!(person(&issue(Some(&foreign))).id, person(&first).id);
    }

    fn person(token: &str) -> Person {
        TOKENS.verify(token).expect("the token is good")
    }

    fn expired() -> String {
        TOKENS.sign(&[&(now().as_secs() - 1).to_be_bytes()[..], &[1; 8], b"Ann"].concat())
    }
}
