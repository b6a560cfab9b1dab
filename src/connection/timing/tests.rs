use core::time::Duration;

use crate::{Config, Connection, Deadline, EndCause, Outgoing, Role, Time};

#[test]
fn the_write_deadline_begins_anew_when_held_output_moves() {
    let at = |millis| Time::new(Duration::from_millis(millis));
    let mut config = Config::default();
    (config.keepalive, config.write_timeout) = (None, Some(Duration::from_millis(100)));
    let mut connection = Connection::established(Role::Server, None, config, at(0));
    let mut outgoing = Outgoing::new();
    outgoing.set_held(true);
    connection.handle_write_timeout(at(10), &mut outgoing);
    assert_eq!(connection.poll_write_timeout(), Some(at(110)));
    connection.note_held_output_moved(at(90), &outgoing);
    connection.handle_write_timeout(at(189), &mut outgoing);
    assert_eq!(connection.poll_write_timeout(), Some(at(190)));
    connection.handle_write_timeout(at(190), &mut outgoing);
    assert_eq!(connection.end_cause(), EndCause::TimedOut(Deadline::Write));
}
