//! Code over messages that is the same for tungstenite and for us, but for its imports.

use std::error::Error;

/// What programs do with messages. A Close frame is the one thing that looks different.
macro_rules! program {
    ($name:ident, $crate_name:path, $close:expr) => {
        mod $name {
            use std::error::Error;

            use $crate_name::{Message, Utf8Bytes};

            /// A message as a log has it.
            fn describe(message: &Message) -> Result<String, Box<dyn Error>> {
                let kind = if message.is_text() || message.is_binary() {
                    "message"
                } else if message.is_ping() || message.is_pong() {
                    "control frame"
                } else {
                    assert!(message.is_close());
                    return Ok("closed".into());
                };
                let text = message.to_text()?;
                Ok(format!("{kind} of {}: {text} {}", message.len(), message.is_empty()))
            }

            fn respond(message: Message) -> Result<Option<Message>, Box<dyn Error>> {
                Ok(match message {
                    Message::Text(text) if text == "quit" => None,
                    Message::Text(text) => Some(Message::Text(format!("you said {text}").into())),
                    Message::Binary(data) => Some(Message::Binary(data.slice(1..).to_vec().into())),
                    Message::Ping(payload) => Some(Message::Pong(payload)),
                    other => Some(Message::text(other.into_text()?)),
                })
            }

            pub(super) fn run() -> Result<Vec<String>, Box<dyn Error>> {
                let messages: [Message; 8] = [
                    "Hello".into(),
                    String::from("quit").into(),
                    vec![b'a', b'b'].into(),
                    [b'c'][..].into(),
                    Message::text(Utf8Bytes::from_static("static")),
                    Message::binary(&b"x"[..]),
                    Message::Ping("p".into()),
                    $close,
                ];
                let mut seen = Vec::new();
                for message in messages {
                    seen.push(describe(&message)?);
                    seen.push(message.to_string());
                    if let Some(response) = respond(message)? {
                        seen.push(response.to_string());
                        seen.push(format!("{:?}", &response.into_data()[..]));
                    }
                }
                Ok(seen)
            }

            /// Why the message is no text.
            pub(super) fn fail() -> Box<dyn Error> {
                describe(&Message::binary(vec![0xff])).unwrap_err()
            }
        }
    };
}

program!(theirs, tokio_tungstenite::tungstenite, Message::Close(None));
program!(ours, websocket_proto, Message::close(websocket_proto::CloseCode::NORMAL, ""));

#[test]
fn messages_are_used_in_the_same_way() -> Result<(), Box<dyn Error>> {
    assert_eq!(ours::run()?, theirs::run()?);
    assert!(theirs::fail().to_string().contains("UTF-8"));
    assert!(ours::fail().to_string().contains("utf-8"));
    Ok(())
}
