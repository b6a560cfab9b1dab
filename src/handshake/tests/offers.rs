//! How a server reads `Sec-WebSocket-Extensions` and answers it (rows E).

use super::*;
use ProtocolError::BadExtensions;

/// The extension in the response to `REQUEST` with these lines, and the parameters agreed to.
fn negotiated(
    lines: &str,
    policy: &DeflatePolicy,
) -> Result<Option<(String, DeflateParameters)>, ProtocolError> {
    let request = check_request(request_with(lines).as_bytes(), Some(policy))?;
    let mut head = Vec::new();
    let agreed = Acceptance::new().encode(&request, &mut head).unwrap();
    let said = Response::of_head(&head).header("Sec-WebSocket-Extensions");
    assert_eq!(said.is_some(), agreed.is_some());
    Ok(said.map(ToOwned::to_owned).zip(agreed))
}

fn answer_of(policy: &DeflatePolicy, list: &str) -> Option<String> {
    let line = format!("Sec-WebSocket-Extensions: {list}");
    negotiated(&line, policy).unwrap().map(|(said, _)| said)
}

fn answer(list: &str) -> Option<String> {
    answer_of(&DeflatePolicy::default(), list)
}

/// Panics unless an offer with these parameters is declined and the next offer is considered.
#[track_caller]
fn declines(parameters: &str) {
    let offer = format!("permessage-deflate; {parameters}");
    assert_eq!(answer(&offer), None, "{offer}");
    let next = format!("{offer}, permessage-deflate; server_no_context_takeover");
    let second = answer(&next).expect("the second offer");
    assert_eq!(second, "permessage-deflate; server_no_context_takeover");
}

/// Panics unless the list is answered with 400, with and without a policy.
#[track_caller]
fn malformed(list: &str) {
    let line = format!("Sec-WebSocket-Extensions: {list}");
    assert_eq!(negotiated(&line, &DeflatePolicy::default()), Err(BadExtensions), "{list}");
    refuses(request_with(&line), BadExtensions, 400);
}

fn bits(bits: u8) -> WindowBits {
    WindowBits::new(bits).unwrap()
}

fn client_window(bits: u8) -> DeflatePolicy {
    DeflatePolicy { client_max_window_bits: self::bits(bits), ..DeflatePolicy::default() }
}

#[test]
fn e01_without_parameters() {
    let offer = "permessage-deflate";
    assert_eq!(answer(offer).unwrap(), offer);
    assert_eq!(answer_of(&client_window(10), offer).unwrap(), offer);
    let strict = DeflatePolicy { requires_client_max_window_bits: true, ..client_window(10) };
    assert_eq!(answer_of(&strict, offer), None);
    let unlimited = DeflatePolicy { requires_client_max_window_bits: true, ..client_window(15) };
    assert_eq!(answer_of(&unlimited, offer).unwrap(), offer);
}

#[test]
fn e02_client_max_window_bits() {
    let offers = [("", 15), ("=8", 8), ("=15", 15), ("=10", 10)];
    for ((offer, promised), wanted) in
        offers.into_iter().flat_map(|offer| (8..=15).map(move |wanted| (offer, wanted)))
    {
        let said = answer_of(
            &client_window(wanted),
            &format!("permessage-deflate; client_max_window_bits{offer}"),
        );
        let expected = match promised.min(wanted) {
            15 => "permessage-deflate".into(),
            bits => format!("permessage-deflate; client_max_window_bits={bits}"),
        };
        assert_eq!(said.unwrap(), expected, "{offer} {wanted}");
    }
}

#[test]
fn e03_values_that_are_no_window_bits() {
    let numbers = ["7", "16", "0", "08", "+9", "9.0", " 9", "\t9", "0x9", "", "1", "150", "-9"];
    let strings = ["\"\"", "\" 9\"", "\"9 \"", "\"09\"", "\"9\\ \"", "\u{664}"];
    let long = "9".repeat(30);
    for name in ["server_max_window_bits", "client_max_window_bits"] {
        for value in numbers.iter().chain(&strings[..5]).chain([&&*long]) {
            declines(&format!("{name}={value}"));
        }
        declines(&format!("{name} =9"));
        malformed(&format!("permessage-deflate; {name}={}", strings[5]));
    }
}

#[test]
fn e04_server_max_window_bits_without_a_value() {
    declines("server_max_window_bits");
}

#[test]
fn e05_quoted_values() {
    let ten = "permessage-deflate; server_max_window_bits=10";
    for value in ["\"10\"", "\"1\\0\"", "\"\\1\\0\"", "\"10\" ", "10\t"] {
        let list = format!("permessage-deflate; server_max_window_bits={value}");
        assert_eq!(answer(&list).unwrap(), ten, "{value}");
    }
    for unclosed in ["\"10", "\"10\\\"", "\"", "\"\\", "\"10\"\"", "\"10\"0", "10\""] {
        malformed(&format!("permessage-deflate; server_max_window_bits={unclosed}"));
    }
    declines("server_max_window_bits=\"1 0\"");
    assert_eq!(answer("x; a=\"permessage-deflate, b; \\\"\"; c, permessage-deflate").unwrap(), {
        "permessage-deflate"
    });
}

#[test]
fn e06_flags_with_values() {
    for name in ["server_no_context_takeover", "client_no_context_takeover"] {
        for value in ["1", "true", "\"\"", ""] {
            declines(&format!("{name}={value}"));
        }
    }
}

#[test]
fn e07_parameters_that_come_twice() {
    let flags = ["server_no_context_takeover", "client_no_context_takeover"];
    let windows = ["server_max_window_bits=10", "client_max_window_bits=10"];
    for parameter in flags.iter().chain(&windows).chain(&["client_max_window_bits"]) {
        declines(&format!("{parameter}; {parameter}"));
    }
    declines("server_max_window_bits=10; server_max_window_bits=11");
    declines("client_max_window_bits; client_max_window_bits=11");
}

#[test]
fn e08_unknown_parameters() {
    for parameter in ["foo", "foo=1", "foo=\"1,2;3\"", "SERVER_NO_CONTEXT_TAKEOVER"] {
        declines(parameter);
        declines(&format!("server_no_context_takeover; {parameter}"));
    }
}

#[test]
fn e09_two_offers() {
    let good = "permessage-deflate; server_max_window_bits=10";
    let better = "permessage-deflate; client_no_context_takeover";
    assert_eq!(answer(&format!("permessage-deflate; foo, {good}, {better}")).unwrap(), good);
    assert_eq!(answer(&format!("{good}, {better}")).unwrap(), good);
    assert_eq!(answer(&format!("{better}, {good}")).unwrap(), better);
    assert_eq!(answer("permessage-deflate; foo, permessage-deflate; server_max_window_bits"), None);
}

#[test]
fn e10_unknown_extensions() {
    let unknown = ["x", "x-webkit-deflate-frame", "permessage-bzip2", "Permessage-Deflate"];
    for name in unknown {
        for parameters in ["", "; server_no_context_takeover", "; a=; b=\"\"; b; b"] {
            assert_eq!(answer(&format!("{name}{parameters}")), None);
            let both = format!("{name}{parameters}, permessage-deflate");
            assert_eq!(answer(&both).unwrap(), "permessage-deflate");
        }
    }
}

#[test]
fn e11_one_list_in_other_forms() {
    let expected = "permessage-deflate; server_no_context_takeover; server_max_window_bits=10";
    let offer = "permessage-deflate;server_max_window_bits=10;server_no_context_takeover";
    let tabs = "\tpermessage-deflate\t;\tserver_max_window_bits=10\t;  server_no_context_takeover ";
    for lines in [
        format!("Sec-WebSocket-Extensions: x, {offer}"),
        format!("Sec-WebSocket-Extensions: x\r\nX: y\r\nsec-websocket-extensions:{offer}"),
        format!(
            "Sec-WebSocket-Extensions: {offer}\r\nSec-WebSocket-Extensions: permessage-deflate"
        ),
        format!("Sec-WebSocket-Extensions: ,, x,\t,{offer} ,"),
        format!("Sec-WebSocket-Extensions: ,\r\nSec-WebSocket-Extensions:{tabs}"),
        format!("Sec-WebSocket-Extensions: {tabs},x\r\nSec-WebSocket-Extensions:"),
    ] {
        let agreed = negotiated(&lines, &DeflatePolicy::default()).unwrap();
        assert_eq!(agreed.unwrap().0, expected, "{lines}");
    }
}

#[test]
fn e12_hostile_names_and_sizes() {
    let long = "a".repeat(4 << 10);
    let many = vec!["a"; 10_000].join("; ");
    let escaped = format!("a=\"{}\"", "\\a".repeat(30_000));
    for name in ["__proto__", "constructor", &long] {
        assert_eq!(answer(name), None);
        declines(name);
        declines(&format!("{name}=1"));
    }
    for parameters in [&many, &escaped] {
        declines(parameters);
        assert_eq!(
            answer(&format!("x; {parameters}, permessage-deflate")).unwrap(),
            "permessage-deflate"
        );
    }
    declines(&format!("server_max_window_bits=\"{}\"", "\\1".repeat(30_000)));
}

#[test]
fn e13_grammar() {
    let rows = ["permessage-deflate;", "permessage-deflate;;", "permessage-deflate; =1"];
    let more = ["permessage-deflate=1", ", ,", "permessage-deflate;a b", ";;", "; =1", ";a b"];
    let others =
        ["", " \t", "a b", "\"a\"", "a;\"b\"", "a,;b", "a;b=c d", "a;b==c", "a/b", "a; b;"];
    for list in rows.iter().chain(&more).chain(&others) {
        malformed(list);
        if !list.trim_matches([' ', '\t', ',']).is_empty() {
            malformed(&format!("permessage-deflate, {list}"));
            malformed(&format!("{list}, permessage-deflate"));
            malformed(&format!("permessage-deflate\r\nSec-WebSocket-Extensions: {list}"));
        }
    }
}

#[test]
fn e14_a_window_that_cannot_be_sent_with() {
    declines("server_max_window_bits=8");
    let small = DeflatePolicy { server_max_window_bits: bits(8), ..DeflatePolicy::default() };
    let nine = "permessage-deflate; server_max_window_bits=9";
    assert_eq!(answer_of(&small, "permessage-deflate").unwrap(), nine);
    assert_eq!(answer_of(&small, "permessage-deflate; server_max_window_bits=12").unwrap(), nine);
    assert_eq!(answer_of(&small, "permessage-deflate; server_max_window_bits=8"), None);
}

#[test]
fn what_a_policy_asks_for() {
    let mut policy = client_window(12);
    policy.server_no_context_takeover = true;
    policy.client_no_context_takeover = true;
    policy.server_max_window_bits = bits(11);
    let line = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
    let (said, agreed) = negotiated(line, &policy).unwrap().unwrap();
    assert_eq!(
        said,
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
         server_max_window_bits=11; client_max_window_bits=12"
    );
    assert!(agreed.server_no_context_takeover && agreed.client_no_context_takeover);
    assert_eq!(agreed.server_max_window_bits, bits(11));
    assert_eq!(agreed.client_max_window_bits, bits(12));
}

#[test]
fn extensions_turned_off() {
    let offer = request_with("Sec-WebSocket-Extensions: permessage-deflate");
    let policy = DeflatePolicy::default();
    let off = [
        (check_request(offer.as_bytes(), None).unwrap(), Acceptance::new()),
        (
            check_request(offer.as_bytes(), Some(&policy)).unwrap(),
            Acceptance::new().without_extensions(),
        ),
    ];
    for (request, acceptance) in off {
        let mut head = Vec::new();
        assert_eq!(acceptance.encode(&request, &mut head), Ok(None));
        assert_eq!(String::from_utf8(head).unwrap(), RESPONSE);
    }
}

#[test]
fn what_was_agreed_on_as_an_element() {
    let mut agreed = DeflateParameters::default();
    assert_eq!(agreed.to_string(), "permessage-deflate");
    agreed.server_no_context_takeover = true;
    agreed.client_max_window_bits = WindowBits::new(10).unwrap();
    let element = "permessage-deflate; server_no_context_takeover; client_max_window_bits=10";
    assert_eq!(agreed.to_string(), element);
    agreed.client_no_context_takeover = true;
    agreed.server_max_window_bits = WindowBits::new(9).unwrap();
    let element = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
        server_max_window_bits=9; client_max_window_bits=10";
    assert_eq!(agreed.to_string(), element);
}
