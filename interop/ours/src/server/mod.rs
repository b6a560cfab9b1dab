//! A server that obeys the commands of a server program, and tells what it has seen.

mod listen;
mod open;
mod record;
mod visit;

use std::io;
use std::net::SocketAddr;

use crate::no_such_adapter;
use crate::settings::Settings;

const LISTEN: &str = "127.0.0.1:0";

pub(crate) fn run(adapter: &str, settings: Settings) -> io::Result<()> {
    open::end_with_input();
    match adapter {
        "std" => listen::with_threads(settings),
        "tokio" => listen::on_tokio(settings),
        "smol" => smol::block_on(listen::on_smol(settings)),
        other => Err(no_such_adapter(other)),
    }
}

fn announce(settings: &Settings, address: SocketAddr) {
    let scheme = if settings.tls.is_some() { "wss" } else { "ws" };
    println!("listening on {scheme}://{address}");
}
