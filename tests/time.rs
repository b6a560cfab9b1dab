//! Deadlines, and the order in which output leaves (`T` rows of the catalogue).

mod support;

use std::time::Duration;

use support::{
    ManualConnection, client, close, continuation, frame, masked, ping, pong, secs, server, text,
};
use websocket_proto::frame::OpCode;
use websocket_proto::{
    CloseCode, Config, Deadline, EndCause, Event, Keepalive, MessageKind, Outgoing, Time, Transport,
};

const NANO: Duration = Duration::from_nanos(1);
const YEAR: Duration = secs(365 * 24 * 3600);

/// The payload of the keepalive's n-th ping, in the words of dialogues.
fn nth(n: u8) -> String {
    format!("{:?}", str::from_utf8(&[0, 0, 0, 0, 0, 0, 0, n]).unwrap())
}

fn sends_ping(n: u8) -> String {
    format!("sends ping {}", nth(n))
}

fn nth_pong(n: u8) -> Vec<u8> {
    pong([0, 0, 0, 0, 0, 0, 0, n])
}

fn without_keepalive() -> Config {
    let mut config = Config::default();
    config.keepalive = None;
    config
}

/// How the connection ended, by the last event.
fn ending(raw: &mut ManualConnection) -> (EndCause, Duration) {
    let ManualConnection { connection, incoming, outgoing, now } = raw;
    let _ = connection.receive(*now, incoming, outgoing).unwrap();
    match incoming.event() {
        Some(Event::Ended(ending)) => (ending.cause, ending.stalled),
        other => panic!("{other:?}"),
    }
}

// Keepalive.

#[test]
fn keepalive_pings_after_thirty_seconds() {
    server().passes(secs(30) - NANO).expect([]);
    server().passes(secs(30)).expect([&sends_ping(1)]);
    client().passes(secs(30)).expect([&sends_ping(1)]);
}

#[test]
fn keepalive_is_over_once_the_close_was_sent() {
    let closing = server()
        .does(|server, now, out| server.start_close(now, CloseCode::NORMAL, "", out))
        .config(|config| config.close_timeout = secs(100));
    closing.passes(secs(99)).expect(["sends close 1000 \"\""]);
}

#[test]
fn t02_pings_unanswered() {
    let dead = ["ended TimedOut(Pong)", "sends close 1011 \"no answer to a ping\""];
    server().passes(secs(50) - NANO).expect([&sends_ping(1)]);
    server().passes(secs(50)).expect([&sends_ping(1), dead[0], dead[1]]);
    server().passes(YEAR).expect([&sends_ping(1), dead[0], dead[1]]);
    client().passes(secs(50)).expect([&sends_ping(1), dead[0], dead[1]]);
    let configured = server().config(|config| {
        let keepalive = config.keepalive.as_mut().unwrap();
        keepalive.interval = secs(3);
        keepalive.timeout = secs(2);
        keepalive.close_code = CloseCode::new(4001);
    });
    configured.passes(secs(5)).expect([
        &sends_ping(1),
        "ended TimedOut(Pong)",
        "sends close 4001 \"no answer to a ping\"",
    ]);
}

#[test]
fn keepalive_takes_any_byte_as_life() {
    // One byte of a header arrives just before the deadline.
    let byte = server().passes(secs(50) - NANO).receive([0x81]).passes(secs(30) - NANO);
    byte.clone().expect([&sends_ping(1)]);
    byte.passes(NANO).expect([&sends_ping(1), &sends_ping(2)]);
    // A pong that answers no ping, and a message.
    for bytes in [pong("else"), text("a")] {
        let played = server().passes(secs(49)).receive(&bytes).passes(secs(29)).play_all_ways();
        assert_eq!(played.len(), 2, "{played:?}");
    }
}

#[test]
fn keepalive_round_trip_of_the_first_matching_pong() {
    let pinged = server().passes(secs(30) + secs(2));
    pinged
        .clone()
        .receive(pong("else"))
        .receive(nth_pong(1))
        .receive(nth_pong(1))
        .receive(nth_pong(2))
        .expect([
            &sends_ping(1),
            "pong \"else\"",
            &format!("pong {} after 2s", nth(1)),
            &format!("pong {}", nth(1)),
            &format!("pong {}", nth(2)),
        ]);
    // A pong that nobody asked for.
    server()
        .receive(nth_pong(0))
        .receive(nth_pong(1))
        .expect([&format!("pong {}", nth(0)), &format!("pong {}", nth(1))]);
    // Only the newest ping needs an answer.
    pinged
        .receive([0x81])
        .passes(secs(31))
        .receive([0x80, 0, 0, 0, 0])
        .receive(nth_pong(1))
        .expect([&sends_ping(1), &sends_ping(2), "text \"\"", &format!("pong {}", nth(1))]);
}

#[test]
fn keepalive_round_trip_is_kept() {
    let mut server = ManualConnection::server(Config::default());
    assert_eq!(server.connection.round_trip(), None);
    server.at(secs(30));
    server.now = Time::new(secs(30) + Duration::from_millis(20));
    server.receive(nth_pong(1));
    assert_eq!(server.connection.round_trip(), Some(Duration::from_millis(20)));
    server.at(secs(60) + Duration::from_millis(20));
    assert_eq!(server.connection.round_trip(), Some(Duration::from_millis(20)));
}

#[test]
fn keepalive_none() {
    server().config(|config| config.keepalive = None).passes(YEAR).expect([]);
    assert_eq!(ManualConnection::server(without_keepalive()).connection.poll_timeout(), None);
}

#[test]
fn keepalive_close_code_that_must_not_be_sent() {
    for code in [0, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
        let server = server().config(|config| {
            config.keepalive.as_mut().unwrap().close_code = CloseCode::new(code);
        });
        let dead = ["ended TimedOut(Pong)", "sends close 1011 \"no answer to a ping\""];
        server.passes(secs(50)).expect([&sends_ping(1), dead[0], dead[1]]);
    }
}

/// A keepalive that pings every 30 s.
fn when_busy() -> Config {
    let mut config = Config::default();
    config.keepalive.as_mut().unwrap().when_busy = true;
    config
}

#[test]
fn t13_the_round_trip_stays_current_on_a_busy_connection() {
    for (config, pings) in [(when_busy(), 10), (Config::default(), 0)] {
        let mut server = ManualConnection::server(config);
        let (mut last, mut sent) = (None, 0);
        for second in 1..=300 {
            server.at(secs(second));
            if server.connection.round_trip() != last {
                panic!("a round trip without a pong");
            }
            if !server.take_all_output().is_empty() {
                sent += 1;
                last = Some(Duration::from_millis(second));
                server.now = server.now.after(Duration::from_millis(second));
                server.receive(nth_pong(sent));
                assert_eq!(server.connection.round_trip(), last);
            }
            server.receive(text("busy"));
        }
        assert_eq!(sent, pings);
    }
}

#[test]
fn t13_at_most_one_ping_waits_to_be_written() {
    let mut config = when_busy();
    config.write_timeout = None;
    let mut server = ManualConnection::server(config);
    server.connection.send_binary(&[0; 4096], &mut server.outgoing).unwrap();
    for second in 1..1000 {
        server.at(secs(second));
        server.receive(text("busy"));
    }
    let output = server.take_all_output();
    let words = server.words(&output);
    assert_eq!(words.len(), 2, "{words:?}");
    assert_eq!(words[1], sends_ping(1));
}

#[test]
fn keepalive_takes_leaving_output_as_life() {
    let mut config = Config::default();
    config.write_timeout = None;
    let mut server = ManualConnection::server(config);
    server.connection.send_binary(&[0; 4096], &mut server.outgoing).unwrap();
    assert!(server.events().is_empty());
    for tens in 0..100 {
        assert!(server.at(secs(10 * tens)).is_empty(), "at {tens}0 s");
        assert_eq!(server.take_output(1).len(), 1);
    }
    // Output leaves no longer, and no byte arrives from the peer.
    let mut events = Vec::new();
    for tens in 100..105 {
        assert!(events.is_empty() || tens > 101, "at {tens}0 s");
        events.extend(server.at(secs(10 * tens)));
    }
    assert_eq!(events, ["ended TimedOut(Pong)"]);
}

/// No second ping is queued while the first has not left, whatever other output waits.
#[test]
fn keepalive_pings_again_once_the_ping_has_left() {
    let mut config = Config::default();
    config.write_timeout = None;
    for (taken, pings) in [(9, 1), (10, 2)] {
        let mut server = ManualConnection::server(config);
        server.at(secs(30));
        server.connection.send_text("behind the ping", &mut server.outgoing).unwrap();
        let mut sent = server.take_output(taken);
        server.at(secs(31));
        server.receive(pong("alive"));
        server.at(secs(61));
        sent.extend(server.take_all_output());
        let words = server.words(&sent);
        let count = words.iter().filter(|word| word.starts_with("sends ping")).count();
        assert_eq!(count, pings, "{taken} bytes taken: {words:?}");
    }
}

// T01: slow peers.

#[test]
fn t01_slow_bytes_are_life() {
    // A header of 8 bytes and a payload of 200 bytes arrive, one byte every 29 s.
    let bytes = text([b'a'; 200]);
    let mut dialogue = server();
    for byte in &bytes {
        dialogue = dialogue.passes(secs(29)).receive([*byte]);
    }
    let played = dialogue.play_all_ways();
    assert_eq!(played.len(), 1, "{played:?}");
    assert!(played[0].starts_with("text "));
}

#[test]
fn t01_message_deadline_fires_all_the_same() {
    let late = "sends close 1008 \"message took too long\"";
    let slow = |bytes: &[u8], every: u64| {
        let timeout = Some(secs(60));
        let mut dialogue = server().config(|config| config.message_timeout = timeout);
        for byte in bytes {
            dialogue = dialogue.receive([*byte]).passes(secs(every));
        }
        dialogue.eof()
    };
    let ended = [late, "ended TimedOut(Message)"];
    slow(&text("slow payload"), 10).expect(ended);
    slow(&text([0; 70_000])[..8], 10).expect(ended);
    // Between fragments the deadline of the message stays, even if pings arrive.
    let fragments = [masked(false, OpCode::Text, "a"), ping(""), ping("")].concat();
    slow(&fragments, 4).expect(["ping \"\"", "sends pong \"\"", late, ended[1]]);
    // The message ends in time.
    slow(&text("in time"), 4).expect(["text \"in time\"", "ended Eof"]);
}

#[test]
fn message_deadline_is_of_one_message() {
    let timed = server().config(|config| config.message_timeout = Some(secs(10)));
    // The second message begins in the read that ends the first.
    let both = [text("one"), text("two")].concat();
    let (first, rest) = both.split_at(4);
    let (second, third) = rest.split_at(8);
    timed
        .clone()
        .receive(first)
        .passes(secs(9))
        .receive(second)
        .passes(secs(9))
        .receive(third)
        .passes(secs(20))
        .expect(["text \"one\"", "text \"two\""]);
    // A slow ping is no message, and the message after it has its full time.
    let both = [ping("ping"), text("text")].concat();
    let (first, rest) = both.split_at(1);
    let (second, third) = rest.split_at(10);
    timed.receive(first).passes(secs(9)).receive(second).passes(secs(9)).receive(third).expect([
        "ping \"ping\"",
        "sends pong \"ping\"",
        "text \"text\"",
    ]);
}

// T03, T04: the caller's clock.

#[test]
fn t03_input_before_timers() {
    let mut server = ManualConnection::server(Config::default());
    assert!(server.at(secs(30)).is_empty());
    assert_eq!(server.words(&server.outgoing.pending().concat()), [sends_ping(1)]);
    server.take_all_output();
    // The caller is away for ten times the deadline, and the pong arrives meanwhile.
    server.now = Time::new(secs(230));
    assert_eq!(server.receive(nth_pong(1)), [format!("pong {}", nth(1))]);
    assert!(server.at(secs(230)).is_empty());
    assert!(server.connection.is_open());
    assert!(server.outgoing.is_empty());
    assert_eq!(server.connection.stalled(), secs(180));
    // The ending has the stall as well.
    server.connection.receive_eof();
    assert_eq!(ending(&mut server), (EndCause::Eof, secs(180)));
}

#[test]
fn t03_a_late_caller_without_input() {
    let mut server = ManualConnection::server(Config::default());
    server.at(secs(30));
    server.take_all_output();
    server.now = Time::new(secs(230));
    server.connection.handle_timeout(server.now, &mut server.outgoing);
    assert_eq!(ending(&mut server), (EndCause::TimedOut(Deadline::Pong), secs(180)));
}

#[test]
fn t03_a_caller_in_time_has_not_stalled() {
    let mut server = ManualConnection::server(Config::default());
    for tens in 0..100 {
        server.at(secs(10 * tens));
        server.receive(text("a"));
    }
    assert_eq!(server.connection.stalled(), Duration::ZERO);
}

#[test]
fn t04_clock_backwards() {
    let mut server = ManualConnection::server(Config::default());
    server.at(secs(100));
    let sent = server.take_all_output();
    assert_eq!(server.words(&sent), [sends_ping(1)]);
    for back in [99, 50, 10, 0, 1, 0] {
        assert!(server.at(secs(back)).is_empty());
        assert_eq!(server.receive(text("a")), ["text \"a\""]);
    }
    assert!(server.outgoing.is_empty());
    assert!(server.connection.is_open());
    let now = Time::new(secs(0));
    server.connection.start_close(now, CloseCode::NORMAL, "", &mut server.outgoing).unwrap();
    assert_eq!(server.at(secs(5)), ["ended TimedOut(Close)"]);
}

#[test]
fn t04_a_year_ahead_and_the_end_of_time() {
    for ahead in [YEAR, Duration::MAX] {
        let mut server = ManualConnection::server(Config::default());
        let mut events = server.at(ahead);
        // There is no time after the last one, so all deadlines pass at once.
        let sent = server.take_all_output();
        let expected = if ahead == YEAR { vec![sends_ping(1)] } else { Vec::new() };
        assert_eq!(server.words(&sent), expected);
        events.extend(server.at(ahead.saturating_add(YEAR)));
        assert_eq!(events, ["ended TimedOut(Pong)"]);
        assert!(server.at(ahead).is_empty());

        let mut server = ManualConnection::awaiting_request(Config::default());
        let mut events = server.at(ahead);
        assert!(ahead != YEAR || server.take_all_output().starts_with(b"HTTP/1.1 408 "));
        events.extend(server.at(ahead.saturating_add(YEAR)));
        assert_eq!(events, ["ended TimedOut(Handshake)"]);
    }
}

#[test]
fn t04_the_same_instant_repeated() {
    let mut server = ManualConnection::server(Config::default());
    let (mut events, mut sent) = (Vec::new(), Vec::new());
    for second in 0..60 {
        for _ in 0..10 {
            events.extend(server.at(secs(second)));
            sent.extend(server.take_all_output());
        }
    }
    assert_eq!(events, ["ended TimedOut(Pong)"]);
    let words = server.words(&sent);
    assert_eq!(words, [&sends_ping(1), "sends close 1011 \"no answer to a ping\""]);
}

#[test]
fn t04_options_of_zero_and_of_for_ever() {
    for timeout in [Duration::ZERO, Duration::MAX] {
        let mut config = Config::default();
        let keepalive: &mut Keepalive = config.keepalive.as_mut().unwrap();
        (keepalive.interval, keepalive.timeout) = (timeout, timeout);
        (config.handshake_timeout, config.close_timeout) = (timeout, timeout);
        (config.write_timeout, config.message_timeout) = (Some(timeout), Some(timeout));
        for mut raw in [
            ManualConnection::server(config),
            ManualConnection::client(config),
            ManualConnection::awaiting_request(config),
        ] {
            for second in 0..10 {
                raw.receive([0x01]);
                raw.at(secs(second));
                raw.take_output(1);
            }
        }
    }
}

// T05 to T07: the order of what leaves.

/// A server with three texts queued, and the position at which each ends.
fn three_texts() -> (ManualConnection, [usize; 3]) {
    let mut server = ManualConnection::server(without_keepalive());
    let texts = ["first", "second", "third"];
    let ends = texts.map(|text| {
        server.connection.send_text(text, &mut server.outgoing).unwrap();
        server.outgoing.len()
    });
    (server, ends)
}

/// The words for the three texts, with a pong after the first frame that ends at `at` or later.
fn with_pong(at: usize, ends: [usize; 3], payload: &str) -> Vec<String> {
    let mut words: Vec<String> =
        ["first", "second", "third"].map(|text| format!("sends text {text:?}")).into();
    let place = if at == 0 { 0 } else { 1 + ends.iter().filter(|end| **end < at).count() };
    words.insert(place, format!("sends pong {payload:?}"));
    words
}

#[test]
fn t05_one_byte_a_write() {
    let mut server = ManualConnection::server(without_keepalive());
    let (mut sent, mut expected) = (Vec::new(), Vec::new());
    for number in 0..50 {
        let text = number.to_string();
        server.connection.send_text(&text, &mut server.outgoing).unwrap();
        expected.push(format!("sends text {text:?}"));
        sent.extend(server.take_output(1));
    }
    while !server.outgoing.is_empty() {
        sent.extend(server.take_output(1));
    }
    assert_eq!(server.words(&sent), expected);
    assert_eq!(server.outgoing.written(), sent.len() as u64);
}

#[test]
fn t05_pong_jumps_the_queue_between_whole_frames() {
    let (_, ends) = three_texts();
    for at in 0..=ends[2] {
        for step in [1, 2, 7, usize::MAX] {
            let (mut server, ends) = three_texts();
            let mut sent = server.take_output(at);
            assert_eq!(server.receive(ping("p")), ["ping \"p\""]);
            while !server.outgoing.is_empty() {
                sent.extend(server.take_output(step));
            }
            assert_eq!(server.words(&sent), with_pong(at, ends, "p"), "ping at {at}, by {step}");
        }
    }
}

#[test]
fn t05_only_the_newest_pong_is_owed() {
    let (_, ends) = three_texts();
    for at in 0..=ends[2] {
        let (mut server, ends) = three_texts();
        let mut sent = server.take_output(at);
        server.receive(ping("old"));
        server.receive(ping("new"));
        sent.extend(server.take_all_output());
        assert_eq!(server.words(&sent), with_pong(at, ends, "new"), "pings at {at}");
    }
}

#[test]
fn t05_ping_while_a_pong_is_leaving() {
    // The pong has 5 bytes. Two more pings arrive at each offset in it and after it.
    for left in 1..=5 {
        for ahead in [0, 3] {
            let (mut server, ends) = three_texts();
            let mut sent = server.take_output(ahead);
            server.receive(ping("one"));
            sent.extend(server.take_output(if ahead == 0 { left } else { ends[0] - ahead + left }));
            server.receive([ping("two"), ping("six")].concat());
            sent.extend(server.take_all_output());
            let mut expected = with_pong(ahead, ends, "one");
            let place = expected.iter().position(|word| word.contains("pong")).unwrap();
            expected.insert(place + 1, "sends pong \"six\"".into());
            assert_eq!(server.words(&sent), expected, "{left} bytes of the pong had left");
        }
    }
}

#[test]
fn t05_output_is_bounded() {
    let mut server = ManualConnection::server(without_keepalive());
    let limit = Config::default().limits.output;
    let message = [0; 10_000];
    let mut queued = 0;
    while server.connection.send_binary(&message, &mut server.outgoing).is_ok() {
        queued += 1;
        assert!(server.outgoing.len() <= limit + message.len() + 14);
    }
    assert!(queued * message.len() >= limit - message.len());
    // A flood of pings costs the memory of one pong: a box with one frame.
    let before = (server.outgoing.len(), server.outgoing.heap());
    for number in 0..10_000_u32 {
        server.receive(ping(number.to_be_bytes()));
    }
    assert!(server.outgoing.len() <= before.0 + 6);
    assert!(server.outgoing.heap() <= before.1 + 96);
    // There is room again after it has left.
    server.take_output(queued * message.len() / 2);
    server.connection.send_binary(&message, &mut server.outgoing).unwrap();
}

#[test]
fn t05_nothing_is_taken_for_ever() {
    let mut server = ManualConnection::server(without_keepalive());
    server.connection.send_text("stuck", &mut server.outgoing).unwrap();
    assert!(server.events().is_empty());
    assert_eq!(server.connection.poll_timeout(), Some(Time::new(secs(120))));
    assert!(server.at(secs(120) - NANO).is_empty());
    assert_eq!(server.at(secs(120)), ["ended TimedOut(Write)"]);
    assert!(server.outgoing.is_empty());
    assert_eq!(server.connection.transport(), Transport::Close);
    assert_eq!(server.connection.poll_timeout(), None);
}

#[test]
fn t05_write_deadline_starts_again_with_each_byte() {
    let mut server = ManualConnection::server(without_keepalive());
    server.connection.send_text("slow reader", &mut server.outgoing).unwrap();
    server.events();
    let mut time = Duration::ZERO;
    while !server.outgoing.is_empty() {
        assert!(server.at(time).is_empty());
        server.take_output(1);
        time += secs(29);
    }
    assert!(server.at(time).is_empty());
    assert!(server.at(YEAR).is_empty(), "nothing waits");

    let mut config = without_keepalive();
    config.write_timeout = None;
    let mut server = ManualConnection::server(config);
    server.connection.send_text("stuck", &mut server.outgoing).unwrap();
    assert!(server.at(YEAR).is_empty());
    assert_eq!(server.connection.poll_timeout(), None);
}

#[test]
fn t06_pings_between_fragments() {
    server()
        .does(|server, _, _| server.start_message(MessageKind::Binary))
        .does(|server, _, out| server.send_fragment(&[1], out))
        .receive(ping("1"))
        .does(|server, _, out| server.send_fragment(&[2], out))
        .receive(ping("2"))
        .does(|server, _, out| server.send_last_fragment(&[3], out))
        .expect([
            "sends fragment binary 01",
            "ping \"1\"",
            "sends pong \"1\"",
            "sends fragment continuation \"\\u{2}\"",
            "ping \"2\"",
            "sends pong \"2\"",
            "sends continuation \"\\u{3}\"",
        ]);
}

#[test]
fn t06_ping_flood_while_fragments_wait() {
    let mut server = ManualConnection::server(without_keepalive());
    let (connection, outgoing) = (&mut server.connection, &mut server.outgoing);
    connection.start_message(MessageKind::Binary).unwrap();
    for _ in 0..9 {
        connection.send_fragment(&[0; 1000], outgoing).unwrap();
    }
    connection.send_last_fragment(&[0; 1000], outgoing).unwrap();
    let mut sent = Vec::new();
    let mut number = 0_u32;
    while !server.outgoing.is_empty() && number < 100 {
        for _ in 0..10 {
            number += 1;
            server.receive(ping(number.to_be_bytes()));
        }
        sent.extend(server.take_output(500));
    }
    sent.extend(server.take_all_output());
    // The strict parser of `words` would have refused a pong inside a frame.
    let words = server.words(&sent);
    let pongs = words.iter().filter(|word| word.starts_with("sends pong")).count();
    assert!((2..=11).contains(&pongs), "{words:?}");
    assert_eq!(words.len() - pongs, 10);
}

/// A server with two texts and a Close frame queued, and the position at which the Close frame
/// begins.
fn closing(config: Config) -> (ManualConnection, usize) {
    let mut server = ManualConnection::server(config);
    let ManualConnection { connection, outgoing, now, .. } = &mut server;
    connection.send_text("one", outgoing).unwrap();
    connection.send_text("two", outgoing).unwrap();
    let close = outgoing.len();
    connection.start_close(*now, CloseCode::NORMAL, "bye", outgoing).unwrap();
    (server, close)
}

#[test]
fn t07_pongs_before_the_close_frame_and_never_after() {
    let (whole, close) = closing(without_keepalive());
    for at in 0..=whole.outgoing.len() {
        let (mut server, _) = closing(without_keepalive());
        let mut sent = server.take_output(at);
        assert_eq!(server.receive(ping("p")), ["ping \"p\""]);
        sent.extend(server.take_output(1));
        server.receive(ping("q"));
        sent.extend(server.take_all_output());
        server.receive(ping("late"));
        sent.extend(server.take_all_output());
        let mut words = server.words(&sent);
        assert_eq!(words.pop().unwrap(), "sends close 1000 \"bye\"", "ping at {at}");
        let pongs: Vec<String> = words.extract_if(.., |word| word.contains("pong")).collect();
        assert_eq!(words, ["sends text \"one\"", "sends text \"two\""]);
        assert_eq!(!pongs.is_empty(), at <= close, "ping at {at}: {pongs:?}");
    }
}

#[test]
fn t07_the_deadline_runs_from_the_call() {
    let (mut server, _) = closing(without_keepalive());
    assert_eq!(server.connection.poll_timeout(), Some(Time::new(secs(5))));
    for second in 1..5 {
        assert!(server.at(secs(second)).is_empty());
        server.take_output(1);
    }
    assert_eq!(server.at(secs(5)), ["ended TimedOut(Close)"]);
    assert!(server.outgoing.is_empty());
    assert_eq!(server.connection.transport(), Transport::Close);
}

#[test]
fn t07_abort_drops() {
    let (mut server, _) = closing(without_keepalive());
    server.connection.abort(&mut server.outgoing);
    assert!(server.outgoing.is_empty());
    assert_eq!(server.events(), ["ended Aborted"]);
    assert_eq!(server.connection.poll_timeout(), None);
}

#[test]
fn law_12_what_was_queued_goes_first_also_when_the_peer_fails() {
    let violation = [0x83, 0x80];
    let (mut server, _) = closing(without_keepalive());
    assert_eq!(server.receive(violation), ["failed ReservedOpcode"]);
    let sent = server.take_all_output();
    let queued = ["sends text \"one\"", "sends text \"two\""];
    assert_eq!(server.words(&sent), [queued[0], queued[1], "sends close 1000 \"bye\""]);

    let (mut server, _) = three_texts();
    assert_eq!(server.receive(violation), ["failed ReservedOpcode"]);
    let sent = server.take_all_output();
    assert_eq!(server.words(&sent)[2..], ["sends text \"third\"", "sends close 1002 \"\""]);
}

// T11, T12: violations.

#[test]
fn t11_input_after_a_violation_is_discarded() {
    let mut server = ManualConnection::server(without_keepalive());
    let much = [&[0x83, 0x80][..], &[0; 100_000]].concat();
    assert_eq!(server.receive(much), ["failed ReservedOpcode"]);
    for _ in 0..10 {
        assert_eq!(server.connection.transport(), Transport::ShutdownWrite);
        assert!(server.receive([0; 10_000]).is_empty());
        assert!(server.incoming.unread().is_empty());
    }
    let sent = server.take_all_output();
    assert_eq!(server.words(&sent), ["sends close 1002 \"\""]);
    server.connection.receive_eof();
    assert_eq!(server.events(), ["ended Failed(ReservedOpcode)"]);
    assert_eq!(server.connection.transport(), Transport::Close);
}

#[test]
fn t11_until_the_close_deadline() {
    let mut server = ManualConnection::server(without_keepalive());
    server.receive([0x83, 0x80]);
    server.take_all_output();
    for second in 1..5 {
        assert!(server.at(secs(second)).is_empty());
        assert!(server.receive([0; 100]).is_empty());
    }
    assert_eq!(server.at(secs(5)), ["ended Failed(ReservedOpcode)"]);
    assert_eq!(server.connection.transport(), Transport::Close);
}

#[test]
fn t11_a_failing_client_shuts_down_writing_too() {
    let mut client = ManualConnection::client(without_keepalive());
    assert_eq!(client.receive(text("masked")), ["failed Masked"]);
    assert_eq!(client.connection.transport(), Transport::ShutdownWrite);
}

#[test]
fn t12_the_answer_before_the_close() {
    server().echoes().receive([&text("a")[..], &[0xff; 9]].concat()).eof().expect([
        "text \"a\"",
        "sends text \"a\"",
        "failed ReservedBits",
        "sends close 1002 \"\"",
        "ended Failed(ReservedBits)",
    ]);
}

// C13: the closing exchange.

#[test]
fn c13_the_peer_never_answers() {
    for (dialogue, data) in
        [(server(), text("still")), (client(), frame(true, OpCode::Text, "still"))]
    {
        dialogue
            .passes(secs(7))
            .does(|it, now, out| it.start_close(now, CloseCode::GOING_AWAY, "bye", out))
            .passes(secs(3))
            .receive(data)
            .passes(secs(2) - NANO)
            .does(|it, _, _| {
                assert_eq!(it.transport(), Transport::Keep);
                Ok(())
            })
            .passes(NANO)
            .does(|it, _, _| {
                assert_eq!(it.transport(), Transport::Close);
                Ok(())
            })
            .expect(["sends close 1001 \"bye\"", "text \"still\"", "ended TimedOut(Close)"]);
    }
}

#[test]
fn c13_the_server_closes_first() {
    let mut server = ManualConnection::server(Config::default());
    assert_eq!(server.receive(close(1000, "")), ["close 1000 \"\""]);
    server.take_all_output();
    assert_eq!(server.connection.transport(), Transport::ShutdownWrite);
    assert!(server.at(secs(5) - NANO).is_empty());
    assert_eq!(server.at(secs(5)), ["ended Clean"]);
    assert_eq!(server.connection.transport(), Transport::Close);
}

#[test]
fn c13_the_client_waits_and_then_closes() {
    let mut client = ManualConnection::client(Config::default());
    client.now = Time::new(secs(1));
    let ManualConnection { connection, outgoing, now, .. } = &mut client;
    connection.start_close(*now, CloseCode::NORMAL, "", outgoing).unwrap();
    client.take_all_output();
    assert!(client.at(secs(4)).is_empty());
    assert_eq!(client.receive(frame(true, OpCode::Close, [3, 232])), ["close 1000 \"\""]);
    // The Close frame is answered, but TCP stays open. One deadline covers both.
    assert_eq!(client.connection.transport(), Transport::Keep);
    assert_eq!(client.connection.poll_timeout(), Some(Time::new(secs(6))));
    assert!(client.at(secs(6) - NANO).is_empty());
    assert_eq!(client.at(secs(6)), ["ended Clean"]);
    assert_eq!(client.connection.transport(), Transport::Close);
    assert_eq!(client.connection.poll_timeout(), None);
}

#[test]
fn c13_eof_ends_it_at_once() {
    let mut client = ManualConnection::client(Config::default());
    client.receive(frame(true, OpCode::Close, ""));
    assert_eq!(client.connection.transport(), Transport::Keep);
    client.connection.receive_eof();
    assert_eq!(client.events(), ["ended Clean"]);
    assert_eq!(client.connection.transport(), Transport::Close);
}

#[test]
fn c13_stuck_output_of_a_dead_peer_is_left_behind() {
    let mut server = ManualConnection::server(Config::default());
    server.at(secs(30));
    assert_eq!(server.at(secs(50)), ["ended TimedOut(Pong)"]);
    // The Close frame has some more time to leave.
    assert!(!server.outgoing.is_empty());
    assert_eq!(server.connection.transport(), Transport::Close);
    let deadline = server.connection.poll_timeout().expect("not for ever");
    assert!(deadline <= Time::new(secs(55)));
    assert!(server.at(deadline.since_origin()).is_empty());
    assert!(server.outgoing.is_empty());
    assert_eq!(server.connection.poll_timeout(), None);
}

#[test]
fn continuation_after_a_break_keeps_its_message() {
    let dialogue = server().receive(masked(false, OpCode::Text, "a")).passes(secs(31));
    let dialogue = dialogue.receive(continuation(true, "b"));
    dialogue.expect([&sends_ping(1), "text \"ab\""]);
}

#[test]
fn memory_of_an_idle_connection() {
    let mut server = ManualConnection::server(Config::default());
    server.receive(text([b'a'; 100_000]));
    drop(server.incoming.take_back_window());
    assert_eq!(server.incoming.heap(), 0);
    server.connection.send_binary(&[0; 1000], &mut server.outgoing).unwrap();
    server.take_all_output();
    server.outgoing.shrink();
    assert_eq!((server.outgoing.heap(), Outgoing::new().heap()), (0, 0));
}
