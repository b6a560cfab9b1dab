//! Processes that fork, and threads that end: no masking key is used twice, and none is missing.
#![cfg(all(unix, feature = "std"))]
#![allow(unsafe_code, reason = "no safe call forks")]

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::sync::mpsc;
use std::thread;

use websocket_proto::handshake::ClientRequest;
use websocket_proto::io::OsEntropy;
use websocket_proto::{Config, Connection, Outgoing, Role, Time};

/// More keys than are fetched at once.
const KEYS: usize = 600;

/// Keys in pairs, so that two are not the same by chance.
type Keys = HashSet<[u8; 8]>;

struct Client {
    connection: Connection,
    outgoing: Outgoing,
}

impl Client {
    fn new() -> Self {
        let role = Role::Client(&OsEntropy);
        let connection = Connection::established(role, None, Config::default(), Time::ZERO);
        Self { connection, outgoing: Outgoing::new() }
    }

    /// The masking key of the next message.
    fn key(&mut self) -> [u8; 4] {
        self.connection.send_text("", &mut self.outgoing).unwrap();
        let frame = self.outgoing.first_piece();
        let key = frame[2..].try_into().expect("a frame with a key and no payload");
        self.outgoing.advance(6);
        key
    }

    fn keys(&mut self) -> Vec<u8> {
        (0..KEYS).flat_map(|_| self.key()).collect()
    }
}

/// All keys with those that follow them.
fn pairs(keys: &[u8]) -> Keys {
    let (keys, []) = keys.as_chunks::<4>() else { panic!("whole keys") };
    let pairs = keys.windows(2).map(|pair| pair.concat().try_into().unwrap());
    pairs.collect()
}

#[track_caller]
fn assert_different(processes: &[Vec<u8>]) {
    let all: Keys = processes.iter().flat_map(|keys| pairs(keys)).collect();
    let alone: usize = processes.iter().map(|keys| pairs(keys).len()).sum();
    assert_eq!(all.len(), alone, "keys that two processes have used");
}

/// Forks. The child calls `act` with one end of a pipe, and leaves; the other end is returned.
fn fork(act: impl FnOnce(&mut PipeWriter)) -> PipeReader {
    let (reader, mut writer) = pipe().unwrap();
    // SAFETY: the child allocates memory, which the C library allows after a fork, writes to a pipe,
    // and leaves.
    if unsafe { libc::fork() } == 0 {
        act(&mut writer);
        // SAFETY: nothing is left to do. What runs at a normal exit belongs to the parent.
        unsafe { libc::_exit(0) }
    }
    reader
}

fn read(mut pipe: PipeReader) -> Vec<u8> {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn parent_and_child_have_different_keys() {
    let mut client = Client::new();
    client.key();
    // The same connection, and one that is made later.
    let old = fork(|pipe| pipe.write_all(&client.keys()).unwrap());
    let new = fork(|pipe| pipe.write_all(&Client::new().keys()).unwrap());
    let processes = [client.keys(), read(old), read(new)];
    assert!(processes.iter().all(|keys| keys.len() == 4 * KEYS));
    assert_different(&processes);
}

#[test]
fn grandchildren_have_keys_of_their_own() {
    let mut client = Client::new();
    client.key();
    let descendants = fork(|pipe| {
        let first = client.key();
        let grandchild = read(fork(|pipe| pipe.write_all(&client.keys()).unwrap()));
        let own: Vec<u8> = first.into_iter().chain(client.keys()).collect();
        pipe.write_all(&[grandchild, own].concat()).unwrap();
    });
    let descendants = read(descendants);
    let (grandchild, child) = descendants.split_at(4 * KEYS);
    assert_eq!(child.len(), 4 * (KEYS + 1));
    assert_different(&[client.keys(), child.into(), grandchild.into()]);
}

#[test]
fn nonces_of_handshakes_are_different() {
    fn request() -> Vec<u8> {
        let (request, mut outgoing) = (ClientRequest::new("ws://h/").unwrap(), Outgoing::new());
        let config = Config::default();
        Connection::client(&request, config, Time::ZERO, &OsEntropy, &mut outgoing).unwrap();
        outgoing.first_piece().to_vec()
    }
    let first = request();
    let child = read(fork(|pipe| pipe.write_all(&request()).unwrap()));
    let parent = request();
    assert_eq!([parent.len(), child.len()], [first.len(); 2]);
    assert_ne!(parent, child);
}

/// Sends when its thread ends, after the thread's other variables are gone or before.
struct SendsAtTheEnd(RefCell<Client>, mpsc::Sender<[u8; 4]>);

impl Drop for SendsAtTheEnd {
    fn drop(&mut self) {
        let _ = self.1.send(self.0.borrow_mut().key());
    }
}

#[test]
fn a_destructor_of_a_thread_can_send() {
    thread_local! {
        static EARLY: RefCell<Option<SendsAtTheEnd>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<SendsAtTheEnd>> = const { RefCell::new(None) };
    }
    let (sender, keys) = mpsc::channel();
    let ends = thread::spawn(move || {
        let sends = || Some(SendsAtTheEnd(RefCell::new(Client::new()), sender.clone()));
        EARLY.set(sends());
        // The entropy's own variable is made between the two.
        let first = Client::new().key();
        LATE.set(sends());
        first
    });
    let first = ends.join().unwrap();
    let all: HashSet<[u8; 4]> = keys.iter().chain([first]).collect();
    assert_eq!(all.len(), 3);
}
