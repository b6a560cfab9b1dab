//! All HTTP except the WebSocket: the page, tokens, and health and metrics for operators.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::chat::Chat;
use crate::socket;

/// The page may load what this server serves, and show pictures that came over the WebSocket;
/// nothing else.
const CONTENT_SECURITY: &str = "default-src 'self'; img-src 'self' blob:; object-src 'none'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes of the address that everybody may use.
pub(crate) fn router(chat: Arc<Chat>) -> Router {
    let mut router = Router::new()
        .route("/ws", get(socket::accept).post(socket::check))
        .route("/token", post(issue_token).layer(DefaultBodyLimit::max(256)))
        .route("/health", get(health));
    for (path, media, body) in ASSETS {
        router = router.route(path, get(async move || asset(media, body)));
    }
    router.with_state(chat)
}

/// The routes of the address that is for operators alone.
pub(crate) fn metrics_router(chat: Arc<Chat>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(chat)
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// The page and the files it loads: path, media type, contents.
const ASSETS: [(&str, &str, &str); 10] = [
    ("/", HTML, include_str!("../page/index.html")),
    ("/chat.css", CSS, include_str!("../page/chat.css")),
    ("/chat.js", SCRIPT, include_str!("../page/chat.js")),
    ("/composer.js", SCRIPT, include_str!("../page/composer.js")),
    ("/connection.js", SCRIPT, include_str!("../page/connection.js")),
    ("/conversation.js", SCRIPT, include_str!("../page/conversation.js")),
    ("/messages.js", SCRIPT, include_str!("../page/messages.js")),
    ("/people.js", SCRIPT, include_str!("../page/people.js")),
    ("/picture.js", SCRIPT, include_str!("../page/picture.js")),
    ("/icon.svg", SVG, include_str!("../page/icon.svg")),
];

fn asset(media: &'static str, body: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, media),
        (CONTENT_SECURITY_POLICY, CONTENT_SECURITY),
        (CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
        (HeaderName::from_static("referrer-policy"), "same-origin"),
    ];
    (headers, body).into_response()
}

/// Answers with a token for the name in the body. The token keeps the ID of an earlier one, if the
/// request carries that. Pages of other origins may send the request too, but cannot read the
/// answer.
async fn issue_token(State(chat): State<Arc<Chat>>, headers: HeaderMap, name: String) -> Response {
    let credentials = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let earlier = credentials.and_then(|credentials| credentials.strip_prefix("Bearer "));
    match chat.tokens.issue(&name, earlier) {
        Ok(token) => ([(CACHE_CONTROL, "no-store")], token).into_response(),
        Err(why) => (StatusCode::BAD_REQUEST, why).into_response(),
    }
}

async fn metrics(State(chat): State<Arc<Chat>>) -> Response {
    chat.metrics.slots_taken.set(chat.slots_taken() as i64);
    chat.metrics.rooms.set(chat.rooms.count() as i64);
    let media = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, media)], chat.metrics.encode()).into_response()
}

/// Tells load balancers whether this instance takes new connections.
async fn health(State(chat): State<Arc<Chat>>) -> Response {
    if chat.shutdown.has_begun() {
        (StatusCode::SERVICE_UNAVAILABLE, "restarting").into_response()
    } else {
        "ok".into_response()
    }
}
