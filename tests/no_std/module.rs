//! What the module for WebAssembly exports: the conversation, and a server that sends back what it
//! receives, for a program in another language that has the sockets.

use alloc::boxed::Box;
use core::panic::PanicInfo;

use websocket_proto::handshake::Acceptance;
use websocket_proto::{
    Config, Connection, Deflate, Event, Incoming, Outgoing, Progress, Time, Transport,
};

use crate::converse;

/// Whether the conversation is as it has to be.
#[unsafe(no_mangle)]
extern "C" fn conversation_is_right(compressed: bool) -> bool {
    converse(compressed).is_ok()
}

pub struct Server {
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
}

/// A server for one connection. Nothing is ever given back.
#[unsafe(no_mangle)]
extern "C" fn open() -> &'static mut Server {
    let mut config = Config::default();
    config.deflate = Some(Deflate::default());
    let connection = Connection::server(config, Time::ZERO);
    let incoming = Incoming::with_window(SPACE);
    Box::leak(Box::new(Server { connection, incoming, outgoing: Outgoing::new() }))
}

const SPACE: usize = 4 << 10;

/// Where bytes that arrive are put; `space_len` tells for how many there is room.
#[unsafe(no_mangle)]
extern "C" fn space(server: &mut Server) -> *mut u8 {
    server.incoming.space().as_mut_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn space_len(server: &mut Server) -> usize {
    server.incoming.space().len()
}

/// Takes what was put there, and answers.
#[unsafe(no_mangle)]
extern "C" fn receive(server: &mut Server, len: usize) {
    let Server { connection, incoming, outgoing } = server;
    incoming.commit(len);
    loop {
        match connection.receive(Time::ZERO, incoming, outgoing) {
            Ok(Progress::Event) => {}
            Ok(Progress::NeedBytes | Progress::Ended) => return,
            // The Close frame that says so is queued.
            Err(_) => continue,
        }
        // What cannot be sent is lost: only after an end, as nothing else is queued.
        let _ = match incoming.event() {
            Some(Event::Request(_)) => {
                let _ = connection.accept(Time::ZERO, &Acceptance::new(), outgoing);
                Ok(())
            }
            Some(Event::Text(text)) => connection.send_text(text, outgoing),
            Some(Event::Binary(data)) => connection.send_binary(data, outgoing),
            _ => Ok(()),
        };
    }
}

/// What is to be written; `output_len` tells how many bytes. There may be more after it was `written`.
#[unsafe(no_mangle)]
extern "C" fn output(server: &Server) -> *const u8 {
    server.outgoing.first_piece().as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn output_len(server: &Server) -> usize {
    server.outgoing.first_piece().len()
}

#[unsafe(no_mangle)]
extern "C" fn written(server: &mut Server, len: usize) {
    server.outgoing.advance(len);
}

/// Whether nothing more will be written.
#[unsafe(no_mangle)]
extern "C" fn has_ended(server: &Server) -> bool {
    server.connection.transport() != Transport::Keep
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
