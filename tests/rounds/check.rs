//! Checks that the bytes that were written agree with what the calls returned.

use super::task::{Fate, TaskReport};

/// The outcome of a round.
pub(crate) struct Outcome {
    pub(crate) reports: Vec<TaskReport>,
    pub(crate) written: Vec<u8>,
    /// Whether the stream buffers. Then some of what it held when it failed may have been written.
    pub(crate) holds: bool,
    /// Whether something failed, was aborted, or ended before all had left.
    pub(crate) disturbed: bool,
}

impl Outcome {
    pub(crate) fn check(&self) -> Result<(), String> {
        let (messages, rest) = messages(&self.written)?;
        if !rest.is_empty() && !self.disturbed {
            return Err("the last frame is cut, for no reason".into());
        }
        self.check_known(&messages)?;
        for (task, report) in self.reports.iter().enumerate() {
            check_order(task, &messages)?;
            for (message, fate) in &report.messages {
                let there = messages.contains(&message.as_slice());
                self.check_fate(*fate, there)
                    .map_err(|what| format!("{what}: {:?}, which was {fate:?}", &message[..2]))?;
            }
        }
        Ok(())
    }

    /// Checks that all queued messages were written, if the round was not disturbed.
    fn check_fate(&self, fate: Fate, there: bool) -> Result<(), &'static str> {
        match fate {
            Fate::Written if !there => Err("a message is missing"),
            Fate::Taken if !there && !self.disturbed => Err("a message is missing, for no reason"),
            Fate::Refused if there => Err("a message is there"),
            Fate::NotWritten if there && !self.holds => Err("a message is there whole"),
            Fate::NotWritten if !self.disturbed => Err("a message was given up, for no reason"),
            _ => Ok(()),
        }
    }

    /// Checks that all messages are from tasks of the round.
    fn check_known(&self, messages: &[&[u8]]) -> Result<(), String> {
        let is_known = |message: &[u8]| {
            self.reports
                .iter()
                .any(|report| report.messages.iter().any(|(sent, _)| sent == message))
        };
        match messages.iter().find(|message| !is_known(message)) {
            Some(message) => Err(format!("nobody sent {message:?}")),
            None => Ok(()),
        }
    }
}

/// Checks that the messages of one task were written once each, in the order in which they were
/// sent.
fn check_order(task: usize, messages: &[&[u8]]) -> Result<(), String> {
    let numbers = messages.iter().filter(|message| usize::from(message[0]) == task);
    let numbers: Vec<u8> = numbers.map(|message| message[1]).collect();
    match numbers.is_sorted_by(|before, after| before < after) {
        true => Ok(()),
        false => Err(format!("the messages of task {task} came as {numbers:?}")),
    }
}

/// The messages that were written whole, and the frame after them that was not.
pub(crate) fn messages(mut written: &[u8]) -> Result<(Vec<&[u8]>, &[u8]), String> {
    let (mut messages, mut closed) = (Vec::new(), false);
    while let Some((first, payload, rest)) = frame(written) {
        match first {
            _ if closed => return Err("something is after the Close frame".into()),
            0x82 => messages.push(payload),
            0x8a => {}
            0x88 => closed = true,
            _ => return Err(format!("a frame begins with {first:#x}")),
        }
        written = rest;
    }
    Ok((messages, written))
}

/// The first byte of a whole frame, its payload, and the rest of the bytes.
fn frame(written: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (first, rest) = written.split_first()?;
    let (len, rest) = rest.split_first()?;
    let (len, rest) = match len {
        126 => rest.split_first_chunk().map(|(len, rest)| (u16::from_be_bytes(*len), rest))?,
        len => (u16::from(*len), rest),
    };
    let (payload, rest) = rest.split_at_checked(len.into())?;
    Some((*first, payload, rest))
}
