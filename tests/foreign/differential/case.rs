//! The first place in a stream at which another implementation differs from ours.

use std::fmt;

use websocket_proto::ProtocolError::{self, BadLength, ControlTooLong};

use crate::frames::Span;
use crate::ours::Ours;
use crate::trace::{Fault, Report, Stream, What};

pub(crate) struct Case<'c> {
    pub(crate) stream: &'c Stream,
    /// The frame that was read at the first difference.
    pub(crate) span: Span,
    /// Our error, if we failed there.
    pub(crate) error: Option<ProtocolError>,
    pub(crate) ours: Option<&'c Report>,
    pub(crate) theirs: Option<&'c Report>,
}

impl<'c> Case<'c> {
    /// `None` if both report the same at the same places.
    pub(crate) fn of(stream: &'c Stream, ours: &'c Ours, theirs: &'c [Report]) -> Option<Self> {
        let both = ours.reports.iter().zip(theirs);
        let same = both.take_while(|(ours, theirs)| ours == theirs).count();
        let (ours_there, theirs) = (ours.reports.get(same), theirs.get(same));
        let first = [ours_there, theirs].into_iter().flatten().map(|report| report.at).min()?;
        // An empty stream has no frame, and no implementation finds anything but its end.
        let span = *stream.spans.iter().rfind(|span| span.start < first).expect("a frame");
        let error =
            ours.error.filter(|_| ours_there.is_some_and(|report| report.failed().is_some()));
        Some(Self { stream, span, error, ours: ours_there, theirs })
    }

    /// Whether the stream ends inside the frame.
    pub(crate) fn is_cut(&self) -> bool {
        self.span.end > self.stream.bytes.len()
    }

    /// Whether we failed because of the header.
    pub(crate) fn header_fails(&self) -> bool {
        let in_header = self.ours.is_some_and(|ours| ours.at <= self.stream.stop(self.span.head));
        in_header && self.error.is_some_and(|error| !error.is_limit())
    }

    /// Whether the other failed for this reason when it had read up to `at`.
    pub(crate) fn they_fail(&self, fault: Fault, at: usize) -> bool {
        let failed = Report { at: self.stream.stop(at), what: What::Failed(fault) };
        self.theirs == Some(&failed)
    }

    /// Whether the other saw the end of the stream inside the frame at which we failed.
    pub(crate) fn they_see_the_end(&self) -> bool {
        self.is_cut() && self.theirs.is_some_and(|theirs| theirs.what == What::Eof)
    }

    /// Whether the other went on to the end of the frame.
    pub(crate) fn they_read_the_frame(&self) -> bool {
        let after = self.theirs.is_some_and(|theirs| theirs.at >= self.span.end);
        after || self.they_see_the_end()
    }

    /// Whether we failed because the length is not in the shortest form, in a whole header.
    pub(crate) fn longer_form_fails(&self) -> bool {
        let refused = matches!(self.error, Some(BadLength | ControlTooLong));
        refused && !self.span.is_shortest() && self.stream.bytes.len() >= self.span.head
    }

    /// Whether the declared length exceeds the limit.
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

fn shown(report: Option<&Report>) -> String {
    let mut shown = format!("{report:?}");
    shown.truncate(200);
    shown
}

impl Report {
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
