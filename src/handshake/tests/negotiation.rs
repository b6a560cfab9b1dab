//! How a client reads the response to its offers (rows A), and that both sides agree.

use proptest::collection::vec;
use proptest::prelude::*;

use super::extensions::{Extensions, answer_offers};
use super::*;
use ProtocolError::{BadDeflateResponse, BadExtensions, UnofferedExtension};

/// What `RESPONSE` with these lines agrees to if the client made these offers.
fn agreed(
    offers: &[DeflateOffer],
    lines: &str,
) -> Result<Option<DeflateParameters>, ProtocolError> {
    let request = ClientRequest::new("ws://h/c").unwrap();
    let expected = request.encode(*b"the sample nonce", offers, &mut Vec::new());
    let head = if lines.is_empty() { RESPONSE.into() } else { with_lines(RESPONSE, lines) };
    match check_response(head.as_bytes(), &expected)? {
        ResponseKind::Accepted(agreed) => Ok(agreed),
        ResponseKind::Interim | ResponseKind::Refused(_) => panic!("not a 101"),
    }
}

/// What a response with these parameters of permessage-deflate agrees to.
fn parameters(
    offers: &[DeflateOffer],
    parameters: &str,
) -> Result<Option<DeflateParameters>, ProtocolError> {
    agreed(offers, &format!("Sec-WebSocket-Extensions: permessage-deflate{parameters}"))
}

#[track_caller]
fn fails(offer: DeflateOffer, response: &str) {
    assert_eq!(parameters(&[offer], response), Err(BadDeflateResponse), "{response}");
}

/// An offer with this window for the client and no other parameters.
fn window(bits: Option<u8>) -> DeflateOffer {
    let bits = bits.map(|bits| WindowBits::new(bits).unwrap());
    DeflateOffer { client_max_window_bits: bits, ..DeflateOffer::default() }
}

fn server_window(bits: u8) -> DeflateOffer {
    DeflateOffer { server_max_window_bits: WindowBits::new(bits), ..DeflateOffer::default() }
}

#[test]
fn offers_in_the_request() {
    let mut all = window(Some(9));
    all.server_no_context_takeover = true;
    all.client_no_context_takeover = true;
    all.server_max_window_bits = Some(WindowBits::MIN);
    let request = ClientRequest::new("ws://h/c").unwrap().subprotocol("a").unwrap();
    let request = request.header("User-Agent", "").unwrap();
    let mut head = Vec::new();
    request.encode(*b"the sample nonce", &[all, DeflateOffer::default(), window(None)], &mut head);
    let lines = "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Extensions: permessage-deflate; \
         server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8; \
         client_max_window_bits=9, permessage-deflate; client_max_window_bits, permessage-deflate";
    assert_eq!(String::from_utf8(head).unwrap(), request_with(lines));
}

#[test]
fn a01_an_extension_that_was_not_offered() {
    let offers: [&[DeflateOffer]; 2] = [&[], &[DeflateOffer::default()]];
    for name in ["x-unknown", "x-webkit-deflate-frame", "Permessage-Deflate", "x; a=\"b\""] {
        for offers in offers {
            let alone = agreed(offers, &format!("Sec-WebSocket-Extensions: {name}"));
            assert_eq!(alone, Err(UnofferedExtension));
        }
        let both = parameters(offers[1], &format!(", {name}"));
        assert_eq!(both, Err(UnofferedExtension));
    }
    assert_eq!(parameters(&[], ""), Err(UnofferedExtension));
    assert_eq!(agreed(&[], "sec-websocket-extensions: ,permessage-deflate"), {
        Err(UnofferedExtension)
    });
}

#[test]
fn a02_twice() {
    let twice = [
        ", permessage-deflate",
        "\r\nSec-WebSocket-Extensions: permessage-deflate",
        ",, permessage-deflate; server_no_context_takeover",
    ];
    for response in twice {
        fails(DeflateOffer::default(), response);
        let two = parameters(&[DeflateOffer::default(), server_window(10)], response);
        assert_eq!(two, Err(BadDeflateResponse));
    }
}

#[test]
fn a03_client_max_window_bits_that_was_not_offered() {
    for bits in 8..=15 {
        fails(window(None), &format!("; client_max_window_bits={bits}"));
    }
}

#[test]
fn a04_windows() {
    fails(server_window(10), "; server_max_window_bits=11");
    fails(server_window(10), "");
    fails(window(Some(10)), "; client_max_window_bits=11");
    for value in ["=7", "=16", "=08", "=", "", "=\"\"", "= 9", "=+9", "=0"] {
        for name in ["server_max_window_bits", "client_max_window_bits"] {
            fails(DeflateOffer::default(), &format!("; {name}{value}"));
        }
    }
    for (offered, answered) in [(10, "8"), (10, "10"), (15, "\"1\\0\""), (8, "8")] {
        let said = format!("; server_max_window_bits={answered}");
        assert!(matches!(parameters(&[server_window(offered)], &said), Ok(Some(_))));
        let said = format!("; client_max_window_bits={answered}");
        assert!(matches!(parameters(&[window(Some(offered))], &said), Ok(Some(_))));
    }
    let unasked = parameters(&[window(None)], "; server_max_window_bits=9").unwrap().unwrap();
    assert_eq!(unasked.server_max_window_bits.bits(), 9);
    // A window that the server leaves out is 15 bits.
    assert_eq!(parameters(&[server_window(15)], ""), Ok(Some(DeflateParameters::default())));
}

#[test]
fn a05_unknown_and_repeated_parameters() {
    let repeated = ["; server_no_context_takeover; server_no_context_takeover"];
    let windows = ["; client_max_window_bits=10; client_max_window_bits=10"];
    let values = ["; client_no_context_takeover=1", "; server_no_context_takeover=\"\""];
    let unknown = ["; foo", "; foo=1", "; __proto__=\"\""];
    for response in repeated.iter().chain(&windows).chain(&values).chain(&unknown) {
        fails(DeflateOffer::default(), response);
    }
}

#[test]
fn a06_a_promise_asked_for_and_not_given() {
    let offer = DeflateOffer { server_no_context_takeover: true, ..DeflateOffer::default() };
    fails(offer, "");
    fails(offer, "; client_no_context_takeover");
    let given = parameters(&[offer], "; server_no_context_takeover").unwrap().unwrap();
    assert!(given.server_no_context_takeover);
    let unasked = parameters(&[DeflateOffer::default()], "; server_no_context_takeover");
    assert!(unasked.unwrap().unwrap().server_no_context_takeover);
    // The response may answer the other offer.
    assert_eq!(parameters(&[offer, DeflateOffer::default()], ""), {
        Ok(Some(DeflateParameters::default()))
    });
}

#[test]
fn a07_client_no_context_takeover_unasked() {
    let obeyed = parameters(&[window(None)], "; client_no_context_takeover").unwrap().unwrap();
    assert!(obeyed.client_no_context_takeover && !obeyed.server_no_context_takeover);
}

#[test]
fn a08_no_extension() {
    for offers in [&[][..], &[DeflateOffer::default()]] {
        assert_eq!(agreed(offers, ""), Ok(None));
    }
}

#[test]
fn e13_grammar_of_a_response() {
    for list in ["", ",", "permessage-deflate;", "permessage-deflate=1", "permessage-deflate; a b"]
    {
        let lines = format!("Sec-WebSocket-Extensions: {list}");
        for offers in [&[][..], &[DeflateOffer::default()]] {
            assert_eq!(agreed(offers, &lines), Err(BadExtensions), "{list}");
        }
    }
}

#[test]
fn promises_hold_unconfirmed() {
    let mut offer = window(Some(10));
    offer.client_no_context_takeover = true;
    let kept = parameters(&[offer], "").unwrap().unwrap();
    assert!(kept.client_no_context_takeover);
    assert_eq!(kept.client_max_window_bits.bits(), 10);
    // The client cannot know which of the two offers is answered.
    assert_eq!(parameters(&[DeflateOffer::default(), offer], ""), Ok(Some(kept)));
}

#[test]
fn window_bits() {
    let all: Vec<u8> = (0..=u8::MAX).filter(|bits| WindowBits::new(*bits).is_some()).collect();
    assert_eq!(all, [8, 9, 10, 11, 12, 13, 14, 15]);
    assert_eq!((WindowBits::MIN.bits(), WindowBits::MAX.bits()), (8, 15));
    assert_eq!((WindowBits::MIN.window(), WindowBits::default().window()), (256, 32_768));
    assert_eq!(size_of::<Option<DeflateParameters>>(), 4);
}

fn windows() -> impl Iterator<Item = WindowBits> + Clone {
    (8..=15).filter_map(WindowBits::new)
}

pub(super) fn every_offer() -> impl Iterator<Item = DeflateOffer> {
    let choices = || windows().map(Some).chain([None]);
    let windows = choices().flat_map(move |server| choices().map(move |client| (server, client)));
    windows.flat_map(|(server_max_window_bits, client_max_window_bits)| {
        (0..4).map(move |flags| DeflateOffer {
            server_no_context_takeover: flags & 1 != 0,
            client_no_context_takeover: flags & 2 != 0,
            server_max_window_bits,
            client_max_window_bits,
        })
    })
}

pub(super) fn every_policy() -> impl Iterator<Item = DeflatePolicy> {
    let windows = windows().flat_map(|server| windows().map(move |client| (server, client)));
    windows.flat_map(|(server_max_window_bits, client_max_window_bits)| {
        (0..8).map(move |flags| DeflatePolicy {
            server_no_context_takeover: flags & 1 != 0,
            client_no_context_takeover: flags & 2 != 0,
            requires_client_max_window_bits: flags & 4 != 0,
            server_max_window_bits,
            client_max_window_bits,
        })
    })
}

/// Panics unless the parameters keep to the policy and ask the client only for what it offered.
fn check_agreement(offer: &DeflateOffer, policy: &DeflatePolicy, agreed: DeflateParameters) {
    let nine = WindowBits::new(9).unwrap();
    assert!(agreed.server_max_window_bits >= nine);
    assert!(agreed.server_max_window_bits <= policy.server_max_window_bits.max(nine));
    assert!(agreed.server_max_window_bits <= offer.server_max_window_bits.unwrap_or_default());
    assert!(agreed.server_no_context_takeover >= policy.server_no_context_takeover);
    assert!(agreed.server_no_context_takeover >= offer.server_no_context_takeover);
    assert!(agreed.client_no_context_takeover >= policy.client_no_context_takeover);
    assert!(agreed.client_no_context_takeover >= offer.client_no_context_takeover);
    let wanted = offer.client_max_window_bits.map(|bits| bits.min(policy.client_max_window_bits));
    assert_eq!(agreed.client_max_window_bits, wanted.unwrap_or_default());
}

fn has_to_decline(offer: &DeflateOffer, policy: &DeflatePolicy) -> bool {
    let lacks_window = offer.client_max_window_bits.is_none()
        && policy.client_max_window_bits < WindowBits::MAX
        && policy.requires_client_max_window_bits;
    lacks_window || offer.server_max_window_bits == Some(WindowBits::MIN)
}

#[test]
fn every_offer_comes_back_as_it_was_written() {
    for offer in every_offer() {
        let text = offer.to_string();
        let mut list = Extensions::new(text.as_bytes());
        let read = DeflateOffer::read(list.next().unwrap().unwrap());
        assert_eq!(read, Some(offer), "{text}");
        assert!(list.next().is_none());
    }
}

#[test]
fn both_sides_agree_on_every_offer_and_policy() {
    for offer in every_offer() {
        let offered = offer.to_string();
        for policy in every_policy() {
            let values = [offered.as_bytes()].into_iter();
            let response = answer_offers(values, Some(&policy)).unwrap();
            assert_eq!(response.is_none(), has_to_decline(&offer, &policy), "{policy:?}");
            let Some(response) = response else { continue };
            let agreed = DeflateParameters::of_response(&response);
            check_agreement(&offer, &policy, agreed);
            let said = response.to_string();
            let read = check_answer(&said, &[offer]);
            assert_eq!(read, Ok(Some(agreed)), "{offered} {policy:?} {said}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_sides_agree_on_lists_of_offers(
        offers in vec(proptest::sample::select(every_offer().collect::<Vec<_>>()), 1..5),
        policy in proptest::sample::select(every_policy().collect::<Vec<_>>()),
    ) {
        let values: Vec<String> = offers.iter().map(ToString::to_string).collect();
        let values = values.iter().map(String::as_bytes);
        let response = answer_offers(values, Some(&policy)).unwrap();
        prop_assert_eq!(response, offers.iter().find_map(|offer| policy.answer(offer)));
        let Some(response) = response else { return Ok(()) };
        let agreed = DeflateParameters::of_response(&response);
        let said = response.to_string();
        let read = check_answer(&said, &offers).unwrap().unwrap();
        prop_assert_eq!(read.server_no_context_takeover, agreed.server_no_context_takeover);
        prop_assert_eq!(read.server_max_window_bits, agreed.server_max_window_bits);
        prop_assert!(read.client_no_context_takeover >= agreed.client_no_context_takeover);
        prop_assert!(read.client_max_window_bits <= agreed.client_max_window_bits);
    }
}
