use super::*;
use crate::{Event, Role};

/// "Hello", masked (§5.7).
const HELLO: [u8; 11] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
const PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];

#[test]
fn what_is_read_apart_is_counted_when_the_reader_comes_back() {
    let mut connection = Connection::established(Role::Server, None, Config::default(), Time::ZERO);
    let (mut incoming, mut outgoing) = (Incoming::new(), Outgoing::new());
    let mut apart = connection.detach_reader();
    for batch in 1..=3 {
        incoming.push(&[&HELLO[..], &HELLO, &PING].concat());
        for _ in 0..2 {
            assert!(apart.read(&mut incoming).is_none());
            assert!(matches!(incoming.event(), Some(Event::Text("Hello"))));
        }
        let ping = apart.read(&mut incoming).expect("a ping");
        connection.swap_reader(&mut apart);
        let handled = connection.receive_unhandled(ping, Time::ZERO, &mut incoming, &mut outgoing);
        assert_eq!(handled, Ok(Some(Progress::Event)));
        let done = connection.receive(Time::ZERO, &mut incoming, &mut outgoing);
        assert_eq!(done, Ok(Progress::NeedBytes));
        connection.swap_reader(&mut apart);
        let received = connection.totals().received;
        assert_eq!((received.messages, received.frames), (2 * batch, 3 * batch));
        assert_eq!((received.payload_bytes, received.wire_bytes), (10 * batch, 28 * batch));
    }
}
