//! §5: frames, and what becomes of bad ones (`F` rows of the catalogue).

mod support;

use support::{close, ping, server, text};

#[test]
fn hello_as_in_section_5_7() {
    server().receive(support::hex("81 85 37 fa 21 3d 7f 9f 4d 51 58")).expect(["text \"Hello\""]);
}

#[test]
fn f29_valid_frame_before_an_invalid_one() {
    server()
        .echoes()
        .receive(text("a"))
        .receive(support::hex("83 80 00 00 00 00"))
        .receive(text("b"))
        .eof()
        .expect([
            "text \"a\"",
            "sends text \"a\"",
            "failed ReservedOpcode",
            "sends close 1002 \"\"",
            "ended Failed(ReservedOpcode)",
        ]);
}

#[test]
fn f23_ping_after_their_close() {
    server().receive(close(1000, "bye")).receive(ping("late")).eof().expect([
        "close 1000 \"bye\"",
        "sends close 1000 \"\"",
        "ended Clean",
    ]);
}
