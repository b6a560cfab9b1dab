//! Which proxy the environment names, by the variables that curl and Python look at.

use alloc::string::String;
use core::fmt;

use super::super::uri::Uri;
use super::no_proxy::NoProxy;
use super::url::{Proxy, ProxyUrlError};

/// The variables for `ws` and for `wss`, the first ones first, each with its name in upper case.
const FOR_WS: [Variable; 4] = [
    ("ws_proxy", "WS_PROXY"),
    ("https_proxy", "HTTPS_PROXY"),
    ("http_proxy", "HTTP_PROXY"),
    ("all_proxy", "ALL_PROXY"),
];
const FOR_WSS: [Variable; 3] =
    [("wss_proxy", "WSS_PROXY"), ("https_proxy", "HTTPS_PROXY"), ("all_proxy", "ALL_PROXY")];
const NO_PROXY: Variable = ("no_proxy", "NO_PROXY");

/// The name of a variable in lower case and in upper case.
type Variable = (&'static str, &'static str);

/// Where to look for the proxy.
impl Proxy {
    /// The proxy that the environment names for a server; `None` if it names none. Nothing else in
    /// this crate looks at the environment.
    ///
    /// For `wss`, this is the first of `wss_proxy`, `https_proxy` and `all_proxy` that is not empty;
    /// for `ws`, the first of `ws_proxy`, `https_proxy`, `http_proxy` and `all_proxy`. The proxy for
    /// HTTPS comes first even for `ws`, because it is the one that makes tunnels (RFC 6455 §4.1).
    /// Each name counts in upper case as well, if it is not there in lower case; `HTTP_PROXY` does
    /// not count if there is a `REQUEST_METHOD`, as a CGI program's client chooses the value then.
    ///
    /// There is no proxy for a server in `no_proxy`, a list with commas or spaces. `*` stands for
    /// all servers, a name for itself and all names below it (with or without a dot or `*.` before
    /// it), an IP address for itself, and `10.0.0.0/8` or `fd00::/8` for a network. A port may follow
    /// a name or an address. An entry is compared with the host as it is written in the URI, so no
    /// name is looked up.
    ///
    /// # Errors
    ///
    /// [`ProxyVariableError`] if the value that counts is not the URL of a proxy, and there is no
    /// matching entry in `no_proxy`; or if `no_proxy` has an entry that cannot be read, as it may
    /// have been meant for this server, and no other entry matches. Do not connect directly then.
    #[cfg(feature = "std")]
    pub fn from_env(uri: &Uri) -> Result<Option<Self>, ProxyVariableError> {
        let text = |name: &str| Some(std::env::var_os(name)?.to_string_lossy().into_owned());
        // Case means nothing on Windows, where this would be `HTTP_PROXY`.
        let is_either = |name: &str| cfg!(windows) && name == "http_proxy";
        let is_cgi = text("REQUEST_METHOD").is_some();
        Self::from_variables(uri, |name| text(name).filter(|_| !(is_cgi && is_either(name))))
    }

    /// The same for an environment that the caller has: `value` returns the value of a variable, if
    /// there is one of this name.
    ///
    /// ```
    /// use websocket_proto::handshake::{Uri, proxy::Proxy};
    ///
    /// let variables = [("https_proxy", "http://proxy.example:3128"), ("no_proxy", "intern.example")];
    /// let value = |name: &str| {
    ///     variables.iter().find(|(other, _)| *other == name).map(|(_, value)| value.to_string())
    /// };
    /// let outside: Uri = "wss://example.com/".parse()?;
    /// assert_eq!(Proxy::from_variables(&outside, value)?.unwrap().host(), "proxy.example");
    /// let inside: Uri = "wss://chat.intern.example/".parse()?;
    /// assert_eq!(Proxy::from_variables(&inside, value)?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ProxyVariableError`] as described for `from_env`.
    pub fn from_variables(
        uri: &Uri,
        value: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, ProxyVariableError> {
        let is_cgi = value("REQUEST_METHOD").is_some();
        let find = |(lower, upper): &Variable| {
            let upper = Some(*upper).filter(|name| !(is_cgi && *name == "HTTP_PROXY"));
            find_value(lower, upper, &value)
        };
        let variables = if uri.is_secure() { FOR_WSS.as_slice() } else { &FOR_WS };
        let Some((variable, url)) = variables.iter().find_map(find) else { return Ok(None) };
        if let Some((variable, list)) = find(&NO_PROXY) {
            let matches = NoProxy(&list).matches(uri);
            if matches.map_err(|entry| ProxyVariableError::NoProxy { variable, entry })? {
                return Ok(None);
            }
        }
        let proxy = Self::new(url.trim());
        proxy.map(Some).map_err(|error| ProxyVariableError::Url { variable, error })
    }
}

/// The name and the value of a variable that is not blank. The one in lower case hides the other,
/// even if it is blank.
fn find_value(
    lower: &'static str,
    upper: Option<&'static str>,
    value: &impl Fn(&str) -> Option<String>,
) -> Option<(&'static str, String)> {
    let found = value(lower).map(|text| (lower, text));
    let found = found.or_else(|| Some((upper?, value(upper?)?)));
    found.filter(|(_, text)| !text.trim().is_empty())
}

/// Why the environment does not say which proxy to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProxyVariableError {
    /// The value of a variable is not the URL of a proxy.
    Url {
        /// The name of the variable.
        variable: &'static str,
        /// What is wrong with the value.
        error: ProxyUrlError,
    },
    /// An entry of `no_proxy` is no name, address or network.
    NoProxy {
        /// The name of the variable.
        variable: &'static str,
        /// The number of the entry in the list; the first one is 1.
        entry: usize,
    },
}

names_of_kinds! { ProxyVariableError:
    Url = 741, "url";
    NoProxy = 742, "no-proxy";
}

impl fmt::Display for ProxyVariableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { variable, error } => write!(f, "{variable}: {error}"),
            Self::NoProxy { variable, entry } => write!(
                f,
                "{variable}: entry {entry} is not *, a name, an address or a network like 10.0.0.0/8"
            ),
        }
    }
}

impl core::error::Error for ProxyVariableError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Url { error, .. } => Some(error),
            Self::NoProxy { .. } => None,
        }
    }
}
