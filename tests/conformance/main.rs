//! Plays the vectors of `conformance/` against this crate, and checks the catalogue that they
//! cover. `conformance/README.md` defines their format.

#[path = "../support/mod.rs"]
mod support;

mod bytes;
mod cases;
mod catalogue;
mod compare;
mod config;
mod counting;
mod cuts;
mod events;
mod files;
#[cfg(feature = "http")]
mod http_client;
mod player;
mod sends;
mod vector;

use cuts::Cuts;
use vector::{Step, Vector};
use websocket_proto::Delivery;

/// Plays all vectors of a file in all ways, and reports all that fail.
fn play(file: &str) {
    let vectors = files::vectors(file);
    let failures: Vec<String> =
        vectors.iter().filter_map(|vector| play_vector(vector).err()).collect();
    let (failed, all) = (failures.len(), vectors.len());
    assert!(failed == 0, "{failed} of {all} vectors of {file} fail:\n\n{}", failures.join("\n\n"));
}

/// Plays a vector in all ways, up to the first one that fails.
fn play_vector(vector: &Vector) -> Result<(), String> {
    for client in vector.roles() {
        for delivery in [Delivery::Whole, Delivery::Streaming] {
            for cuts in Cuts::ways() {
                player::play(vector, *client, delivery, cuts).map_err(|failure| {
                    let (id, title) = (&vector.id, &vector.title);
                    let role = if *client { "client" } else { "server" };
                    format!("{id}, {title}\n  as {role}, {delivery:?} delivery, {cuts}\n{failure}")
                })?;
            }
        }
    }
    Ok(())
}

/// A vector without one of its expectations has to fail, as the comparison must see all that
/// happens.
#[test]
fn every_expectation_counts() {
    for mut vector in files::FILES.into_iter().flat_map(files::vectors) {
        for at in 0..vector.steps.len() {
            for forget in [Step::forget_events, Step::forget_sends] {
                let Some(forgotten) = forget(&mut vector.steps[at]) else { continue };
                let client = vector.roles()[0];
                let played = player::play(&vector, client, Delivery::Whole, Cuts::Whole);
                assert!(played.is_err(), "{}: step {} expects what it likes", vector.id, at + 1);
                vector.steps[at].remember(forgotten);
            }
        }
    }
}

#[test]
fn server_handshake() {
    play("server-handshake");
}

#[test]
fn extensions() {
    play("extensions");
}

#[test]
fn client_handshake() {
    play("client-handshake");
}

#[test]
fn frames() {
    play("frames");
}

#[test]
fn messages() {
    play("messages");
}

#[test]
fn utf8() {
    play("utf8");
}

#[test]
fn close() {
    play("close");
}

#[test]
fn deflate() {
    play("deflate");
}

#[test]
fn timing() {
    play("timing");
}
