#![no_main]

use websocket_proto_fuzz::mask_utf8::Input;

libfuzzer_sys::fuzz_target!(|input: Input<'_>| input.check());
