//! The streams of zlib-rs, as Miri can run them too.

use core::ffi::c_ulong;

use crate::deflate::zlib::{Deflate, Deflated, Flush, Inflate, Inflated, Status};
use crate::handshake::WindowBits;

const MESSAGE: &[u8] = b"Hello, hello, hello, and hello again";

fn deflated() -> Vec<u8> {
    let mut deflate = Deflate::new(6, WindowBits::new(9).unwrap(), 1).unwrap();
    let mut output = [0; 100];
    deflate.reset();
    let Deflated { consumed, produced } = deflate.deflate(MESSAGE, &mut output, Flush::Full);
    assert_eq!(consumed, MESSAGE.len());
    output[..produced].to_vec()
}

#[test]
fn what_is_deflated_is_inflated_on_another_thread() {
    let input = deflated();
    let inflate = Inflate::new().unwrap();
    let inflating = std::thread::spawn(move || {
        let (mut inflate, mut output) = (inflate, [0; 100]);
        let Inflated { consumed, produced, status } = inflate.inflate(&input, &mut output);
        assert_eq!((consumed, status), (input.len(), Status::Ok));
        output[..produced].to_vec()
    });
    assert_eq!(inflating.join().unwrap(), MESSAGE);
}

/// zlib counts in numbers of 32 bits on many targets, and zlib-rs adds to them with `+=`.
#[test]
fn counters_of_zlib_never_overflow() {
    let mut deflate = Deflate::new(6, WindowBits::MAX, 8).unwrap();
    let mut inflate = Inflate::new().unwrap();
    for stream in [deflate.stream(), inflate.stream()] {
        (stream.total_in, stream.total_out) = (c_ulong::MAX - 1, c_ulong::MAX - 1);
    }
    let (mut payload, mut message) = ([0; 100], [0; 100]);
    let Deflated { produced, .. } = deflate.deflate(MESSAGE, &mut payload, Flush::Sync);
    let Inflated { produced, .. } = inflate.inflate(&payload[..produced], &mut message);
    assert_eq!(&message[..produced], MESSAGE);
}

#[test]
fn pieces_and_resets() {
    let input = deflated();
    let mut inflate = Inflate::new().unwrap();
    for _ in 0..2 {
        inflate.reset();
        inflate.set_dictionary(b"hello");
        let (mut message, mut at) = (Vec::<u8>::new(), 0);
        while at < input.len() || message.len() < MESSAGE.len() {
            let mut output = [0; 3];
            let piece = &input[at..input.len().min(at + 2)];
            let Inflated { consumed, produced, status } = inflate.inflate(piece, &mut output);
            assert_ne!(status, Status::Corrupt);
            message.extend(&output[..produced]);
            at += consumed;
        }
        assert_eq!(message, MESSAGE);
    }
    assert_eq!(inflate.inflate(&[0xFF; 10], &mut [0; 10]).status, Status::Corrupt);
}
