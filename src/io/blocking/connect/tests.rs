//! Looking up names.

use std::time::Duration;

use super::*;

#[test]
fn nobody_waits_for_a_resolver_longer_than_the_limit() {
    let (end, ends) = mpsc::channel::<()>();
    let limit = Limit::new(Duration::from_millis(20));
    let resolve = move || {
        let _ = ends.recv();
        Ok(())
    };
    let waited = look_up(resolve, &limit);
    assert!(matches!(waited, Err(Reason::TimedOut(time)) if time == Duration::from_millis(20)));
    drop(end);
}

#[test]
fn what_a_resolver_finds_or_fails_with_is_passed_on() {
    let limit = Limit::new(Duration::from_secs(60));
    assert!(matches!(look_up(|| Ok(7), &limit), Ok(Ok(7))));
    let fails = || Err::<(), _>(ErrorKind::NotFound.into());
    let Ok(Err(error)) = look_up(fails, &limit) else { panic!("the resolver's error is lost") };
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
