//! The example `large_message`, with tungstenite at the other end.

#[path = "../../../examples/large_message.rs"]
#[expect(dead_code, reason = "its `main`")]
mod example;

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::thread;

use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameSocket};
use tokio_tungstenite::tungstenite::{Message, accept, client};

use super::{GUARD, dial};

/// The length of the message. 2 GiB are no different, but take minutes without optimization.
const LEN: usize = 16 << 20;

/// The longest chunk: what a read brings at a time, however long the frame is.
const MAX_CHUNK: usize = 256 << 10;

/// The byte of the message at a position. The period divides no length of a buffer.
fn byte_at(position: u64) -> u8 {
    (position % 251) as u8
}

/// The message as an input.
struct Input {
    position: u64,
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(LEN - self.position as usize);
        for byte in &mut buffer[..len] {
            *byte = byte_at(self.position);
            self.position += 1;
        }
        Ok(len)
    }
}

/// Checks that what is written to it is the message.
struct Output<'a> {
    position: &'a mut u64,
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(bytes.len() <= MAX_CHUNK, "{} bytes in memory", bytes.len());
        for byte in bytes {
            assert_eq!(*byte, byte_at(*self.position));
            *self.position += 1;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn their_message_in_many_frames() {
    receive_from(|input, frames| {
        let mut payload = vec![0; 1 << 20];
        for number in 0..LEN / payload.len() {
            input.read_exact(&mut payload).unwrap();
            let kind = if number == 0 { Data::Binary } else { Data::Continue };
            frames(Frame::message(payload.clone(), OpCode::Data(kind), false));
        }
        frames(Frame::message(vec![], OpCode::Data(Data::Continue), true));
    });
}

#[test]
fn their_message_in_one_frame() {
    receive_from(|input, frames| {
        let mut payload = vec![0; LEN];
        input.read_exact(&mut payload).unwrap();
        frames(Frame::message(payload, OpCode::Data(Data::Binary), true));
    });
}

/// Lets the example receive frames that tungstenite sends.
fn receive_from(send: impl FnOnce(&mut Input, &mut dyn FnMut(Frame))) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let receiver = thread::spawn(move || {
        let mut position = 0;
        let output = Output { position: &mut position };
        let said = example::receive(listener.accept().unwrap().0, output).unwrap();
        (position, said)
    });
    let (mut socket, _) = client(format!("ws://{address}/"), dial(address)).unwrap();
    send(&mut Input { position: 0 }, &mut |frame| socket.send(Message::Frame(frame)).unwrap());
    let said = format!("received {LEN} bytes");
    assert_eq!(socket.read().unwrap(), Message::text(said.as_str()));
    assert!(socket.read().unwrap().is_close());
    assert!(socket.read().is_err(), "the server has ended the stream");
    drop(socket);
    assert_eq!(receiver.join().unwrap(), (LEN as u64, said));
}

#[test]
fn our_message_in_fragments() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let sender = thread::spawn(move || example::send(&url, Input { position: 0 }).unwrap());
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(GUARD)).unwrap();
    // Their frames, as their messages would be put together in memory.
    let mut frames = FrameSocket::new(accept(stream).unwrap().into_inner());
    let mut position = 0;
    let mut count = 0;
    loop {
        let frame = frames.read(None).unwrap().unwrap();
        let kind = if count == 0 { Data::Binary } else { Data::Continue };
        assert_eq!(frame.header().opcode, OpCode::Data(kind));
        let mask = frame.header().mask.unwrap_or_default();
        let plain = frame.payload().iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
        Output { position: &mut position }.write_all(&plain.collect::<Vec<_>>()).unwrap();
        count += 1;
        if frame.header().is_final {
            break;
        }
    }
    assert_eq!((position, count), (LEN as u64, LEN / (64 << 10) + 1));
    frames.send(Frame::message("thank you", OpCode::Data(Data::Text), true)).unwrap();
    frames.send(Frame::close(None)).unwrap();
    let answer = frames.read(None).unwrap().unwrap();
    assert_eq!(answer.header().opcode, OpCode::Control(Control::Close));
    drop(frames);
    assert_eq!(sender.join().unwrap(), "the receiver says: thank you");
}
