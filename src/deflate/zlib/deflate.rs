//! A stream that is deflated.

#![allow(unsafe_code, reason = "the functions of zlib take pointers")]

use libz_rs_sys as zlib;

use super::stream::{Step, Stream};
use crate::handshake::WindowBits;
use crate::memory::NoMemory;

/// The state of deflating, all of it allocated when it is made.
pub(crate) struct Deflate(Stream);

/// What comes after the input: an empty block, with which all of the input can be inflated.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flush {
    /// Later blocks may refer to earlier ones.
    Sync,
    /// Later blocks refer to nothing before.
    Full,
}

/// What one call did.
pub(crate) struct Deflated {
    pub(crate) consumed: usize,
    pub(crate) produced: usize,
}

impl Deflate {
    /// The level is from 0 to 9, the memory level from 1 to 9. A window of 8 bits counts as 9.
    pub(crate) fn new(level: u8, window: WindowBits, memory_level: u8) -> Result<Self, NoMemory> {
        let mut stream = Stream::new();
        // Negative: without zlib's header.
        let window_bits = -i32::from(window.bits().max(9));
        // SAFETY: the stream has an allocator, and the version is zlib-rs's own.
        let code = unsafe {
            zlib::deflateInit2_(
                stream.raw(),
                level.into(),
                zlib::Z_DEFLATED,
                window_bits,
                memory_level.into(),
                zlib::Z_DEFAULT_STRATEGY,
                zlib::zlibVersion(),
                Stream::SIZE,
            )
        };
        // The version, the size and the settings are right.
        if code == zlib::Z_OK { Ok(Self(stream)) } else { Err(NoMemory) }
    }

    /// Begins another stream.
    pub(crate) fn reset(&mut self) {
        // SAFETY: the stream is initialised.
        let code = unsafe { zlib::deflateReset(self.0.raw()) };
        debug_assert_eq!(code, zlib::Z_OK, "every stream can be reset");
    }

    /// Deflates as much as there are input and room for output.
    pub(crate) fn deflate(&mut self, input: &[u8], output: &mut [u8], flush: Flush) -> Deflated {
        let flush = match flush {
            Flush::Sync => zlib::Z_SYNC_FLUSH,
            Flush::Full => zlib::Z_FULL_FLUSH,
        };
        let Step { consumed, produced, code } = self.0.call(input, output, |stream| {
            // SAFETY: the stream is initialised, and has the input and the output.
            unsafe { zlib::deflate(stream, flush) }
        });
        debug_assert!(matches!(code, zlib::Z_OK | zlib::Z_BUF_ERROR), "there is always a way on");
        Deflated { consumed, produced }
    }
}

#[cfg(test)]
impl Deflate {
    /// The stream as zlib has it.
    pub(crate) fn stream(&mut self) -> &mut zlib::z_stream {
        self.0.raw()
    }
}

impl Drop for Deflate {
    fn drop(&mut self) {
        // SAFETY: the stream is initialised, and not used again.
        unsafe { zlib::deflateEnd(self.0.raw()) };
    }
}
