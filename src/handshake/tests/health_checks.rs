//! Requests of load balancers.

use super::*;

fn config(path: &'static str) -> Config {
    Config { health_check: Some(path), ..Config::default() }
}

/// The response to a head, if it is a health check.
fn answer(head: &str, path: &'static str) -> Option<String> {
    let config = config(path);
    let read = read(&HeadReader::request(), head.as_bytes(), &config).expect("a whole head");
    let check = HealthCheck::of_head(&read.ok()?.0, config.health_check).ok()??;
    let mut out = Vec::new();
    check.encode_response(&mut out);
    Some(String::from_utf8(out).unwrap())
}

#[test]
fn h42_a_health_check_in_all_cuts() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\
                Content-Length: 3\r\nConnection: close\r\n\r\n";
    let get = answer("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", "/healthz");
    assert_eq!(get, Some(format!("{head}ok\n")));
    let head_only = answer("HEAD /healthz HTTP/1.1\r\nHost: h\r\n\r\n", "/healthz");
    assert_eq!(head_only.as_deref(), Some(head));
}

/// The slash at the beginning of the option may be missing.
#[test]
fn paths_of_health_checks() {
    for (option, path, is_check) in [
        ("healthz", "/healthz", true),
        ("/", "/", true),
        ("", "/", true),
        ("/", "http://h", true),
        ("/", "/x", false),
        ("/a%20b", "/a%20b", true),
        ("/healthz", "/healthz#x", false),
        ("/healthz", "healthz", false),
    ] {
        let head = format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(answer(&head, option).is_some(), is_check, "{option} {path}");
    }
}
