//! What the application puts into a request or an answer reaches the other side unchanged: nothing
//! is lost, and no other header can be smuggled in.

use arbitrary::Arbitrary;
use websocket_proto::handshake::{
    Acceptance, AnswerError, ClientRequest, ExtendedConnect, ExtendedOpening, Headers,
    OriginPolicy, Rejection, Request, RequestError,
};
use websocket_proto::{Config, Connection, Event, Outgoing, Progress, Time};

use crate::side::{Side, same_bytes};

#[derive(Arbitrary, Debug)]
pub struct Input<'b> {
    /// The status of the server's answer; 0 is an acceptance.
    status: u16,
    /// The fields of `Fields`, with a unit separator (U+001F) between them.
    text: &'b str,
}

/// What the applications put into the request and the answer.
#[derive(Debug)]
struct Fields<'b> {
    status: u16,
    url: &'b str,
    location: &'b str,
    origin: &'b str,
    bearer: &'b str,
    body: &'b str,
    cookie: (&'b str, &'b str),
    credentials: (&'b str, &'b str),
    subprotocols: [&'b str; 2],
    headers: [(&'b str, &'b str); 3],
    answer: [(&'b str, &'b str); 2],
}

impl Input<'_> {
    /// The fuzzer's bytes for this URL, with a value for every other field.
    pub fn seed(url: &str) -> Vec<u8> {
        let fields = [
            url,
            "/next?a=b",
            "https://h",
            "b3.T-k",
            "no",
            "a",
            "b c",
            "user",
            "p w",
            "chat",
            "chat",
            "X-A",
            "1, 2",
            "Cookie",
            "c=d",
            "Authorization",
            "Digest x",
            "X-B",
            "é",
            "Date",
            "now",
        ];
        [&[145, 1], fields.join("\u{1f}").as_bytes()].concat()
    }

    pub fn check(self) {
        Fields::new(self.status, self.text).check();
    }
}

impl<'b> Fields<'b> {
    fn new(status: u16, text: &'b str) -> Self {
        let mut fields = text.split('\u{1f}');
        let mut next = || fields.next().unwrap_or_default();
        Self {
            status,
            url: next(),
            location: next(),
            origin: next(),
            bearer: next(),
            body: next(),
            cookie: (next(), next()),
            credentials: (next(), next()),
            subprotocols: [next(), next()],
            headers: [(next(), next()), (next(), next()), (next(), next())],
            answer: [(next(), next()), (next(), next())],
        }
    }

    fn check(&self) {
        let Ok(request) = ClientRequest::new(self.url) else { return };
        let again = request.uri().to_string().parse();
        assert_eq!(again.as_ref(), Ok(request.uri()), "escaped twice");
        self.check_request(&request);
        self.check_redirect(&request);
        let request = self.with_all(request);
        self.check_request(&request);
        self.check_redirect(&request);
    }

    /// The request with every field that it accepts.
    fn with_all(&self, request: ClientRequest) -> ClientRequest {
        type Add<'a> = Box<dyn Fn(ClientRequest) -> Result<ClientRequest, RequestError> + 'a>;
        let (user, password) = self.credentials;
        let mut adds: Vec<Add<'_>> = vec![
            Box::new(|request| request.origin(self.origin)),
            Box::new(|request| request.cookie(self.cookie.0, self.cookie.1)),
            Box::new(move |request| request.basic(user, password)),
            Box::new(|request| request.bearer(self.bearer)),
        ];
        for (name, value) in self.headers {
            adds.push(Box::new(move |request| request.header(name, value)));
        }
        for name in self.subprotocols {
            adds.push(Box::new(move |request| request.subprotocol(name)));
        }
        adds.iter().fold(request, |request, add| add(request.clone()).unwrap_or(request))
    }

    /// Checks that our server sees the request as it was made.
    fn check_request(&self, request: &ClientRequest) {
        let (mut client, mut server) = (new_client(request), new_server());
        let head = client.take_output();
        check_lines(&head);
        server.incoming.push(&head);
        let Side { connection, incoming, outgoing } = &mut server;
        let progress = connection.receive(Time::ZERO, incoming, outgoing).expect("a good request");
        assert_eq!(progress, Progress::Event);
        let Some(Event::Request(seen)) = incoming.event() else { panic!("a request") };
        assert_eq!(seen.target(), request.uri().resource());
        assert_eq!(seen.authority(), request.uri().authority());
        assert!(seen.subprotocols().eq(request.subprotocols()));
        assert!(seen.headers().get_all("Host").count() == 1);
        self.check_headers(seen);
        check_over_http2(request);
        self.check_answer(&mut client, &mut server);
    }

    /// Checks that each header from the caller arrives complete.
    fn check_headers(&self, seen: Request<'_>) {
        if let Some(origin) = seen.origin() {
            let is_allowed_by = |listed: &str| {
                let list = [listed];
                OriginPolicy::list(&list).is_ok_and(|policy| seen.is_origin_allowed(&policy))
            };
            let set = self.header("Origin").chain([self.origin]);
            assert!(origin == "null" || set.into_iter().any(is_allowed_by), "{origin:?}");
            assert!(origin == "null" || is_allowed_by(origin), "{origin:?}");
        }
        let others = seen.headers().iter().filter(|header| !is_ours(header.name()));
        for header in others {
            let same = |value: &str| value.trim_matches([' ', '\t']).as_bytes() == header.value();
            assert!(self.header(header.name()).any(same), "{header:?}");
        }
    }

    fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = move |(found, _): &&(&str, &str)| found.eq_ignore_ascii_case(name);
        self.headers.iter().filter(named).map(|(_, value)| *value)
    }

    /// Answers the request, and checks that our client sees the answer as it was made.
    fn check_answer(&self, client: &mut Side, server: &mut Side) {
        let (connection, outgoing) = (&mut server.connection, &mut server.outgoing);
        if self.status == 0 {
            let answer = self.acceptance();
            let answered = connection.accept(Time::ZERO, &answer, outgoing);
            if answered == Err(AnswerError::UnofferedSubprotocol) {
                connection.accept(Time::ZERO, &Acceptance::new(), outgoing).expect("not answered");
            }
        } else {
            let Ok(rejection) = Rejection::new(self.status) else { return };
            let add = |answer: Rejection, (name, value)| {
                answer.clone().header(name, value).unwrap_or(answer)
            };
            let answer = self.answer.into_iter().fold(rejection.text(self.body), add);
            connection.reject(Time::ZERO, &answer, outgoing).expect("not answered");
        }
        let head = server.take_output();
        client.incoming.push(&head);
        let Side { connection, incoming, outgoing } = client;
        let progress = connection.receive(Time::ZERO, incoming, outgoing).expect("a good answer");
        assert_eq!(progress, Progress::Event);
        match incoming.event() {
            Some(Event::Open(response)) => self.check_answer_headers(response.headers()),
            Some(Event::Refused(response)) => {
                let body = if self.status == 304 { "" } else { self.body };
                assert_eq!((response.status(), response.body()), (self.status, body.as_bytes()));
                self.check_answer_headers(response.headers());
            }
            other => panic!("{other:?}"),
        }
        assert!(incoming.unread().is_empty());
    }

    fn acceptance(&self) -> Acceptance {
        let add = |answer: Acceptance, (name, value)| {
            answer.clone().header(name, value).unwrap_or(answer)
        };
        let answer = self.answer.into_iter().fold(Acceptance::new(), add);
        answer.clone().subprotocol(self.subprotocols[1]).unwrap_or(answer)
    }

    fn check_answer_headers(&self, headers: Headers<'_>) {
        for header in headers.iter().filter(|header| !is_ours(header.name())) {
            let same = |(name, value): &(&str, &str)| {
                name.eq_ignore_ascii_case(header.name())
                    && value.trim_matches([' ', '\t']).as_bytes() == header.value()
            };
            assert!(self.answer.iter().any(same), "{header:?}");
        }
    }

    /// Checks that a redirect neither downgrades nor takes cookies to another origin.
    fn check_redirect(&self, request: &ClientRequest) {
        let Ok(next) = request.redirected(self.location) else { return };
        assert!(next.uri().is_secure() || !request.uri().is_secure(), "a downgrade");
        self.check_request(&next);
        let same = (next.uri().is_secure(), next.uri().authority())
            == (request.uri().is_secure(), request.uri().authority());
        let head = new_client(&next).take_output();
        let head = String::from_utf8(head).expect("UTF-8");
        assert!(same || !head.contains("\r\nCookie: "), "a cookie for another origin");
    }
}

/// Checks that our server accepts the request in HTTP/2, unless it has a header that is forbidden
/// there, and sees it as it was made.
fn check_over_http2(request: &ClientRequest) {
    let opening = match ExtendedOpening::new(request, &[]) {
        Ok(opening) => opening,
        Err(error) => return assert_eq!(error, RequestError::ReservedHeader),
    };
    let fields = opening.headers().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let accepted = ExtendedConnect::from_headers(fields).expect("a good request");
    let seen = accepted.request();
    assert_eq!(seen.target(), request.uri().resource());
    assert_eq!(seen.authority(), request.uri().authority());
    assert!(seen.subprotocols().eq(request.subprotocols()));
}

/// Whether the crate writes this header, or has a method of its own for it.
fn is_ours(name: &str) -> bool {
    const OURS: [&str; 14] = [
        "Host",
        "Upgrade",
        "Connection",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "Sec-WebSocket-Protocol",
        "Sec-WebSocket-Accept",
        "Origin",
        "Authorization",
        "Cookie",
        "Content-Length",
        "Content-Type",
        "Date",
        "User-Agent",
    ];
    OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name))
}

/// Checks that another parser reads the whole head, and that it has no more lines than headers.
fn check_lines(head: &[u8]) {
    let mut headers = [httparse::EMPTY_HEADER; 24];
    let mut request = httparse::Request::new(&mut headers);
    let length = request.parse(head).expect("a good head").unwrap();
    assert_eq!(length, head.len(), "something follows the head");
    let lines = head.split(|byte| *byte == b'\n').count();
    // Besides the headers: the request line, the empty line, and the rest after the last line feed.
    assert_eq!(lines, request.headers.len() + 3);
}

fn new_client(request: &ClientRequest) -> Side {
    let mut outgoing = Outgoing::new();
    let (config, now) = (long_heads(), Time::ZERO);
    let connection = Connection::client(request, config, now, &same_bytes, &mut outgoing);
    Side::new(connection.expect("random bytes"), outgoing)
}

fn new_server() -> Side {
    Side::new(Connection::server(long_heads(), Time::ZERO), Outgoing::new())
}

fn long_heads() -> Config {
    let mut config = Config::default();
    config.limits.head = 1 << 20;
    config.limits.refusal_body = 1 << 20;
    config
}
