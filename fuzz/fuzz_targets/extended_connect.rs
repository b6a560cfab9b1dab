#![no_main]

use websocket_proto_fuzz::extended_connect::Input;

libfuzzer_sys::fuzz_target!(|input: Input<'_>| input.check());
