//! A message that is encoded once: `wsp_prepared`.

#![expect(unsafe_code, reason = "functions are exported under their C names")]

use std::mem::MaybeUninit;

use websocket_proto::Prepared;

use crate::bytes::Bytes;
use crate::code::{Code, Failure};
use crate::handle::{guard, make};

type Out<'a> = Option<&'a mut MaybeUninit<Option<Box<Prepared>>>>;

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_prepared_text(text: Bytes<'_>, out: Out<'_>) -> i32 {
    prepare(out, || Ok(Prepared::try_text(text.text()?)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_prepared_binary(data: Bytes<'_>, out: Out<'_>) -> i32 {
    prepare(out, || Ok(Prepared::try_binary(data.get()?)?))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn wsp_prepared_free(prepared: Option<Box<Prepared>>) {
    guard((), || drop(prepared));
}

fn prepare(out: Out<'_>, encode: impl FnOnce() -> Result<Prepared, Code>) -> i32 {
    let Some(out) = out else { return Failure::Null.number() };
    out.write(None);
    match make(|| encode().map(Box::new)) {
        Ok(prepared) => {
            out.write(Some(prepared));
            0
        }
        Err(failure) => failure.number(),
    }
}
