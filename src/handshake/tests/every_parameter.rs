//! Every combination of parameters, with good and bad values, against the rules of RFC 7692 §7.1.

use super::super::extensions::{
    DeflateOffer, DeflateParameters, DeflatePolicy, WindowBits, answer_offers,
};
use super::check_answer;
use super::negotiation::{every_offer, every_policy};

/// How a parameter is written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Written {
    Absent,
    Alone,
    With(u8),
}

use Written::{Absent, Alone, With};

impl Written {
    fn is_present(self) -> bool {
        self != Absent
    }

    /// The size of a window, which is valid from 8 to 15.
    fn bits(self) -> Option<u8> {
        match self {
            With(bits @ 8..=15) => Some(bits),
            Absent | Alone | With(_) => None,
        }
    }
}

/// The four parameters of an offer or a response.
#[derive(Clone, Copy, Debug)]
struct Element {
    server_takeover: Written,
    client_takeover: Written,
    server_bits: Written,
    client_bits: Written,
}

/// What is agreed on: whether context takeover is off for the server and for the client, and the
/// windows of the server and of the client.
type Agreed = (bool, bool, u8, u8);

impl Element {
    fn every() -> impl Iterator<Item = Self> {
        let flags = [Absent, Alone, With(1)];
        let windows = || [Absent, Alone].into_iter().chain((7..=16).map(With));
        flags.into_iter().flat_map(move |server_takeover| {
            flags.into_iter().flat_map(move |client_takeover| {
                windows().flat_map(move |server_bits| {
                    windows().map(move |client_bits| Self {
                        server_takeover,
                        client_takeover,
                        server_bits,
                        client_bits,
                    })
                })
            })
        })
    }

    fn text(self) -> String {
        let mut text = "permessage-deflate".to_owned();
        for (name, written) in [
            ("server_no_context_takeover", self.server_takeover),
            ("client_no_context_takeover", self.client_takeover),
            ("server_max_window_bits", self.server_bits),
            ("client_max_window_bits", self.client_bits),
        ] {
            match written {
                Absent => {}
                Alone => text += &format!("; {name}"),
                With(value) => text += &format!("; {name}={value}"),
            }
        }
        text
    }

    /// §7.1.1, §7.1.2: the takeovers have no value, and the server's window has one from 8 to 15.
    fn is_valid(self) -> bool {
        let flags = [self.server_takeover, self.client_takeover];
        let flags = flags.iter().all(|flag| matches!(flag, Absent | Alone));
        flags && (self.server_bits == Absent || self.server_bits.bits().is_some())
    }

    /// What a server with this policy agrees to if this element is an offer.
    fn agreed_by_server(self, policy: &DeflatePolicy) -> Option<Agreed> {
        // §7.1.2.2: an offer may leave the value out.
        let asked = match self.client_bits {
            Absent => None,
            Alone => Some(15),
            With(bits @ 8..=15) => Some(bits),
            With(_) => return None,
        };
        let wanted = policy.client_max_window_bits.bits();
        let lacks_window = asked.is_none() && wanted < 15 && policy.requires_client_max_window_bits;
        // zlib cannot compress with a window of 8 bits.
        if !self.is_valid() || lacks_window || self.server_bits == With(8) {
            return None;
        }
        let own = policy.server_max_window_bits.bits().max(9);
        Some((
            self.server_takeover.is_present() || policy.server_no_context_takeover,
            self.client_takeover.is_present() || policy.client_no_context_takeover,
            self.server_bits.bits().unwrap_or(15).min(own),
            asked.map_or(15, |bits| bits.min(wanted)),
        ))
    }

    /// What a client that made this offer agrees to if this element is the response.
    fn agreed_by_client(self, offer: &DeflateOffer) -> Option<Agreed> {
        let server = offer.server_max_window_bits.map(WindowBits::bits);
        let client = offer.client_max_window_bits.map(WindowBits::bits);
        // §7.1.1.1: the server must confirm what it was asked.
        let takeover = self.server_takeover.is_present() || !offer.server_no_context_takeover;
        // §7.1.2.1: the server's window is at most what it was asked; without a value it is 15
        // bits.
        let server_bits = self.server_bits.bits().unwrap_or(15);
        // §7.1.2.2: the server asks the client for a window only if the offer allows it, with a
        // value.
        let client_bits = match (self.client_bits, client) {
            (Absent, client) => client.unwrap_or(15),
            (written, client) => written.bits().filter(|bits| client >= Some(*bits))?,
        };
        let no_takeover = self.client_takeover.is_present() || offer.client_no_context_takeover;
        let agreed = (self.server_takeover.is_present(), no_takeover, server_bits, client_bits);
        let fits = server_bits <= server.unwrap_or(15);
        (self.is_valid() && takeover && fits).then_some(agreed)
    }
}

/// The parameters in the form that the rules above lead to.
fn summary(agreed: DeflateParameters) -> Agreed {
    (
        agreed.server_no_context_takeover,
        agreed.client_no_context_takeover,
        agreed.server_max_window_bits.bits(),
        agreed.client_max_window_bits.bits(),
    )
}

#[test]
fn every_offer_under_every_policy() {
    for element in Element::every() {
        let text = element.text();
        for policy in every_policy() {
            let response = answer_offers([text.as_bytes()].into_iter(), Some(&policy)).unwrap();
            let agreed =
                response.map(|response| summary(DeflateParameters::of_response(&response)));
            assert_eq!(agreed, element.agreed_by_server(&policy), "{text}, {policy:?}");
        }
    }
}

#[test]
fn every_response_to_every_offer() {
    for element in Element::every() {
        let text = element.text();
        for offer in every_offer() {
            let agreed = check_answer(&text, &[offer]);
            let agreed = agreed.ok().flatten().map(summary);
            assert_eq!(agreed, element.agreed_by_client(&offer), "{text} to {offer}");
        }
    }
}
