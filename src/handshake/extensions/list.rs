//! The grammar of `Sec-WebSocket-Extensions` (§9.1), parsed by iterators that allocate nothing.
//! Every byte is read once, except for those of parameters, which are read twice: once to find the
//! end of the element, and once more when the parameters are iterated over.
//!
//! Some values keep the grammar, and yet no extension accepts them: a value that is missing after
//! its `=`, a value with spaces beside the `=` (RFC 2616 §2.1 allows them, RFC 9110 §5.6.6 does
//! not), and a value that would not be a token without its quotes.

use super::super::grammar::is_tchar;
use crate::ProtocolError;

/// One element of a list: an extension with its parameters.
#[derive(Clone, Copy)]
pub(in crate::handshake) struct Extension<'b> {
    pub(in crate::handshake) name: &'b [u8],
    parameters: &'b [u8],
}

impl<'b> Extension<'b> {
    /// The parameters, in order.
    pub(in crate::handshake) fn parameters(&self) -> impl Iterator<Item = Parameter<'b>> + use<'b> {
        // There are no errors here: they were found along with the end of the element.
        Parameters { rest: self.parameters }.map_while(Result::ok)
    }
}

/// A parameter of an extension: `name` or `name=value`.
#[derive(Clone, Copy, Debug)]
pub(in crate::handshake) struct Parameter<'b> {
    pub(in crate::handshake) name: &'b [u8],
    pub(in crate::handshake) value: Option<Value<'b>>,
}

/// The value of a parameter, without its quotes. Values that no extension accepts are empty here.
#[derive(Clone, Copy, Debug)]
pub(in crate::handshake) struct Value<'b>(&'b [u8]);

impl Value<'_> {
    /// The bytes of the value, unescaped: a backslash and a byte stand for that byte
    /// (RFC 9110 §5.6.4).
    pub(in crate::handshake) fn bytes(&self) -> impl Iterator<Item = u8> {
        let mut bytes = self.0.iter().copied();
        // A token contains no backslashes, so only quoted values change.
        core::iter::from_fn(move || match bytes.next() {
            Some(b'\\') => bytes.next(),
            byte => byte,
        })
    }
}

/// An iterator over the elements in the value of one header, without the empty ones. If the value
/// breaks the grammar, the last item is an error.
#[derive(Clone)]
pub(in crate::handshake) struct Extensions<'b> {
    rest: &'b [u8],
}

impl<'b> Extensions<'b> {
    pub(in crate::handshake) const fn new(value: &'b [u8]) -> Self {
        Self { rest: value }
    }

    fn take(&mut self) -> Result<Extension<'b>, ProtocolError> {
        let name = take_token(&mut self.rest)?;
        let mut parameters = Parameters { rest: self.rest };
        parameters.by_ref().try_for_each(|parameter| parameter.map(drop))?;
        let length = self.rest.len() - parameters.rest.len();
        let (parameters, rest) = self.rest.split_at(length);
        self.rest = rest;
        Ok(Extension { name, parameters })
    }
}

impl<'b> Iterator for Extensions<'b> {
    type Item = Result<Extension<'b>, ProtocolError>;

    fn next(&mut self) -> Option<Self::Item> {
        take_while(&mut self.rest, |byte| matches!(byte, b' ' | b'\t' | b','));
        self.rest.first()?;
        let extension = self.take();
        if extension.is_err() {
            self.rest = &[];
        }
        Some(extension)
    }
}

/// An iterator over the parameters before the comma that ends the element, or before the end of the
/// value.
struct Parameters<'b> {
    rest: &'b [u8],
}

impl<'b> Parameters<'b> {
    fn take(&mut self) -> Result<Parameter<'b>, ProtocolError> {
        skip_spaces(&mut self.rest);
        let name = take_token(&mut self.rest)?;
        let mut spaces = skip_spaces(&mut self.rest);
        if !take_byte(&mut self.rest, b'=') {
            return Ok(Parameter { name, value: None });
        }
        spaces |= skip_spaces(&mut self.rest);
        let value = self.take_value()?;
        Ok(Parameter { name, value: Some(Value(if spaces { &[] } else { value })) })
    }

    fn take_value(&mut self) -> Result<&'b [u8], ProtocolError> {
        if take_byte(&mut self.rest, b'"') {
            take_quoted(&mut self.rest)
        } else {
            Ok(take_while(&mut self.rest, is_tchar))
        }
    }
}

impl<'b> Iterator for Parameters<'b> {
    type Item = Result<Parameter<'b>, ProtocolError>;

    fn next(&mut self) -> Option<Self::Item> {
        skip_spaces(&mut self.rest);
        match self.rest.first()? {
            b',' => None,
            _ if take_byte(&mut self.rest, b';') => Some(self.take()),
            _ => Some(Err(ProtocolError::BadExtensions)),
        }
    }
}

/// Takes the text up to the closing quote, and the quote itself, which is not returned.
fn take_quoted<'b>(rest: &mut &'b [u8]) -> Result<&'b [u8], ProtocolError> {
    let mut escaped = false;
    let text = take_while(rest, |byte| {
        let is_text = escaped || byte != b'"';
        escaped = byte == b'\\' && !escaped;
        is_text
    });
    if take_byte(rest, b'"') { Ok(text) } else { Err(ProtocolError::BadExtensions) }
}

/// Takes a token, which must not be empty.
fn take_token<'b>(rest: &mut &'b [u8]) -> Result<&'b [u8], ProtocolError> {
    let token = take_while(rest, is_tchar);
    if token.is_empty() { Err(ProtocolError::BadExtensions) } else { Ok(token) }
}

/// Skips spaces and tabs. Returns whether there were any.
fn skip_spaces(rest: &mut &[u8]) -> bool {
    !take_while(rest, |byte| matches!(byte, b' ' | b'\t')).is_empty()
}

/// Takes the byte if it comes next. Returns whether it did.
fn take_byte(rest: &mut &[u8], byte: u8) -> bool {
    rest.strip_prefix(&[byte]).is_some_and(|after| {
        *rest = after;
        true
    })
}

/// Takes all bytes before the first one that does not belong.
fn take_while<'b>(rest: &mut &'b [u8], mut belongs: impl FnMut(u8) -> bool) -> &'b [u8] {
    let end = rest.iter().position(|byte| !belongs(*byte)).unwrap_or(rest.len());
    let (taken, after) = rest.split_at(end);
    *rest = after;
    taken
}
