//! Who waits at a split socket, and who is woken when.
//!
//! A stream knows one waker for each direction, but more than two calls may wait. So the stream is
//! always polled with one waker, [`Waiters`] itself. When the stream is ready, that waker wakes two
//! tasks to go on with it: the receiver's, and that of one call that sends, as the receiver may be
//! busy with something else. Whoever has polled the stream then wakes the calls whose wait this
//! has ended, and no others: [`take_ready`](Waiters::take_ready) finds them, under the same lock as
//! the work.
//!
//! No wake-up is lost:
//!
//! - A call takes its place before it polls the stream, so whatever becomes ready during or after
//!   that poll finds it there.
//! - What calls wait for changes only under the lock of the socket, and whoever changed it looks
//!   for those who wait before unlocking.
//! - Where output is still to be written and the stream would wake nobody, one call is woken to
//!   write it.
//! - A call that was woken for the stream, and is dropped or has what it wants before it has polled
//!   the stream, passes the wake-up on.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::task::{Wake, Waker};

use super::super::sync::{Mutex, MutexGuard};

/// More than the header of a frame takes, in bytes.
const HEADER_LEN: usize = 16;

/// The calls that wait at a split socket.
#[derive(Debug, Default)]
pub(super) struct Waiters(Mutex<Places>);

/// The places of those who wait. They are locked for moments, and no waker is woken or dropped
/// meanwhile, as that may call back into the socket.
#[derive(Debug, Default)]
struct Places {
    receiver: Option<Waker>,
    /// Calls that wait until everything before a position in the output is flushed, by position and
    /// id.
    for_position: BTreeMap<(u64, u64), Waker>,
    /// Calls that wait for room alone. The next fragment of a message in progress does, and a ping.
    for_room: RoomRequests,
    /// Calls that wait until a message in fragments of another sender is finished, and then for room.
    for_message_end: RoomRequests,
    /// The id of the call that came last.
    last_id: u64,
    /// The bytes of the calls that were granted room and have not taken it yet.
    granted_bytes: usize,
    /// The call that was woken to go on with the stream and has not polled it yet.
    driver: Option<Key>,
}

/// Calls that are granted room in the order in which they came.
#[derive(Debug, Default)]
struct RoomRequests {
    /// By id.
    calls: BTreeMap<u64, RoomRequest>,
    /// Calls with smaller ids have all been granted room.
    next_to_grant: u64,
}

/// A call that waits for room.
#[derive(Debug)]
struct RoomRequest {
    waker: Waker,
    /// How many bytes of output the message takes.
    len: usize,
    /// The call was woken, as there is room for it.
    granted: bool,
}

/// Where a call waits: for a position to be passed, or for room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    /// A position, and the id of the call.
    Position(u64, u64),
    /// The id of the call.
    Request(Awaited, u64),
}

/// What a call waits for before it is granted room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    /// Nothing but room.
    Room,
    /// The end of another sender's message.
    MessageEnd,
}

/// The state of the output, as far as it decides who can go on.
#[derive(Debug)]
pub(super) struct OutputState {
    /// Everything before this position is flushed.
    pub(super) flushed: u64,
    /// No output waits to be written.
    pub(super) drained: bool,
    /// The room for messages in bytes; `None` if the next message has to wait.
    pub(super) room: Option<usize>,
    /// A message in fragments has begun and is not finished.
    pub(super) message_in_progress: bool,
    /// Messages are accepted.
    pub(super) open: bool,
    /// Output waits to be written, and the stream would wake nobody for it.
    pub(super) needs_driver: bool,
    /// The receiver has something to do, or has to do it earlier than it knows.
    pub(super) wakes_receiver: bool,
}

impl Waiters {
    /// Notes the waker of the receiver's task, which is woken once.
    pub(super) fn set_receiver(&self, waker: &Waker) {
        let _old_waker = self.lock().receiver.replace(waker.clone());
    }

    /// Drops the waker of the receiver's task.
    pub(super) fn forget_receiver(&self) {
        let _old_waker = self.lock().receiver.take();
    }

    /// The wakers of those who can go on now, and the first position that a call waits for the
    /// output to reach.
    pub(super) fn take_ready(&self, output: &OutputState) -> (Vec<Waker>, Option<u64>) {
        let mut places = self.lock();
        let mut wakers = Vec::new();
        if output.wakes_receiver {
            wakers.extend(places.receiver.take());
        }
        places.take_flushed(output, &mut wakers);
        places.grant_room(output, &mut wakers);
        if output.needs_driver && places.driver.is_none() {
            wakers.extend(places.appoint_driver());
        }
        (wakers, places.for_position.first_key_value().map(|(&(position, _), _)| position))
    }

    /// Wakes the receiver and one call to go on with the stream.
    fn wake_for_stream(&self) {
        let mut places = self.lock();
        let (receiver, driver) = (places.receiver.take(), places.appoint_driver());
        drop(places);
        receiver.into_iter().chain(driver).for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Waiters {
    fn wake(self: Arc<Self>) {
        self.wake_for_stream();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_for_stream();
    }
}

impl Places {
    /// Takes the wakers of the calls whose position has been reached, or never will be.
    fn take_flushed(&mut self, output: &OutputState, wakers: &mut Vec<Waker>) {
        while let Some(first) = self.for_position.first_entry() {
            let &(position, id) = first.key();
            if position > output.flushed && !output.drained {
                return;
            }
            wakers.push(first.remove());
            // Whoever flushed the output has polled the stream.
            self.driver.take_if(|driver| *driver == Key::Position(position, id));
        }
    }

    /// Takes the wakers of as many calls as there is room for. If the output has run empty, takes
    /// those of all calls, as some of those that were granted room may never be polled.
    fn grant_room(&mut self, output: &OutputState, wakers: &mut Vec<Waker>) {
        let all = output.drained || !output.open;
        if output.room.is_none() && output.open {
            return;
        }
        let room = output.room.unwrap_or(0);
        let message_has_ended = !output.message_in_progress || !output.open;
        while all || self.granted_bytes <= room {
            let for_end = self.for_message_end.next_id().filter(|_| message_has_ended);
            let ids = self.for_room.next_id().into_iter().chain(for_end);
            let Some(next) = ids.min() else { return };
            let awaited = if for_end == Some(next) { Awaited::MessageEnd } else { Awaited::Room };
            let Some(call) = self.requests(awaited).grant_next() else { return };
            let (len, waker) = (call.len, call.waker.clone());
            self.granted_bytes += len;
            wakers.push(waker);
        }
    }

    /// Chooses a call to go on with the stream, if any waits, and returns its waker.
    fn appoint_driver(&mut self) -> Option<Waker> {
        let first = self.for_position.first_key_value();
        let first = first.map(|(&(position, id), waker)| (Key::Position(position, id), waker));
        let for_room = || Some((Awaited::Room, self.for_room.calls.first_key_value()?));
        let for_end = || Some((Awaited::MessageEnd, self.for_message_end.calls.first_key_value()?));
        let (key, waker) = first.or_else(|| {
            let (awaited, (&id, request)) = for_room().or_else(for_end)?;
            Some((Key::Request(awaited, id), &request.waker))
        })?;
        let waker = waker.clone();
        self.driver = Some(key);
        Some(waker)
    }

    /// Gives a call its place, and returns the waker that was there before.
    fn insert(&mut self, key: Key, len: usize, waker: Waker) -> Option<Waker> {
        // The call polls the stream next.
        self.driver.take_if(|driver| *driver == key);
        match key {
            Key::Position(position, id) => self.for_position.insert((position, id), waker),
            Key::Request(awaited, id) => {
                let request = RoomRequest { waker, len, granted: false };
                let before = self.requests(awaited).insert(id, request);
                before.map(|request| self.return_grant(request))
            }
        }
    }

    fn remove(&mut self, key: Key) -> Option<Waker> {
        match key {
            Key::Position(position, id) => self.for_position.remove(&(position, id)),
            Key::Request(awaited, id) => {
                let request = self.requests(awaited).calls.remove(&id);
                request.map(|request| self.return_grant(request))
            }
        }
    }

    fn requests(&mut self, awaited: Awaited) -> &mut RoomRequests {
        match awaited {
            Awaited::Room => &mut self.for_room,
            Awaited::MessageEnd => &mut self.for_message_end,
        }
    }

    /// Frees the room that the request was granted, if it was.
    fn return_grant(&mut self, request: RoomRequest) -> Waker {
        if request.granted {
            self.granted_bytes -= request.len;
        }
        request.waker
    }
}

impl RoomRequests {
    /// Adds a call, and returns what it asked for before.
    fn insert(&mut self, id: u64, request: RoomRequest) -> Option<RoomRequest> {
        self.next_to_grant = self.next_to_grant.min(id);
        self.calls.insert(id, request)
    }

    /// The id of the first call that was not granted room.
    fn next_id(&self) -> Option<u64> {
        let mut waiting = self.calls.range(self.next_to_grant..).filter(|(_, call)| !call.granted);
        waiting.next().map(|(&id, _)| id)
    }

    /// Grants room to that call.
    fn grant_next(&mut self) -> Option<&RoomRequest> {
        let id = self.next_id()?;
        self.next_to_grant = id + 1;
        let call = self.calls.get_mut(&id)?;
        call.granted = true;
        Some(call)
    }
}

/// A call that may have to wait. It gives up its place when it is dropped.
#[derive(Debug)]
pub(super) struct Call {
    waiters: Arc<Waiters>,
    key: Option<Key>,
    /// Wakers to drop once nothing is locked.
    old_wakers: Vec<Waker>,
}

impl Call {
    pub(super) const fn new(waiters: Arc<Waiters>) -> Self {
        Self { waiters, key: None, old_wakers: Vec::new() }
    }

    /// Takes a place among those that wait for room, for a message of `len` bytes.
    pub(super) fn wait_for_room(&mut self, len: usize, waker: &Waker) {
        self.request_room(Awaited::Room, len, waker);
    }

    /// Takes a place among those that wait until a message in fragments of another sender is finished,
    /// and then for room for a message of `len` bytes.
    pub(super) fn wait_for_message_end(&mut self, len: usize, waker: &Waker) {
        self.request_room(Awaited::MessageEnd, len, waker);
    }

    /// Takes a place among those that wait until everything before a position is flushed.
    pub(super) fn wait_for_position(&mut self, position: u64, waker: &Waker) {
        let key = match self.key {
            Some(key @ Key::Position(known, _)) if known == position => key,
            Some(_) | None => Key::Position(position, self.new_id()),
        };
        self.wait(key, 0, waker);
    }

    /// Gives up the place. If this call was to go on with the stream, another one is woken for it.
    pub(super) fn stop_waiting(&mut self) {
        let Some(key) = self.key.take() else { return };
        let mut places = self.waiters.lock();
        self.old_wakers.extend(places.remove(key));
        let was_driver = places.driver.take_if(|driver| *driver == key).is_some();
        let driver = if was_driver { places.appoint_driver() } else { None };
        drop(places);
        // Waking consumes a waker, but not one of this call: it belongs to the call that is woken.
        driver.into_iter().for_each(Waker::wake);
    }

    /// Drops the wakers that are not needed any more. Call this with nothing locked.
    pub(super) fn drop_old_wakers(&mut self) {
        self.old_wakers.clear();
    }

    fn wait(&mut self, key: Key, len: usize, waker: &Waker) {
        if self.key.is_some_and(|known| known != key) {
            self.stop_waiting();
        }
        self.key = Some(key);
        let old_waker = self.waiters.lock().insert(key, len, waker.clone());
        self.old_wakers.extend(old_waker);
    }

    /// The id stays when what the call awaits changes, and so does the call's turn.
    fn request_room(&mut self, awaited: Awaited, len: usize, waker: &Waker) {
        let id = match self.key {
            Some(Key::Request(_, id)) => id,
            Some(Key::Position(..)) | None => self.new_id(),
        };
        self.wait(Key::Request(awaited, id), len.saturating_add(HEADER_LEN), waker);
    }

    fn new_id(&self) -> u64 {
        let mut places = self.waiters.lock();
        places.last_id += 1;
        places.last_id
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.stop_waiting();
    }
}
