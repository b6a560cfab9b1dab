//! Messages in fragments, beside calls that wait for their end and calls that do not.
//!
//! Seen to fail: room is granted to nobody while a message in fragments is in progress.

use shuttle::future::block_on;
use shuttle::thread;
use websocket_proto::io::Error;
use websocket_proto::{MessageKind, SendError};

use super::pipe::Pipe;
use super::{explore, halves, numbers, receive, send};

/// Messages wait until one in fragments is finished or its sender is dropped.
#[test]
fn one_sends_fragments_while_others_send() {
    explore(|| {
        let pipe = Pipe::new(2);
        let (sender, receiver) = halves(&pipe, 4);
        let receiving = receive(receiver);
        let fragments = sender.clone();
        let in_fragments = thread::spawn(move || {
            block_on(async {
                fragments.start_message(MessageKind::Binary)?;
                thread::yield_now();
                fragments.send_last_fragment(&[9, 9]).await
            })
        });
        let abandoned = sender.clone();
        let abandoning =
            thread::spawn(move || abandoned.start_message(MessageKind::Binary).is_ok());
        let sending = [1, 2].map(|number| {
            let sender = sender.clone();
            thread::spawn(move || send(&sender, number).unwrap())
        });
        pipe.take(usize::MAX >> 1);
        for task in sending {
            task.join().unwrap();
        }
        abandoning.join().unwrap();
        let in_fragments = in_fragments.join().unwrap();
        let numbers = numbers(&pipe.written());
        match in_fragments {
            Ok(()) => assert_eq!(numbers, [1, 2, 9]),
            Err(Error::Send(SendError::MessageInProgress)) => assert_eq!(numbers, [1, 2]),
            Err(error) => panic!("{error}"),
        }
        pipe.end();
        receiving.join().unwrap();
    });
}

/// A fragment waits for room alone, and so does a ping. What they wait for may be written by calls
/// that wait for their own messages.
#[test]
fn a_fragment_and_a_ping_wait_for_room_that_others_make() {
    explore(|| {
        let pipe = Pipe::new(0);
        let (sender, receiver) = halves(&pipe, 4);
        let receiving = receive(receiver);
        let fragments = sender.clone();
        let in_fragments = thread::spawn(move || {
            block_on(async {
                fragments.start_message(MessageKind::Binary)?;
                fragments.send_fragment(&[2; 2]).await?;
                fragments.send_last_fragment(&[3; 2]).await
            })
        });
        let pinging = sender.clone();
        let pinging = thread::spawn(move || block_on(pinging.send_ping(&[4; 2])));
        let sending = [1, 5].map(|number| {
            let sender = sender.clone();
            thread::spawn(move || send(&sender, number))
        });
        [3, 5, 1, 4, 7].into_iter().for_each(|more| pipe.take(more));
        in_fragments.join().unwrap().unwrap();
        pinging.join().unwrap().unwrap();
        for task in sending {
            task.join().unwrap().unwrap();
        }
        let mut payloads: Vec<_> =
            pipe.written().as_chunks::<4>().0.iter().map(|frame| frame[2]).collect();
        payloads.sort_unstable();
        assert_eq!(payloads, [1, 2, 3, 4, 5]);
        pipe.end();
        receiving.join().unwrap();
    });
}
