use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use super::*;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The second of two that are done at the same time may be the last that uses the connection.
#[test]
fn each_that_is_done_wakes_the_driver() {
    let (parking, count) = (Parking::default(), Arc::new(Count::default()));
    parking.take(&Waker::from(Arc::clone(&count)));
    let both = [parking.driver(), parking.driver()];
    both.into_iter().for_each(Waker::wake);
    assert_eq!(count.0.load(Ordering::Relaxed), 2);
    parking.close();
    parking.driver().wake();
    assert_eq!(count.0.load(Ordering::Relaxed), 2);
}
