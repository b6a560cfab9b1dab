//! The fuzz targets and what they share. Each target is a module with an `Input` that is made from
//! the fuzzer's bytes and checks itself. README.md says what each of them checks.

mod cuts;
mod link;
mod observed;
mod parameters;
mod player;
mod side;
mod ways;
mod wire;

pub mod api;
pub mod client_handshake;
pub mod deflate_compared;
pub mod deflate_stream;
pub mod extended_connect;
pub mod extensions;
pub mod foreign_memory;
pub mod frames;
pub mod frames_compared;
pub mod io;
pub mod mask_utf8;
pub mod proxies;
pub mod server_handshake;
pub mod url_and_headers;

use arbitrary::{Arbitrary, Unstructured};

/// A target: its name, and the function that runs it on the fuzzer's bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 14] = [
    ("server_handshake", |bytes| with(bytes, server_handshake::Input::check)),
    ("client_handshake", |bytes| with(bytes, client_handshake::Input::check)),
    ("extensions", |bytes| with(bytes, extensions::Input::check)),
    ("frames", |bytes| with(bytes, frames::Input::check)),
    ("deflate_stream", |bytes| with(bytes, deflate_stream::Input::check)),
    ("api", |bytes| with(bytes, api::Input::check)),
    ("url_and_headers", |bytes| with(bytes, url_and_headers::Input::check)),
    ("proxies", |bytes| with(bytes, proxies::Input::check)),
    ("extended_connect", |bytes| with(bytes, extended_connect::Input::check)),
    ("foreign_memory", |bytes| with(bytes, foreign_memory::Input::check)),
    ("frames_compared", |bytes| with(bytes, frames_compared::Input::check)),
    ("deflate_compared", |bytes| with(bytes, deflate_compared::Input::check)),
    ("io", |bytes| with(bytes, io::Input::check)),
    ("mask_utf8", |bytes| with(bytes, mask_utf8::Input::check)),
];

/// Checks the input that libFuzzer would make from these bytes, if it would make one.
fn with<'b, I: Arbitrary<'b>>(bytes: &'b [u8], check: impl FnOnce(I)) {
    if let Ok(input) = I::arbitrary_take_rest(Unstructured::new(bytes)) {
        check(input);
    }
}
