//! SOCKS5 (RFC 1928), with a user name and a password if there are any (RFC 1929).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::super::uri::Uri;
use super::error::{ProxyError, SocksReply};
use super::url::{Credentials, Proxy};

const VERSION: u8 = 5;
/// The version of the exchange of user name and password (RFC 1929 §2).
const LOGIN_VERSION: u8 = 1;

/// Methods to authenticate (RFC 1928 §3).
const NO_LOGIN: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NO_ACCEPTABLE: u8 = 0xff;

/// The command to connect (RFC 1928 §4).
const CONNECT: u8 = 1;

/// Types of addresses (RFC 1928 §5).
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Waits for the answers of a SOCKS5 proxy.
pub(super) struct Socks5 {
    credentials: Option<Credentials>,
    /// The request to connect, for after the login.
    request: Box<[u8]>,
    expected: Expected,
    /// The answer so far.
    answer: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// Which method the proxy chose.
    Method,
    /// Whether the user name and the password are right.
    Login,
    /// Whether the proxy has connected, and from which address.
    Reply,
}

impl Socks5 {
    /// Writes the greeting.
    pub(super) fn new(proxy: &Proxy, uri: &Uri, output: &mut Vec<u8>) -> Result<Self, ProxyError> {
        let credentials = proxy.credentials.clone();
        let request = encode_request(uri)?.into();
        output.extend_from_slice(match credentials {
            Some(_) => &[VERSION, 2, NO_LOGIN, USER_AND_PASSWORD],
            None => &[VERSION, 1, NO_LOGIN],
        });
        Ok(Self { credentials, request, expected: Expected::Method, answer: Vec::new() })
    }

    /// Returns how many bytes of the input belong to the answers, once the tunnel is open.
    pub(super) fn read(
        &mut self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Option<usize>, ProxyError> {
        for (at, byte) in input.iter().enumerate() {
            self.answer.push(*byte);
            let next = self.next(output)?;
            if next == Some(Next::Open) {
                return Ok(Some(at + 1));
            }
            if let Some(Next::Answer(expected)) = next {
                self.expected = expected;
                self.answer.clear();
            }
        }
        Ok(None)
    }

    /// What follows the answer; `None` if it is not complete.
    fn next(&self, output: &mut Vec<u8>) -> Result<Option<Next>, ProxyError> {
        match self.expected {
            Expected::Method => self.check_method(output),
            Expected::Login => self.check_login(output),
            Expected::Reply => check_reply(&self.answer),
        }
    }

    /// RFC 1928 §3.
    fn check_method(&self, output: &mut Vec<u8>) -> Result<Option<Next>, ProxyError> {
        match (self.answer.as_slice(), &self.credentials) {
            ([VERSION], _) => Ok(None),
            ([VERSION, NO_LOGIN], _) => Ok(Some(self.ask(output))),
            ([VERSION, USER_AND_PASSWORD], Some(credentials)) => {
                encode_login(credentials, output);
                Ok(Some(Next::Answer(Expected::Login)))
            }
            ([VERSION, NO_ACCEPTABLE], _) => Err(ProxyError::NoAcceptableMethod),
            _ => Err(ProxyError::BadSocks),
        }
    }

    /// RFC 1929 §2. Some proxies answer with another version than 1, which means nothing.
    fn check_login(&self, output: &mut Vec<u8>) -> Result<Option<Next>, ProxyError> {
        match self.answer.as_slice() {
            [_, 0] => Ok(Some(self.ask(output))),
            [_, _, ..] => Err(ProxyError::WrongCredentials),
            _ => Ok(None),
        }
    }

    /// Writes the request to connect.
    fn ask(&self, output: &mut Vec<u8>) -> Next {
        output.extend_from_slice(&self.request);
        Next::Answer(Expected::Reply)
    }
}

/// What follows an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Another answer.
    Answer(Expected),
    /// The bytes of the server.
    Open,
}

/// RFC 1928 §6: the reply ends with the address that the proxy connected from, which is of no use.
fn check_reply(answer: &[u8]) -> Result<Option<Next>, ProxyError> {
    let address_len = match answer {
        [VERSION] | [VERSION, 0] | [VERSION, 0, _] | [VERSION, 0, _, NAME] => return Ok(None),
        // Proxies may close the stream right after the code, so nothing more is waited for.
        [VERSION, code, ..] if *code != 0 => return Err(ProxyError::Socks(SocksReply::new(*code))),
        [VERSION, _, _, IPV4, ..] => 4,
        [VERSION, _, _, IPV6, ..] => 16,
        [VERSION, _, _, NAME, len, ..] => 1 + usize::from(*len),
        _ => return Err(ProxyError::BadSocks),
    };
    Ok((answer.len() == 4 + address_len + 2).then_some(Next::Open))
}

/// RFC 1928 §4: the request to connect to the host and the port. The proxy gets a name as it is.
fn encode_request(uri: &Uri) -> Result<Vec<u8>, ProxyError> {
    let mut request = [VERSION, CONNECT, 0].to_vec();
    match uri.host().parse() {
        Ok(IpAddr::V4(ip)) => {
            request.push(IPV4);
            request.extend_from_slice(&ip.octets());
        }
        Ok(IpAddr::V6(ip)) => {
            request.push(IPV6);
            request.extend_from_slice(&ip.octets());
        }
        Err(_) => {
            let len = u8::try_from(uri.host().len()).map_err(|_| ProxyError::HostTooLong)?;
            request.extend_from_slice(&[NAME, len]);
            request.extend_from_slice(uri.host().as_bytes());
        }
    }
    request.extend_from_slice(&uri.port().to_be_bytes());
    Ok(request)
}

/// RFC 1929 §2. [`Proxy`] has checked the lengths.
fn encode_login(credentials: &Credentials, output: &mut Vec<u8>) {
    output.push(LOGIN_VERSION);
    for text in [&credentials.user, &credentials.password] {
        output.push(text.len() as u8);
        output.extend_from_slice(text.as_bytes());
    }
}
