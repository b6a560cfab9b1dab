#![no_main]

use websocket_proto_fuzz::io::Input;

libfuzzer_sys::fuzz_target!(|input: Input<'_>| input.check());
