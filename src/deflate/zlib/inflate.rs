//! A stream that is inflated.

#![allow(unsafe_code, reason = "the functions of zlib take pointers")]

use core::ffi::c_int;

use libz_rs_sys as zlib;

use super::stream::{Step, Stream};
use crate::handshake::WindowBits;
use crate::memory::NoMemory;

/// The state of inflating: about 48 KiB, all of them allocated when it is made.
pub(crate) struct Inflate(Stream);

/// How far a call came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Status {
    /// There may be more.
    Ok,
    /// There was nothing to do: no input, or no room for output.
    Stuck,
    /// A final block ended the stream.
    StreamEnd,
    /// The input is no stream.
    Corrupt,
}

/// What one call did.
pub(crate) struct Inflated {
    pub(crate) consumed: usize,
    pub(crate) produced: usize,
    pub(crate) status: Status,
}

impl Inflate {
    /// Always a window of 15 bits: zlib-rs has no smaller ones, and with this one the verdict on
    /// references that reach too far back (D14) does not depend on cuts. Negative: without zlib's
    /// header.
    const WINDOW_BITS: c_int = -(WindowBits::MAX.bits() as c_int);

    pub(crate) fn new() -> Result<Self, NoMemory> {
        let mut stream = Stream::new();
        // SAFETY: the stream has an allocator, and the version is zlib-rs's own.
        let code = unsafe {
            zlib::inflateInit2_(stream.raw(), Self::WINDOW_BITS, zlib::zlibVersion(), Stream::SIZE)
        };
        // The version, the size and the window are right.
        if code == zlib::Z_OK { Ok(Self(stream)) } else { Err(NoMemory) }
    }

    /// Begins another stream, whatever was before.
    pub(crate) fn reset(&mut self) {
        // SAFETY: the stream is initialised.
        let code = unsafe { zlib::inflateReset2(self.0.raw(), Self::WINDOW_BITS) };
        debug_assert_eq!(code, zlib::Z_OK, "every stream can be reset");
    }

    /// Adds to what the stream may refer to, at most 32 KiB.
    pub(crate) fn set_dictionary(&mut self, dictionary: &[u8]) {
        // SAFETY: the stream is initialised, and the dictionary lives during the call.
        let code = unsafe {
            let len = dictionary.len().min(WindowBits::MAX.window()) as _;
            zlib::inflateSetDictionary(self.0.raw(), dictionary.as_ptr(), len)
        };
        debug_assert_eq!(code, zlib::Z_OK, "without a header, there may be one at any time");
    }

    /// Inflates as much as there are input and room for output.
    pub(crate) fn inflate(&mut self, input: &[u8], output: &mut [u8]) -> Inflated {
        self.call(input, output, zlib::Z_NO_FLUSH)
    }

    /// The same, but stops at the end of each block.
    pub(crate) fn inflate_block(&mut self, input: &[u8], output: &mut [u8]) -> Inflated {
        self.call(input, output, zlib::Z_BLOCK)
    }

    fn call(&mut self, input: &[u8], output: &mut [u8], flush: c_int) -> Inflated {
        let Step { consumed, produced, code } = self.0.call(input, output, |stream| {
            // SAFETY: the stream is initialised, and has the input and the output.
            unsafe { zlib::inflate(stream, flush) }
        });
        let status = match code {
            zlib::Z_OK => Status::Ok,
            zlib::Z_BUF_ERROR => Status::Stuck,
            zlib::Z_STREAM_END => Status::StreamEnd,
            _ => Status::Corrupt,
        };
        Inflated { consumed, produced, status }
    }
}

#[cfg(test)]
impl Inflate {
    /// The stream as zlib has it.
    pub(crate) fn stream(&mut self) -> &mut zlib::z_stream {
        self.0.raw()
    }
}

impl Drop for Inflate {
    fn drop(&mut self) {
        // SAFETY: the stream is initialised, and not used again.
        unsafe { zlib::inflateEnd(self.0.raw()) };
    }
}
