//! Two connections talk through memory: no socket, no thread, no clock, printed step by step.
//!
//! This is all that an adapter does: carry bytes from one side's `Outgoing` to the other side's
//! `Incoming`, call `receive` until it needs more, and say what time it is. Here the time is a
//! number that the program itself counts up.

use std::error::Error;
use std::time::Duration;

use websocket_proto::handshake::{Acceptance, ClientRequest};
use websocket_proto::io::OsEntropy;
use websocket_proto::{
    CloseCode, Config, Connection, Event, Incoming, Outgoing, Progress, Time, Transport,
};

/// One side: the protocol state, and the memory beside it.
struct Peer {
    name: &'static str,
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
    /// Whether this side has ended its direction of the stream.
    has_ended: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut now = Time::ZERO;
    let (mut client, mut server) = connect(now)?;

    println!("\nThe opening handshake is one HTTP request and its response.");
    exchange(&mut client, &mut server, now)?;

    println!("\nThe client sends two messages; they leave together. The server echoes them.");
    client.connection.send_text("héllo", &mut client.outgoing)?;
    client.connection.send_binary(&[1, 2, 3], &mut client.outgoing)?;
    exchange(&mut client, &mut server, now)?;

    println!("\nNothing happens for a while. The connection knows when that is too long.");
    now = client.connection.poll_timeout().ok_or("no deadline")?;
    println!("  it is {:?} later", now.since(Time::ZERO));
    client.connection.handle_timeout(now, &mut client.outgoing);
    now = now.after(Duration::from_millis(20));
    exchange(&mut client, &mut server, now)?;

    println!("\nThe client closes. The server answers, and ends the stream first.");
    client.connection.start_close(now, CloseCode::NORMAL, "done", &mut client.outgoing)?;
    exchange(&mut client, &mut server, now)?;
    Ok(())
}

/// A client that has put its request into its output, and a server that knows nothing yet.
fn connect(now: Time) -> Result<(Peer, Peer), Box<dyn Error>> {
    let config = Config::default();
    let request = ClientRequest::new("ws://example.com/chat")?.subprotocol("chat")?;
    let mut outgoing = Outgoing::new();
    let client = Connection::client(&request, config, now, &OsEntropy, &mut outgoing)?;
    let server = Connection::server(config, now);
    Ok((Peer::new("client", client, outgoing), Peer::new("server", server, Outgoing::new())))
}

impl Peer {
    fn new(name: &'static str, connection: Connection, outgoing: Outgoing) -> Self {
        Self { name, connection, incoming: Incoming::new(), outgoing, has_ended: false }
    }
}

/// Carries bytes back and forth until neither side has any left.
fn exchange(client: &mut Peer, server: &mut Peer, now: Time) -> Result<(), Box<dyn Error>> {
    while carry(client, server) || carry(server, client) {
        handle_events(server, now)?;
        handle_events(client, now)?;
    }
    Ok(())
}

/// Does what a socket would do. Returns whether there was anything to carry.
fn carry(from: &mut Peer, to: &mut Peer) -> bool {
    let bytes = from.outgoing.pending().concat();
    from.outgoing.advance(bytes.len());
    to.incoming.push(&bytes);
    if !bytes.is_empty() {
        println!("  {} ─► {} bytes: {}", from.name, bytes.len(), shown(&bytes));
    }
    let ends = !from.has_ended && from.connection.transport() != Transport::Keep;
    if ends {
        println!("  {} ─► end of stream", from.name);
        from.has_ended = true;
        to.connection.receive_eof();
    }
    ends || !bytes.is_empty()
}

fn handle_events(peer: &mut Peer, now: Time) -> Result<(), Box<dyn Error>> {
    let Peer { name, connection, incoming, outgoing, .. } = peer;
    while connection.receive(now, incoming, outgoing)? == Progress::Event {
        // The event borrows from `incoming` alone, so it can be answered while it is held.
        match incoming.event() {
            Some(Event::Request(request)) => {
                println!("  {name}: a request for {}", request.target());
                let choice = request.subprotocols().next();
                let acceptance = match choice {
                    Some(name) => Acceptance::new().subprotocol(name)?,
                    None => Acceptance::new(),
                };
                connection.accept(now, &acceptance, outgoing)?;
            }
            Some(Event::Open(response)) => {
                println!("  {name}: open, subprotocol {:?}", response.subprotocol());
            }
            Some(Event::Text(text)) => {
                println!("  {name}: text {text:?}");
                if !connection.is_client() {
                    connection.send_text(text, outgoing)?;
                }
            }
            Some(Event::Binary(data)) => {
                println!("  {name}: binary {data:?}");
                if !connection.is_client() {
                    connection.send_binary(data, outgoing)?;
                }
            }
            Some(Event::Pong { round_trip, .. }) => {
                println!("  {name}: pong after {round_trip:?}");
            }
            Some(Event::Ended(ending)) => println!("  {name}: ended: {ending}"),
            Some(event) => println!("  {name}: {event:?}"),
            None => {}
        }
    }
    Ok(())
}

/// The first bytes, as text where they are text.
fn shown(bytes: &[u8]) -> String {
    match str::from_utf8(bytes).ok().and_then(|text| text.lines().next()) {
        Some(line) if line.contains("HTTP") => format!("{line} …"),
        _ => bytes.iter().take(16).map(|byte| format!("{byte:02x} ")).collect(),
    }
}
