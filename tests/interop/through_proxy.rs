//! Our side for `proxies` here: sends messages to an echo server through a proxy, and compares what
//! comes back.
//!
//! ```text
//! through_proxy std|tokio|smol URL PROXY CA.pem
//!                 prints 'echoed N bytes', or why not and exits with 1
//! ```

use std::env::args;
use std::process::ExitCode;

use websocket_proto::handshake::ClientRequest;
use websocket_proto::handshake::proxy::Proxy;
use websocket_proto::io::tls::ClientTls;
use websocket_proto::io::{Dial, Error, blocking, smol as on_smol, tokio as on_tokio};
use websocket_proto::{CloseCode, Config, Event};

const SIZES: [usize; 4] = [0, 200, 70_000, 16 << 20];

fn main() -> ExitCode {
    let arguments: Vec<_> = args().skip(1).collect();
    let [io, url, proxy, authority] = arguments.as_slice() else {
        panic!("usage: through_proxy std|tokio|smol URL PROXY CA.pem");
    };
    match run(io, url, proxy, authority) {
        Ok(()) => println!("echoed {} bytes", SIZES.iter().sum::<usize>()),
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn run(
    io: &str,
    url: &str,
    proxy: &str,
    authority: &str,
) -> Result<(), Box<dyn std::error::Error>> {
    let request = ClientRequest::new(url)?;
    let options = Dial::new().proxy(Proxy::new(proxy)?).tls(ClientTls::with_roots_file(authority)?);
    match io {
        "std" => with_threads(&request, &options)?,
        "tokio" => with_tokio(&request, &options)?,
        "smol" => smol::block_on(with_smol(&request, &options))?,
        _ => panic!("{io} is not one of std, tokio, smol"),
    }
    Ok(())
}

/// Sends a message of each size and waits for it, then closes.
macro_rules! talk {
    ($socket:ident, [$($wait:tt)*]) => {
        for size in SIZES {
            let message = message(size);
            $socket.send_binary(&message)$($wait)*?;
            loop {
                match $socket.receive()$($wait)*? {
                    Some((Event::Binary(data), _)) => {
                        assert!(data == message, "another message of {} bytes", data.len());
                        break;
                    }
                    Some(_) => {}
                    None => panic!("no answer to {size} bytes"),
                }
            }
        }
        $socket.close_with(CloseCode::NORMAL, "")$($wait)*?;
    };
}

fn with_threads(request: &ClientRequest, options: &Dial) -> Result<(), Error> {
    let mut socket = blocking::dial(request, Config::default(), options)?;
    talk!(socket, []);
    Ok(())
}

#[tokio::main]
async fn with_tokio(request: &ClientRequest, options: &Dial) -> Result<(), Error> {
    let mut socket = on_tokio::dial(request, Config::default(), options).await?;
    talk!(socket, [.await]);
    Ok(())
}

async fn with_smol(request: &ClientRequest, options: &Dial) -> Result<(), Error> {
    let mut socket = on_smol::dial(request, Config::default(), options).await?;
    talk!(socket, [.await]);
    Ok(())
}

/// Bytes that do not repeat with the length of any buffer.
fn message(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at % 251) as u8).collect()
}
