//! What every program in Rust does, whatever it speaks with. A peer brings a type over its own calls,
//! which block.

use std::env;

pub const REFUSAL: &str = "not without a ticket\n";

#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    Text(String),
    Binary(Vec<u8>),
}

#[derive(Debug)]
pub enum Trouble {
    /// The API has no way to do this.
    Absent,
    /// The connection has ended: 1005 for a Close frame without a code, 1006 without a frame.
    Closed(u16, String),
    /// The server refused, with this status and body.
    Refused(u16, String),
    /// Anything else, in words.
    #[allow(dead_code, reason = "it is shown")]
    Other(String),
}

pub type Done<T = ()> = Result<T, Trouble>;

/// Calls that the API lacks stay as they are here.
pub trait Connection {
    fn send(&mut self, message: Message) -> Done;
    /// The next message; `Closed` after the last.
    fn receive(&mut self) -> Done<Message>;
    /// Closes, with an empty Close frame without a code, and waits until that is done.
    fn close(&mut self, code: Option<u16>, reason: &str) -> Done;
    /// Sends a text in these fragments, with a Ping in between if the API can do that.
    fn send_fragments(&mut self, _fragments: &[&str]) -> Done {
        Err(Trouble::Absent)
    }
    /// Sends a Ping with a payload and waits for its Pong.
    fn ping(&mut self) -> Done {
        Err(Trouble::Absent)
    }
    /// Ends the TCP connection without a Close frame.
    fn drop_connection(&mut self) -> Done;
    /// Answers Pings for three seconds, sends a text and returns the next message.
    fn send_after_silence(&mut self, _text: &str) -> Done<Message> {
        Err(Trouble::Absent)
    }
    fn subprotocol(&self) -> Option<String>;
}

fn fragments() -> String {
    format!("κόσμε{}", "x".repeat(70_000))
}

fn text_of(size: usize) -> String {
    let unit = "κό σμε😀a漢字!";
    let times = size / unit.len();
    unit.repeat(times) + &".".repeat(size - times * unit.len())
}

fn binary_of(size: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..size).map(|_| next()).collect()
}

fn expect(condition: bool, instead: impl FnOnce() -> String) -> Done {
    if condition {
        return Ok(());
    }
    let shown: String = instead().chars().take(120).collect();
    Err(Trouble::Other(format!("there came {shown}")))
}

fn echoes(connection: &mut impl Connection, message: Message) -> Done {
    connection.send(message.clone())?;
    let answer = connection.receive()?;
    expect(answer == message, || format!("{answer:?}"))
}

fn answers(connection: &mut impl Connection, command: &str, answer: &str) -> Done {
    connection.send(Message::Text(command.into()))?;
    let came = connection.receive()?;
    expect(came == Message::Text(answer.into()), || format!("{came:?}"))
}

fn closing(what: &str) -> (Option<u16>, String) {
    match what {
        "none" => (None, String::new()),
        "reason" => (Some(3001), "enough κόσμε".into()),
        "longest" => (Some(1000), "r".repeat(123)),
        code => (code.parse().ok(), String::new()),
    }
}

fn close_received(connection: &mut impl Connection, what: &str) -> Done {
    let (code, reason) = closing(what);
    let words = code.map_or(String::new(), |code| format!(" {code} {reason}"));
    connection.send(Message::Text(format!("!close{}", words.trim_end())))?;
    expect_end(connection, code.unwrap_or(1005), &reason)
}

fn expect_end(connection: &mut impl Connection, code: u16, reason: &str) -> Done {
    match connection.receive() {
        Err(Trouble::Closed(came, said)) => {
            expect(came == code && said == reason, || format!("an end with {came} {said:?}"))
        }
        other => expect(false, || format!("{other:?}")),
    }
}

/// Opens a connection to a URL, offering these subprotocols.
pub type Open<C> = fn(&str, &[&str]) -> Done<C>;

fn try_cell<C: Connection>(open: Open<C>, url: &str, cell: &str) -> Done {
    let (name, what) = cell.split_once(':').unwrap_or((cell, ""));
    let url = format!("{url}/{cell}");
    if name == "refusal" {
        return match open(&url, &[]) {
            Err(Trouble::Refused(401, body)) if body == REFUSAL || body.is_empty() => Ok(()),
            Err(other) => Err(other),
            Ok(_) => expect(false, || "a connection".into()),
        };
    }
    let offered: &[&str] = if name == "subprotocol" { &["other", "chat"] } else { &[] };
    let mut connection = open(&url, offered)?;
    talk(&mut connection, name, what)
}

fn talk(connection: &mut impl Connection, name: &str, what: &str) -> Done {
    let size = what.parse().unwrap_or(0);
    match name {
        "text" => echoes(connection, Message::Text(text_of(size)))?,
        "binary" => echoes(connection, Message::Binary(binary_of(size)))?,
        "many" => (0..100).try_for_each(|number| {
            echoes(connection, Message::Text(format!("message {number} ").repeat(number)))
        })?,
        "fragments-sent" => {
            let rest = "x".repeat(70_000);
            connection.send_fragments(&["κό", "", "σμε", &rest])?;
            let came = connection.receive()?;
            expect(came == Message::Text(fragments()), || format!("{came:?}"))?;
        }
        "fragments-received" => answers(connection, "!fragments", &fragments())?,
        "ping-sent" => connection.ping()?,
        "ping-received" => answers(connection, "!ping", "ponged")?,
        "subprotocol" => {
            let chosen = connection.subprotocol();
            expect(chosen.as_deref() == Some("chat"), || format!("{chosen:?}"))?;
        }
        "idle" => {
            let came = connection.send_after_silence("awake")?;
            expect(came == Message::Text("awake".into()), || format!("{came:?}"))?;
        }
        "close-sent" => {
            let (code, reason) = closing(what);
            return connection.close(code, &reason);
        }
        "close-received" => return close_received(connection, what),
        "drop-sent" => {
            echoes(connection, Message::Text("bye".into()))?;
            return connection.drop_connection();
        }
        "drop-received" => {
            connection.send(Message::Text("!drop".into()))?;
            return expect_end(connection, 1006, "");
        }
        _ => return Err(Trouble::Other(format!("there is no cell {name}"))),
    }
    connection.close(Some(1000), "")
}

/// Tries the cells that the command line names after the role.
pub fn client<C: Connection>(open: Open<C>) {
    let arguments: Vec<_> = env::args().skip(2).collect();
    let [url, cells @ ..] = &arguments[..] else { panic!("client URL CELL...") };
    for cell in cells {
        let (outcome, detail) = match try_cell(open, url.trim_end_matches('/'), cell) {
            Ok(()) => ("passed", String::new()),
            Err(Trouble::Absent) => ("absent", String::new()),
            Err(trouble) => ("failed", format!("{trouble:?}").replace(['"', '\\'], "'")),
        };
        println!("{{\"cell\": \"{cell}\", \"outcome\": \"{outcome}\", \"detail\": \"{detail}\"}}");
    }
}

/// Sends messages back and obeys commands, until the connection ends.
pub fn serve(connection: &mut impl Connection) -> Done {
    loop {
        let message = connection.receive()?;
        match obey(connection, message) {
            Err(Trouble::Absent) => connection.send(Message::Text("absent".into()))?,
            other => other?,
        }
    }
}

fn obey(connection: &mut impl Connection, message: Message) -> Done {
    let Message::Text(text) = &message else { return connection.send(message) };
    let mut words = text.splitn(3, ' ');
    match words.next() {
        Some("!close") => {
            let code = words.next().and_then(|code| code.parse().ok());
            connection.close(code, words.next().unwrap_or(""))
        }
        Some("!fragments") => connection.send_fragments(&["κό", "σμε", &"x".repeat(70_000)]),
        Some("!drop") => connection.drop_connection(),
        Some("!ping") => {
            connection.ping()?;
            connection.send(Message::Text("ponged".into()))
        }
        _ => connection.send(message),
    }
}
