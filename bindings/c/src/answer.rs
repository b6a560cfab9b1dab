//! What a server adds to its answer to a request: `wsp_answer`.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use std::mem;

use websocket_proto::handshake::{Acceptance, AnswerError, Rejection};

use crate::bytes::Bytes;
use crate::code::Code;
use crate::handle::{Exhausted, Handle, change, make_handle};

/// The parts of an answer that accepts or of one that rejects.
#[derive(Default)]
pub(crate) struct Answer {
    acceptance: Acceptance,
    headers: Vec<(Box<str>, Box<str>)>,
    body: Body,
}

impl Exhausted for Answer {}

#[derive(Default)]
enum Body {
    #[default]
    Missing,
    Text(Box<str>),
    Bytes(Box<[u8]>),
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_answer_new() -> Option<Box<Handle<Answer>>> {
    make_handle(|| Ok(Answer::default())).ok()
}

#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn wsp_answer_free(answer: *mut Handle<Answer>) {
    // SAFETY: the header asks for an answer of `wsp_answer_new` that is not used any more.
    unsafe { Handle::free(answer) }
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_answer_subprotocol(
    answer: Option<&Handle<Answer>>,
    name: Bytes<'_>,
) -> i32 {
    change(answer, |answer| Ok(answer.acceptance.set_subprotocol(name.text()?)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_answer_header(
    answer: Option<&Handle<Answer>>,
    name: Bytes<'_>,
    value: Bytes<'_>,
) -> i32 {
    change(answer, |answer| {
        let (name, value) = (name.text()?, value.text()?);
        answer.acceptance.add_header(name, value)?;
        answer.headers.push((name.into(), value.into()));
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_answer_without_extensions(answer: Option<&Handle<Answer>>) -> i32 {
    change(answer, |answer| {
        answer.acceptance = mem::take(&mut answer.acceptance).without_extensions();
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_answer_text(answer: Option<&Handle<Answer>>, text: Bytes<'_>) -> i32 {
    change(answer, |answer| {
        answer.body = Body::Text(text.text()?.into());
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_answer_body(answer: Option<&Handle<Answer>>, body: Bytes<'_>) -> i32 {
    change(answer, |answer| {
        answer.body = Body::Bytes(body.get()?.into());
        Ok(())
    })
}

impl Answer {
    pub(crate) const fn acceptance(&self) -> &Acceptance {
        &self.acceptance
    }

    /// The answer that opens no WebSocket, with this status.
    pub(crate) fn rejection(&self, status: u16) -> Result<Rejection, AnswerError> {
        let mut rejection = match status {
            200 => Rejection::ok(),
            _ => Rejection::new(status)?,
        };
        for (name, value) in &self.headers {
            rejection.add_header(name, value)?;
        }
        Ok(match &self.body {
            Body::Missing => rejection,
            Body::Text(text) => rejection.text(text),
            Body::Bytes(body) => rejection.bytes(&**body),
        })
    }
}

/// The answer that a call was given, or a plain one, in `job`.
pub(crate) fn with<R>(
    answer: Option<&Handle<Answer>>,
    job: impl FnOnce(&Answer) -> Result<R, Code>,
) -> Result<R, Code> {
    match answer {
        Some(answer) => answer.hold(|answer| job(answer))?,
        None => job(&Answer::default()),
    }
}
