//! What this crate reports of a stream.

use websocket_proto::{
    Config, Connection, Delivery, EndCause, EntropyError, Event, Incoming, Outgoing, Progress,
    ProtocolError, Role, Time,
};

use crate::trace::{Fault, Report, Stream, What};

/// What was reported, and why the connection failed if it did.
pub(crate) struct Ours {
    pub(crate) reports: Vec<Report>,
    pub(crate) error: Option<ProtocolError>,
}

impl Ours {
    /// Plays a stream with reads that end at `stops`, and then its end.
    pub(crate) fn of(stream: &Stream, stops: &[usize]) -> Self {
        let mut player = Player::new(stream);
        let mut at = 0;
        for stop in stops {
            player.incoming.push(&stream.bytes[at..*stop]);
            at = *stop;
            player.receive(at);
        }
        player.connection.receive_eof();
        player.receive(at);
        assert!(player.ended, "no end");
        player.ours
    }

    /// Whether both report the same, wherever their reads ended.
    pub(crate) fn reports_the_same(&self, other: &Self) -> bool {
        let [ours, theirs] =
            [self, other].map(|ours| ours.reports.iter().map(|report| &report.what));
        ours.eq(theirs)
    }
}

struct Player {
    connection: Connection,
    incoming: Incoming,
    outgoing: Outgoing,
    ours: Ours,
    ended: bool,
}

impl Player {
    fn new(stream: &Stream) -> Self {
        let mut config = Config::default();
        config.delivery = Delivery::Whole;
        config.limits.message = stream.limit as u64;
        config.limits.frame = stream.limit as u64;
        // The others count no fragments.
        config.limits.extra_fragments = u32::MAX;
        let role = if stream.client { Role::Client(&plain) } else { Role::Server };
        Self {
            connection: Connection::established(role, None, config, Time::ZERO),
            incoming: Incoming::new(),
            outgoing: Outgoing::new(),
            ours: Ours { reports: Vec::new(), error: None },
            ended: false,
        }
    }

    fn receive(&mut self, at: usize) {
        loop {
            let Self { connection, incoming, outgoing, .. } = self;
            match connection.receive(Time::ZERO, incoming, outgoing) {
                Ok(Progress::Event) => self.note_event(at),
                Ok(Progress::NeedBytes | Progress::Ended) => return,
                Err(error) => {
                    assert!(self.ours.error.replace(error).is_none(), "a second error");
                    self.ours.reports.push(Report { at, what: What::Failed(fault(error)) });
                }
            }
        }
    }

    fn note_event(&mut self, at: usize) {
        assert!(!self.ended, "an event after the end");
        let what = match self.incoming.event().expect("an event, as `receive` said") {
            Event::Text(text) => What::Text(text.into()),
            Event::Binary(data) => What::Binary(data.into()),
            Event::Ping(payload) => What::Ping(payload.into()),
            Event::Pong { payload, .. } => What::Pong(payload.into()),
            Event::Close { code, reason, .. } => What::Close(code.into(), reason.into()),
            Event::Ended(ending) => {
                self.ended = true;
                match ending.cause {
                    EndCause::Eof | EndCause::EofInMessage | EndCause::EofInFrame => What::Eof,
                    EndCause::Clean | EndCause::Failed(_) => return,
                    ref how => panic!("nobody did this: {how}"),
                }
            }
            other => panic!("not of an open connection: {other:?}"),
        };
        self.ours.reports.push(Report { at, what });
    }
}

/// Masking keys of zero, as the output is not compared.
fn plain(bytes: &mut [u8]) -> Result<(), EntropyError> {
    bytes.fill(0);
    Ok(())
}

fn fault(error: ProtocolError) -> Fault {
    match error {
        ProtocolError::InvalidUtf8 => Fault::Text,
        error if error.is_limit() => Fault::Limit,
        _ => Fault::Protocol,
    }
}
