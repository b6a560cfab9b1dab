//! Redirects: what the application added crosses to another origin only where it was asked to.

mod support;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use support::{cases, plain_entropy};
use websocket_proto::handshake::ClientRequest;
use websocket_proto::{Config, Connection, Outgoing, Time};

/// Names of headers, as programs write them. Some hold secrets, some are known to hold none.
const NAMES: [&str; 16] = [
    "Authorization",
    "X-Token",
    "Cookie",
    "COOKIE",
    "Proxy-Authorization",
    "X-Api-Key",
    "x-amz-security-token",
    "Accept",
    "accept-language",
    "Accept-Encoding",
    "Accept-",
    "Referer",
    "X-Forwarded-For",
    "Forwarded",
    "CF-Access-Client-Secret",
    "a",
];

/// Everybody may know these.
const HARMLESS: [&str; 2] = ["accept", "accept-language"];

/// Origins as locations name them, and what is compared of them: scheme, host and port.
const ORIGINS: [(&str, u8); 18] = [
    ("wss://h", 0),
    ("https://h", 0),
    ("WSS://H:443", 0),
    ("wss://h:0443", 0),
    ("wss://h:444", 1),
    ("https://h:444", 1),
    ("wss://h:80", 2),
    ("wss://hh", 3),
    ("wss://h.h", 4),
    ("wss://www.h", 5),
    ("wss://h.", 6),
    ("wss://127.0.0.1", 7),
    ("wss://127.0.0.2", 8),
    ("wss://[::1]", 9),
    ("wss://[::1]:443", 9),
    ("wss://[::2]", 10),
    ("wss://xn--h-0ga", 11),
    ("wss://h-", 12),
];

/// The value of the header with this number, which is found wherever it is sent.
fn secret(number: usize) -> String {
    format!("secret-{number}")
}

fn head(request: &ClientRequest) -> String {
    let mut outgoing = Outgoing::new();
    Connection::client(request, Config::default(), Time::ZERO, &plain_entropy, &mut outgoing)
        .unwrap();
    String::from_utf8(outgoing.pending().concat()).unwrap()
}

/// A redirect to an origin, or to a path of the same one.
#[derive(Clone, Debug)]
enum Location {
    Absolute(usize),
    WithoutScheme(usize),
    Relative(&'static str),
}

fn location() -> impl Strategy<Value = Location> {
    prop_oneof![
        3 => (0..ORIGINS.len()).prop_map(Location::Absolute),
        1 => (0..ORIGINS.len()).prop_map(Location::WithoutScheme),
        1 => select(vec!["", "/", "other", "../a", "?q", "/wss://hh/", "./wss:x"])
            .prop_map(Location::Relative),
    ]
}

impl Location {
    fn text(&self) -> String {
        match self {
            Self::Absolute(at) => format!("{}/chat", ORIGINS[*at].0),
            Self::WithoutScheme(at) => {
                let (_, rest) = ORIGINS[*at].0.split_once(':').unwrap();
                format!("{rest}/chat")
            }
            Self::Relative(path) => (*path).into(),
        }
    }

    /// The origin to which this leads from another.
    fn origin(&self, from: u8) -> u8 {
        match self {
            Self::Absolute(at) | Self::WithoutScheme(at) => ORIGINS[*at].1,
            Self::Relative(_) => from,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(2000),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Once another origin was on the way, even the first one does not see the headers again.
    #[test]
    fn headers_cross_origins_only_where_they_were_asked_to(
        names in subsequence(NAMES.to_vec(), 0..=NAMES.len()),
        kept in subsequence(NAMES.to_vec(), 0..4),
        kept_in_upper_case in any::<bool>(),
        user in any::<bool>(),
        from in 0..ORIGINS.len(),
        locations in prop::collection::vec(location(), 0..=5),
    ) {
        let start = if user { "://name:password@" } else { "://" };
        let uri = format!("{}/", ORIGINS[from].0.replacen("://", start, 1));
        let mut request = ClientRequest::new(&uri).unwrap();
        for (number, name) in names.iter().enumerate() {
            request = request.header(name, &secret(number)).unwrap();
        }
        for name in &kept {
            let name = if kept_in_upper_case { name.to_uppercase() } else { (*name).into() };
            request = request.keep_header(&name);
        }
        let (mut origin, mut crossed) = (ORIGINS[from].1, false);
        for location in &locations {
            request = request.redirected(&location.text()).unwrap();
            let next = location.origin(origin);
            crossed |= next != origin;
            origin = next;
            let head = head(&request);
            for (number, name) in names.iter().enumerate() {
                let is = |other: &&str| name.eq_ignore_ascii_case(other);
                let stays = !crossed || HARMLESS.iter().any(is) || kept.iter().any(is);
                let sent = head.contains(&format!("{}\r", secret(number)))
                    || head.contains(&format!("{};", secret(number)));
                prop_assert_eq!(sent, stays, "{}: {:?}", name, head);
            }
            let kept_user = kept.iter().any(|name| name.eq_ignore_ascii_case("Authorization"));
            let has_user = head.contains("bmFtZTpwYXNzd29yZA==");
            prop_assert!(!has_user || (user && (!crossed || kept_user)), "{:?}", head);
        }
    }

    /// No redirect leads from TLS to plain text.
    #[test]
    fn no_redirect_leaves_tls(at in 0..ORIGINS.len(), to in 0..ORIGINS.len()) {
        let request = ClientRequest::new(&format!("{}/", ORIGINS[at].0)).unwrap();
        let (_, rest) = ORIGINS[to].0.split_once(':').unwrap();
        for scheme in ["ws", "http", "WS", "hTTp"] {
            let location = format!("{scheme}:{rest}/");
            let led = request.redirected(&location).is_ok();
            prop_assert!(!led, "{}", location);
        }
    }
}
