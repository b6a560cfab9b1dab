//! Makes seeds from the vectors in `conformance/`, and writes them to `corpus/TARGET/`.

#[path = "../../../../tests/conformance/bytes.rs"]
#[allow(dead_code, reason = "only a part of it is used here")]
mod bytes;
#[path = "../../../../tests/support/frames.rs"]
#[allow(dead_code, unreachable_pub, reason = "only `hex` is used here")]
mod support;
mod vectors;

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use vectors::Vector;
use websocket_proto_fuzz::{
    api, client_handshake, deflate_compared, deflate_stream, extended_connect, extensions,
    foreign_memory, frames, frames_compared, io, mask_utf8, proxies, server_handshake,
    url_and_headers,
};

/// The longest seed that is written. Longer ones only slow the fuzzer down.
const MAX_LEN: usize = 2048;

fn main() {
    let vectors = vectors::all();
    write("server_handshake", heads(&vectors, false).map(|it| server_handshake::Input::seed(&it)));
    write("client_handshake", heads(&vectors, true).map(|it| client_handshake::Input::seed(&it)));
    write("extensions", extension_lists(&vectors).map(|list| extensions::Input::seed(&list)));
    let listening = |(it, agreed): (Vec<u8>, bool)| frames::Input::seeds(agreed, &it);
    write("frames", streams(&vectors).flat_map(listening));
    let compressed = |(it, _): (Vec<u8>, bool)| deflate_stream::Input::seeds(&it);
    write("deflate_stream", streams(&vectors).flat_map(compressed));
    write("mask_utf8", streams(&vectors).map(|(bytes, _)| mask_utf8::Input::seed(&bytes)));
    write("url_and_headers", urls(&vectors).map(|url| url_and_headers::Input::seed(&url)));
    let variables = vectors::proxy_variables();
    let variables =
        variables.map(|[url, proxy, list]| proxies::Input::seed_of_variables(&url, &proxy, &list));
    let answers = vectors::proxy_answers().flat_map(|answers| proxies::Input::seeds(&answers));
    write("proxies", answers.chain(variables));
    write("api", api::Input::seeds());
    let compared = |(it, _): (Vec<u8>, bool)| frames_compared::Input::seeds(&it);
    write("frames_compared", streams(&vectors).flat_map(compared));
    let compared = |(it, _): (Vec<u8>, bool)| deflate_compared::Input::seeds(&it);
    write("deflate_compared", streams(&vectors).flat_map(compared));
    let mixed = |(it, _): (Vec<u8>, bool)| foreign_memory::Input::seeds(false, &it);
    let heads = [true, false].into_iter().flat_map(|client| heads(&vectors, client));
    let mixed_heads = heads.flat_map(|it| foreign_memory::Input::seeds(true, &it));
    write("foreign_memory", streams(&vectors).flat_map(mixed).chain(mixed_heads));
    write("extended_connect", header_lists(&vectors));
    write("io", io::Input::seeds());
}

/// The input of the vectors with handshakes, for one role.
fn heads(vectors: &[Vector], client: bool) -> impl Iterator<Item = Vec<u8>> {
    let handshakes = vectors.iter().filter(|vector| vector.handshake);
    handshakes.filter_map(move |vector| vector.input(client))
}

/// The input of the vectors with open connections, unmasked, and whether compression was agreed on.
fn streams(vectors: &[Vector]) -> impl Iterator<Item = (Vec<u8>, bool)> {
    let open = vectors.iter().filter(|vector| !vector.handshake);
    open.filter_map(|vector| Some((vector.unmasked_input()?, vector.agreed)))
}

/// The values of all `Sec-WebSocket-Extensions` headers.
fn extension_lists(vectors: &[Vector]) -> impl Iterator<Item = Vec<u8>> {
    let all = [true, false].into_iter().flat_map(|client| heads(vectors, client));
    all.flat_map(|head| {
        let lines = String::from_utf8_lossy(&head).into_owned();
        let values = lines.lines().filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("Sec-WebSocket-Extensions").then(|| value.trim().into())
        });
        values.collect::<Vec<Vec<u8>>>()
    })
}

/// The headers of all heads, as those of requests and of responses in HTTP/2.
fn header_lists(vectors: &[Vector]) -> impl Iterator<Item = Vec<u8>> {
    let all = [true, false].into_iter().flat_map(|client| heads(vectors, client));
    all.flat_map(|head| {
        let head = String::from_utf8_lossy(&head).into_owned();
        let fields = head.lines().filter_map(|line| line.split_once(": "));
        let fields = fields.map(|(name, value)| (name.to_ascii_lowercase(), value));
        let fields: Vec<_> = fields.filter(|(name, _)| !is_of_http_1(name)).collect();
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        [
            extended_connect::Input::seed_of_request(&fields),
            extended_connect::Input::seed_of_response(&fields),
        ]
    })
}

/// Whether a header of HTTP/1.1 has no place in HTTP/2, or is in every seed already.
fn is_of_http_1(name: &str) -> bool {
    ["host", "upgrade", "connection", "sec-websocket-version"].contains(&name)
}

fn urls(vectors: &[Vector]) -> impl Iterator<Item = String> {
    vectors.iter().flat_map(|vector| vector.urls.iter().cloned())
}

/// Writes each different seed to a file that is named by its hash.
fn write(target: &str, seeds: impl Iterator<Item = Vec<u8>>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).expect("a folder for the seeds");
    let seeds: BTreeSet<_> = seeds.filter(|seed| seed.len() <= MAX_LEN).collect();
    for seed in &seeds {
        let mut hasher = DefaultHasher::new();
        seed.hash(&mut hasher);
        let file = folder.join(format!("seed-{:016x}", hasher.finish()));
        fs::write(file, seed).expect("a seed is written");
    }
    println!("{target}: {} seeds", seeds.len());
}
