//! Who waits at a split socket, and who is woken when.
//!
//! A stream knows one waker for each direction, and more than two calls may wait. So all of its
//! polls are made with one waker, [`Waiters`] itself. When the stream is ready this wakes two who go
//! on with it: the receiver, and one call that sends, as the receiver may be doing something else.
//! Whoever has worked at the stream then wakes those whose wait is over by that, and no others:
//! [`advance`](Waiters::advance), under the same lock as the work.
//!
//! Nothing is lost in between:
//!
//! - A call takes its place before it polls the stream, so whatever becomes ready in or after that
//!   poll finds it there.
//! - What calls wait for changes only under the lock of the socket, and whoever changed it looks
//!   who waits before it unlocks.
//! - Where something is left to leave and nobody waits for the stream, one call is woken to see to it.
//! - A call that was woken for the stream and is dropped, or has what it wants, before it looked at
//!   the stream passes that on.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::task::{Wake, Waker};

use super::sync::{Mutex, MutexGuard};

/// The calls that wait at a split socket.
#[derive(Debug, Default)]
pub(super) struct Waiters(Mutex<Places>);

/// Locked for moments; no waker is woken or dropped meanwhile, as that may come back here.
#[derive(Debug, Default)]
struct Places {
    receiver: Option<Waker>,
    /// Calls that wait until all before a position in the output has left.
    leaving: BTreeMap<(u64, u64), Waker>,
    /// Calls that wait for room, in the order in which they came.
    queuing: BTreeMap<u64, Queuing>,
    given: u64,
    /// Behind the last call that was woken as there is room for it, and the bytes that those will
    /// take.
    next: u64,
    granted: usize,
    /// The call that was woken to go on with the stream and has not looked yet.
    driver: Option<Key>,
}

#[derive(Debug)]
struct Queuing {
    waker: Waker,
    len: usize,
    granted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Leaving(u64, u64),
    Queuing(u64),
}

/// How it stands with the output, for those who wait.
#[derive(Debug)]
pub(super) struct Standing {
    /// All before this position has left.
    pub(super) left: u64,
    /// Nothing else will leave of what was queued.
    pub(super) drained: bool,
    /// The room for messages in bytes; `None` if the next has to wait.
    pub(super) room: Option<usize>,
    /// Messages are taken.
    pub(super) open: bool,
    /// Something is to leave, and the stream would wake nobody for it.
    pub(super) idle: bool,
    /// The receiver has something to do, or to do earlier.
    pub(super) receiver: bool,
}

impl Waiters {
    /// Has the receiver's task woken, once.
    pub(super) fn receive(&self, waker: &Waker) {
        let _known = self.lock().receiver.replace(waker.clone());
    }

    pub(super) fn forget_receiver(&self) {
        let _known = self.lock().receiver.take();
    }

    /// Takes out who can go on now. And up to which position the first call waits for what has been
    /// queued to leave.
    pub(super) fn advance(&self, standing: &Standing) -> (Vec<Waker>, Option<u64>) {
        let mut places = self.lock();
        let mut wakers = Vec::new();
        if standing.receiver {
            wakers.extend(places.receiver.take());
        }
        places.take_left(standing, &mut wakers);
        places.grant_room(standing, &mut wakers);
        if standing.idle && places.driver.is_none() {
            wakers.extend(places.appoint());
        }
        (wakers, places.leaving.first_key_value().map(|(&(position, _), _)| position))
    }

    /// Wakes those who go on with the stream.
    fn ready(&self) {
        let mut places = self.lock();
        let (receiver, driver) = (places.receiver.take(), places.appoint());
        drop(places);
        receiver.into_iter().chain(driver).for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Waiters {
    fn wake(self: Arc<Self>) {
        self.ready();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ready();
    }
}

impl Places {
    fn take_left(&mut self, standing: &Standing, wakers: &mut Vec<Waker>) {
        while let Some(first) = self.leaving.first_entry() {
            let &(position, id) = first.key();
            if position > standing.left && !standing.drained {
                return;
            }
            wakers.push(first.remove());
            // Who saw this leave has looked at the stream.
            self.driver.take_if(|driver| *driver == Key::Leaving(position, id));
        }
    }

    /// Wakes as many as there is room for, and all if the output has run empty, as there may be
    /// calls among them that nobody polls.
    fn grant_room(&mut self, standing: &Standing, wakers: &mut Vec<Waker>) {
        let all = standing.drained || !standing.open;
        if standing.room.is_none() && standing.open {
            return;
        }
        let room = standing.room.unwrap_or(0);
        while all || self.granted <= room {
            let mut waiting = self.queuing.range_mut(self.next..).filter(|(_, call)| !call.granted);
            let Some((&id, call)) = waiting.next() else { return };
            call.granted = true;
            self.granted += call.len;
            self.next = id + 1;
            wakers.push(call.waker.clone());
        }
    }

    /// The waker of a call that goes on with the stream, if there is one.
    fn appoint(&mut self) -> Option<Waker> {
        let leaving = self.leaving.first_key_value();
        let leaving = leaving.map(|(&(position, id), waker)| (Key::Leaving(position, id), waker));
        let queuing = self.queuing.first_key_value();
        let (key, waker) = leaving.or(queuing.map(|(&id, call)| (Key::Queuing(id), &call.waker)))?;
        let waker = waker.clone();
        self.driver = Some(key);
        Some(waker)
    }

    fn put(&mut self, key: Key, len: usize, waker: Waker) -> Option<Waker> {
        // It looks at the stream next.
        self.driver.take_if(|driver| *driver == key);
        match key {
            Key::Leaving(position, id) => self.leaving.insert((position, id), waker),
            Key::Queuing(id) => {
                self.next = self.next.min(id);
                let call = Queuing { waker, len, granted: false };
                self.queuing.insert(id, call).map(|known| self.ungrant(known))
            }
        }
    }

    fn remove(&mut self, key: Key) -> Option<Waker> {
        match key {
            Key::Leaving(position, id) => self.leaving.remove(&(position, id)),
            Key::Queuing(id) => self.queuing.remove(&id).map(|known| self.ungrant(known)),
        }
    }

    fn ungrant(&mut self, known: Queuing) -> Waker {
        if known.granted {
            self.granted -= known.len;
        }
        known.waker
    }
}

/// A call that may have to wait. Its place is gone with it.
#[derive(Debug)]
pub(super) struct Call {
    waiters: Arc<Waiters>,
    key: Option<Key>,
    /// Wakers to drop when nothing is locked.
    known: Vec<Waker>,
}

impl Call {
    pub(super) const fn new(waiters: Arc<Waiters>) -> Self {
        Self { waiters, key: None, known: Vec::new() }
    }

    /// Waits for room for a message of so many bytes.
    pub(super) fn wait_for_room(&mut self, len: usize, waker: &Waker) {
        let key = match self.key {
            Some(key @ Key::Queuing(_)) => key,
            Some(Key::Leaving(..)) | None => Key::Queuing(self.give()),
        };
        // What the frame takes besides.
        self.wait(key, len.saturating_add(16), waker);
    }

    /// Waits until all before a position has left.
    pub(super) fn wait_to_leave(&mut self, position: u64, waker: &Waker) {
        let key = match self.key {
            Some(key @ Key::Leaving(known, _)) if known == position => key,
            Some(_) | None => Key::Leaving(position, self.give()),
        };
        self.wait(key, 0, waker);
    }

    /// Waits no longer.
    pub(super) fn done(&mut self) {
        let Some(key) = self.key.take() else { return };
        let mut places = self.waiters.lock();
        self.known.extend(places.remove(key));
        let passed_on = places.driver == Some(key);
        let driver = if passed_on {
            places.driver = None;
            places.appoint()
        } else {
            None
        };
        drop(places);
        // Only wakes: what it held is of the call that is woken.
        driver.into_iter().for_each(Waker::wake);
    }

    /// Drops what is not needed any more. To be called with nothing locked.
    pub(super) fn tidy(&mut self) {
        self.known.clear();
    }

    fn wait(&mut self, key: Key, len: usize, waker: &Waker) {
        if self.key.is_some_and(|known| known != key) {
            self.done();
        }
        self.key = Some(key);
        let known = self.waiters.lock().put(key, len, waker.clone());
        self.known.extend(known);
    }

    fn give(&self) -> u64 {
        let mut places = self.waiters.lock();
        places.given += 1;
        places.given
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.done();
    }
}
