//! The first thing of a stream that another implementation tells differently.

use std::fmt;

use websocket_proto::ProtocolError::{self, BadLength, ControlTooLong};

use crate::frames::Span;
use crate::ours::Ours;
use crate::trace::{Fault, Stream, Told, What};

pub(crate) struct Case<'c> {
    pub(crate) stream: &'c Stream,
    /// The frame that was read when the first of the two told something.
    pub(crate) span: Span,
    /// Why we failed, if that is what we told.
    pub(crate) error: Option<ProtocolError>,
    pub(crate) ours: Option<&'c Told>,
    pub(crate) theirs: Option<&'c Told>,
}

impl<'c> Case<'c> {
    /// None if both tell the same, at the same places.
    pub(crate) fn of(stream: &'c Stream, ours: &'c Ours, theirs: &'c [Told]) -> Option<Self> {
        let both = ours.told.iter().zip(theirs);
        let same = both.take_while(|(ours, theirs)| ours == theirs).count();
        let (told, theirs) = (ours.told.get(same), theirs.get(same));
        let first = [told, theirs].into_iter().flatten().map(|told| told.at).min()?;
        // An empty stream has no frame, and is its end for all.
        let span = *stream.spans.iter().rfind(|span| span.start < first).expect("a frame");
        let error = ours.error.filter(|_| told.is_some_and(|told| told.failed().is_some()));
        Some(Self { stream, span, error, ours: told, theirs })
    }

    /// Whether the stream ends inside the frame.
    pub(crate) fn is_cut(&self) -> bool {
        self.span.end > self.stream.bytes.len()
    }

    /// We failed because of the header, or of what came of it.
    pub(crate) fn header_fails(&self) -> bool {
        let in_header = self.ours.is_some_and(|ours| ours.at <= self.stream.stop(self.span.head));
        in_header && self.error.is_some_and(|error| !error.is_limit())
    }

    /// They failed for this reason, when the stream was read up to there.
    pub(crate) fn they_fail(&self, fault: Fault, at: usize) -> bool {
        let failed = Told { at: self.stream.stop(at), what: What::Failed(fault) };
        self.theirs == Some(&failed)
    }

    /// For them the stream ended, inside the frame that failed us.
    pub(crate) fn they_see_the_end(&self) -> bool {
        self.is_cut() && self.theirs.is_some_and(|theirs| theirs.what == What::Eof)
    }

    /// They went on to the end of the frame.
    pub(crate) fn they_read_the_frame(&self) -> bool {
        let behind = self.theirs.is_some_and(|theirs| theirs.at >= self.span.end);
        behind || self.they_see_the_end()
    }

    /// We failed because the length is longer than it has to be, in a header that is all there.
    pub(crate) fn longer_form_fails(&self) -> bool {
        let refused = matches!(self.error, Some(BadLength | ControlTooLong));
        refused && !self.span.is_shortest() && self.stream.bytes.len() >= self.span.head
    }

    /// More is declared than is allowed.
    pub(crate) fn passes_limit(&self) -> bool {
        self.span.len > self.stream.limit as u64
    }
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stream { bytes, client, limit, .. } = self.stream;
        let role = if *client { "client" } else { "server" };
        writeln!(f, "{} bytes for a {role} with a limit of {limit}", bytes.len())?;
        let end = bytes.len().min(self.span.start + 60);
        writeln!(f, "{:?}: {:02x?}", self.span, &bytes[self.span.start..end])?;
        writeln!(f, "ours: {} {:?}", shown(self.ours), self.error)?;
        write!(f, "theirs: {}", shown(self.theirs))
    }
}

fn shown(told: Option<&Told>) -> String {
    let mut shown = format!("{told:?}");
    shown.truncate(200);
    shown
}

impl Told {
    pub(crate) const fn failed(&self) -> Option<Fault> {
        match self.what {
            What::Failed(fault) => Some(fault),
            _ => None,
        }
    }

    /// The code of a Close frame.
    pub(crate) const fn code(&self) -> Option<u16> {
        match self.what {
            What::Close(code, _) => Some(code),
            _ => None,
        }
    }
}
