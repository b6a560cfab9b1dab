//! A vector as it is written in JSON.

use std::mem;

use serde::Deserialize;
use serde_json::Value;

use crate::config::{Agreed, Options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    pub(crate) id: String,
    pub(crate) title: String,
    /// The rule in words.
    #[allow(dead_code, reason = "the table shows the catalogue's")]
    section: String,
    /// The choice of this project where the documents leave one, in words.
    #[allow(dead_code, reason = "for people")]
    choice: Option<String>,
    role: Role,
    #[serde(default)]
    pub(crate) start: Start,
    #[serde(default)]
    pub(crate) config: Options,
    /// The agreed compression of a connection that starts open.
    pub(crate) agreed: Option<Agreed>,
    /// Whether the application echoes each message.
    #[serde(default)]
    pub(crate) echo: bool,
    /// Whether output is written only by steps that say so.
    #[serde(default)]
    pub(crate) held: bool,
    pub(crate) steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    Server,
    Client,
    Both,
}

#[derive(Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Start {
    Handshake,
    #[default]
    Open,
}

/// Something that is done, and everything that it leads to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// These bytes arrive.
    #[serde(rename = "in")]
    pub(crate) input: Option<Value>,
    /// The peer ends the stream.
    #[serde(default)]
    pub(crate) eof: bool,
    /// The application calls this.
    #[serde(rename = "do")]
    pub(crate) command: Option<Command>,
    /// Time passes until this many seconds after the start.
    pub(crate) at: Option<f64>,
    /// The clock moves to this time, and no deadline is handled.
    pub(crate) clock: Option<f64>,
    /// The transport writes this many bytes, or `"all"`.
    write: Option<Value>,
    #[serde(default)]
    pub(crate) events: Vec<Value>,
    #[serde(default)]
    pub(crate) sends: Vec<Value>,
    /// Why the command is refused.
    pub(crate) refused: Option<String>,
    /// What has to be done with the transport after this step.
    pub(crate) transport: Option<String>,
    /// The compression that is agreed on after this step; `false` for none.
    pub(crate) agreed: Option<Value>,
    /// The leniencies that the peer has used so far.
    pub(crate) lenient: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Command {
    Connect {
        url: String,
        #[serde(default)]
        subprotocols: Vec<String>,
        #[serde(default)]
        headers: Vec<(String, String)>,
    },
    Accept {
        subprotocol: Option<String>,
        #[serde(default)]
        headers: Vec<(String, String)>,
    },
    Reject {
        status: u16,
        #[serde(default)]
        headers: Vec<(String, String)>,
        body: Option<Value>,
    },
    SendText(Value),
    SendBinary(Value),
    Start(String),
    Fragment(Value),
    Finish(Value),
    Ping(Value),
    Pong(Value),
    Close {
        code: u16,
        #[serde(default)]
        reason: Value,
    },
    Abort,
}

impl Vector {
    pub(crate) fn read(value: Value) -> Self {
        let id = value["id"].clone();
        let vector: Self =
            serde_json::from_value(value).unwrap_or_else(|error| panic!("{id}: {error}"));
        vector.steps.iter().for_each(|step| step.check(&vector.id));
        vector
    }

    /// The roles to play this side in: whether it is a client.
    pub(crate) const fn roles(&self) -> &'static [bool] {
        match self.role {
            Role::Server => &[false],
            Role::Client => &[true],
            Role::Both => &[false, true],
        }
    }
}

/// Expectations that were removed from a step.
pub(crate) enum Forgotten {
    Events(Vec<Value>),
    Sends(Vec<Value>),
}

impl Step {
    /// Removes the expected events; `None` if there are none.
    pub(crate) fn forget_events(&mut self) -> Option<Forgotten> {
        let events = mem::take(&mut self.events);
        (!events.is_empty()).then_some(Forgotten::Events(events))
    }

    /// Removes the expected output; `None` if there is none.
    pub(crate) fn forget_sends(&mut self) -> Option<Forgotten> {
        let sends = mem::take(&mut self.sends);
        (!sends.is_empty()).then_some(Forgotten::Sends(sends))
    }

    /// How many bytes the transport writes.
    pub(crate) fn written(&self) -> Option<usize> {
        let write = self.write.as_ref()?;
        let bytes = write.as_u64().and_then(|bytes| usize::try_from(bytes).ok());
        assert!(bytes.is_some() || write == "all", "{write}: not what a transport takes");
        Some(bytes.unwrap_or(usize::MAX))
    }

    pub(crate) fn remember(&mut self, forgotten: Forgotten) {
        match forgotten {
            Forgotten::Events(events) => self.events = events,
            Forgotten::Sends(sends) => self.sends = sends,
        }
    }

    fn check(&self, id: &str) {
        let actions = [
            self.input.is_some(),
            self.eof,
            self.command.is_some(),
            self.at.is_some(),
            self.clock.is_some(),
            self.write.is_some(),
        ];
        let done = actions.iter().filter(|action| **action).count();
        assert_eq!(done, 1, "{id}: a step does one thing");
    }
}
