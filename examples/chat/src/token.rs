//! Who somebody is: a name and an ID, signed for a minute.

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
/// is the second since 1970 at which it ends and the ID of whom it is issued to, eight bytes each, and the
/// name.
pub(crate) struct Tokens {
    key: Key,
}

/// Somebody, as a token has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// Anybody may take the same one.
    pub(crate) name: String,
    /// Whoever else takes the name has another.
    pub(crate) id: String,
}

/// As long as a block of SHA-256.
pub(crate) type Key = [u8; 64];

impl Tokens {
    pub(crate) const fn new(key: Key) -> Self {
        Self { key }
    }

    /// A token for the name, or what is wrong with the name. Whoever has an earlier token, however
    /// old, keeps its ID.
    pub(crate) fn issue(&self, name: &str, earlier: Option<&str>) -> Result<String, &'static str> {
        let name = checked(name)?;
        let earlier = earlier.and_then(|token| self.open(token));
        let id = earlier.map_or_else(getrandom::u64, |claim| Ok(claim.id));
        let id = id.map_err(|_| "no random bytes for an ID")?;
        let end = (now() + LIFETIME).as_secs();
        Ok(self.sign(&[&end.to_be_bytes(), &id.to_be_bytes(), name.as_bytes()].concat()))
    }

    fn sign(&self, claim: &[u8]) -> String {
        let signature = self.signing(claim).finalize().into_bytes();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(claim), URL_SAFE_NO_PAD.encode(signature))
    }

    /// Whom it was issued to, if the token is one of ours and still good.
    pub(crate) fn person(&self, token: &str) -> Option<Person> {
        let Claim { end, id, name } = self.open(token)?;
        let is_good = now() < Duration::from_secs(end);
        is_good.then(|| Person { name, id: format!("{id:016x}") })
    }

    /// What it says, if it is one of ours.
    fn open(&self, token: &str) -> Option<Claim> {
        let (claim, signature) = token.split_once('.')?;
        let claim = URL_SAFE_NO_PAD.decode(claim).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.signing(&claim).verify_slice(&signature).ok()?;
        let (end, rest) = claim.split_first_chunk()?;
        let (id, name) = rest.split_first_chunk()?;
        let name = String::from_utf8_lossy(name).into_owned();
        Some(Claim { end: u64::from_be_bytes(*end), id: u64::from_be_bytes(*id), name })
    }

    fn signing(&self, claim: &[u8]) -> Hmac<Sha256> {
        let mut signing = Hmac::<Sha256>::new(&self.key.into());
        signing.update(claim);
        signing
    }
}

struct Claim {
    end: u64,
    id: u64,
    name: String,
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
    fn every_changed_character_spoils_a_token() {
        let token = TOKENS.issue("Ann", None).unwrap();
        for at in 0..token.len() {
            let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
            let mut forged = token.clone();
            forged.replace_range(at..=at, other);
            assert_eq!(TOKENS.person(&forged), None, "{forged}");
        }
        assert_eq!(Tokens::new([8; 64]).person(&token), None);
    }

    #[test]
    fn old_tokens_are_not_good() {
        assert_eq!(TOKENS.person(&old()), None);
    }

    #[test]
    fn an_id_is_kept_by_whoever_has_it() {
        let issue = |earlier: Option<&str>| TOKENS.issue("Ann", earlier).unwrap();
        let (first, namesake) = (issue(None), issue(None));
        assert_ne!(person(&first).id, person(&namesake).id);
        assert_eq!(person(&issue(Some(&first))), person(&first));
        assert_eq!(person(&issue(Some(&old()))).id, "0101010101010101");
        let foreign = Tokens::new([8; 64]).issue("Ann", Some(&first)).unwrap();
        assert_ne!(person(&issue(Some(&foreign))).id, person(&first).id);
    }

    fn person(token: &str) -> Person {
        TOKENS.person(token).expect("it is good")
    }

    fn old() -> String {
        TOKENS.sign(&[&(now().as_secs() - 1).to_be_bytes()[..], &[1; 8], b"Ann"].concat())
    }
}
