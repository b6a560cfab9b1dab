#![no_main]

use websocket_proto_fuzz::url_and_headers::Input;

libfuzzer_sys::fuzz_target!(|input: Input<'_>| input.check());
