//! The schedule of the attempts, with a clock that the tests set.

use super::*;

fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn at(millis: u64) -> Time {
    Time::new(Duration::from_millis(millis))
}

#[test]
fn the_families_take_turns() {
    let cases = [
        (&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"][..], "[::1]:1 1.1.1.1:1 [::2]:1 [::3]:1"),
        (&["1.1.1.1:1", "2.2.2.2:1", "[::1]:1"], "1.1.1.1:1 [::1]:1 2.2.2.2:1"),
        (&["2.2.2.2:1", "1.1.1.1:1"], "2.2.2.2:1 1.1.1.1:1"),
        (&["[::1]:1"], "[::1]:1"),
        (&[], ""),
    ];
    for (resolved, tried) in cases {
        let order: Vec<_> =
            interleaved(addresses(resolved)).iter().map(ToString::to_string).collect();
        assert_eq!(order.join(" "), tried);
    }
}

#[test]
fn an_attempt_begins_after_the_delay_of_the_last_one() {
    let [one, two, three] = addresses(&["1.1.1.1:1", "2.2.2.2:1", "3.3.3.3:1"])[..] else {
        panic!()
    };
    let mut schedule = Schedule::new(vec![one, two, three]);
    assert_eq!(schedule.next(at(1000)), Step::Try(one));
    assert_eq!(schedule.next(at(1000)), Step::Wait(Some(at(1250))));
    assert_eq!(schedule.next(at(1249)), Step::Wait(Some(at(1250))));
    assert_eq!(schedule.next(at(1260)), Step::Try(two));
    assert_eq!(schedule.next(at(1260)), Step::Wait(Some(at(1510))));
    assert_eq!(schedule.next(at(1510)), Step::Try(three));
    assert_eq!(schedule.next(at(1510)), Step::Wait(None));
    assert_eq!(schedule.into_pending(), [one, two, three]);
}

#[test]
fn an_attempt_begins_at_once_after_a_failure() {
    let [one, two, three] = addresses(&["1.1.1.1:1", "2.2.2.2:1", "3.3.3.3:1"])[..] else {
        panic!()
    };
    let mut schedule = Schedule::new(vec![one, two, three]);
    assert_eq!(schedule.next(at(0)), Step::Try(one));
    schedule.note_failure(one);
    assert_eq!(schedule.next(at(1)), Step::Try(two));
    assert_eq!(schedule.next(at(1)), Step::Wait(Some(at(251))));
    schedule.note_failure(two);
    assert!(!schedule.is_last());
    assert_eq!(schedule.next(at(2)), Step::Try(three));
    assert!(schedule.is_last());
    assert_eq!(schedule.next(at(2)), Step::Wait(None));
    schedule.note_failure(three);
    assert_eq!(schedule.next(at(3)), Step::GiveUp);
}

#[test]
fn an_address_that_is_given_twice_is_tried_twice() {
    let [one] = addresses(&["1.1.1.1:1"])[..] else { panic!() };
    let mut schedule = Schedule::new(vec![one, one]);
    assert_eq!(schedule.next(at(0)), Step::Try(one));
    assert_eq!(schedule.next(at(250)), Step::Try(one));
    schedule.note_failure(one);
    assert_eq!(schedule.next(at(250)), Step::Wait(None));
    schedule.note_failure(one);
    assert_eq!(schedule.next(at(250)), Step::GiveUp);
}

#[test]
fn only_the_winner_is_left() {
    let [one, two] = addresses(&["1.1.1.1:1", "2.2.2.2:1"])[..] else { panic!() };
    let mut schedule = Schedule::new(vec![one, two]);
    assert_eq!(schedule.next(at(0)), Step::Try(one));
    assert_eq!(schedule.next(at(250)), Step::Try(two));
    schedule.note_success(one);
    assert_eq!(schedule.into_pending(), [one]);
    assert_eq!(Schedule::new(Vec::new()).next(at(0)), Step::GiveUp);
}
