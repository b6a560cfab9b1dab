//! What connections run over.

use std::str::FromStr;

/// What a server's connections run over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Over {
    /// TCP alone.
    Tcp,
    /// TLS, over TCP.
    Tls,
}

impl Over {
    /// The word for it in a worker's job.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        }
    }
}

impl FromStr for Over {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "tcp" => Ok(Self::Tcp),
            "tls" => Ok(Self::Tls),
            _ => Err("neither tcp nor tls"),
        }
    }
}
