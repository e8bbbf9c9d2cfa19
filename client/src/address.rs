//! Where an exchange is: `host:port`, or the WebSocket address of its binary endpoint.

use std::fmt;
use std::str::FromStr;

use crate::ClientError;

/// The port that an exchange listens on unless it is told another.
pub const DEFAULT_PORT: u16 = 7400;
/// The path of the binary endpoint.
pub const ENDPOINT_PATH: &str = "/ws/binary";

/// The address of an exchange's binary endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Whether TLS is spoken there.
    is_tls: bool,
    /// Host name, IPv4 address, or IPv6 address without brackets.
    host: String,
    port: u16,
    path: String,
}

impl Address {
    /// Host and port, as a socket is opened with.
    pub(crate) fn socket(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// Whether TLS is spoken there: it was written with `wss://`.
    pub const fn is_tls(&self) -> bool {
        self.is_tls
    }
}

impl FromStr for Address {
    type Err = ClientError;

    /// Reads `host`, `host:port`, `[::1]:port`, `ws://host:port/path` or, with TLS, `wss://host:port/path`. What
    /// is left out is `ws://`, [`DEFAULT_PORT`] and [`ENDPOINT_PATH`].
    fn from_str(text: &str) -> Result<Self, ClientError> {
        let refuse = |reason: &'static str| ClientError::InvalidAddress {
            address: text.to_owned(),
            reason,
        };
        let (is_tls, rest) = match text.split_once("://") {
            None => (false, text),
            Some(("ws", rest)) => (false, rest),
            Some(("wss", rest)) => (true, rest),
            Some(_) => {
                return Err(refuse(
                    "an address begins with ws://, with wss:// or with the host",
                ));
            }
        };
        let (authority, path) = match rest.find('/') {
            None => (rest, ENDPOINT_PATH),
            Some(at) if &rest[at..] == "/" => (&rest[..at], ENDPOINT_PATH),
            Some(at) => rest.split_at(at),
        };
        let (host, port) = split_port(authority).ok_or_else(|| {
            refuse("an IPv6 address stands in brackets, as in [::1]:7400, and a port after a colon")
        })?;
        let port = match port {
            None => DEFAULT_PORT,
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| refuse("a port is a number from 1 to 65535"))?,
        };
        let legal = |byte: u8| byte.is_ascii_graphic() && !b"@?#[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(legal) || !path.bytes().all(legal) {
            return Err(refuse("a host is needed, as in 127.0.0.1:7400"));
        }
        Ok(Self {
            is_tls,
            host: host.to_owned(),
            port,
            path: path.to_owned(),
        })
    }
}

/// Host and port text of `host`, `host:port`, `[v6]` or `[v6]:port`.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if let Some(bracketed) = authority.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']')?;
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None => rest.is_empty().then_some((host, None)),
        };
    }
    match authority.split_once(':') {
        None => Some((authority, None)),
        Some((_, port)) if port.contains(':') => None,
        Some((host, port)) => Some((host, Some(port))),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            is_tls,
            host,
            port,
            path,
        } = self;
        let scheme = if *is_tls { "wss" } else { "ws" };
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]:{port}{path}")
        } else {
            write!(f, "{scheme}://{host}:{port}{path}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_completed() {
        for (text, full) in [
            ("localhost", "ws://localhost:7400/ws/binary"),
            ("127.0.0.1:9000", "ws://127.0.0.1:9000/ws/binary"),
            ("[::1]:9000", "ws://[::1]:9000/ws/binary"),
            ("[::1]", "ws://[::1]:7400/ws/binary"),
            ("ws://venue:1/", "ws://venue:1/ws/binary"),
            ("ws://venue/feed", "ws://venue:7400/feed"),
            ("wss://venue", "wss://venue:7400/ws/binary"),
            ("wss://[::1]:443/feed", "wss://[::1]:443/feed"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.is_tls(), text.starts_with("wss"), "{text}");
            assert_eq!(address.to_string(), full, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "a host is needed"),
            (":7400", "a host is needed"),
            ("ven ue", "a host is needed"),
            ("host:0", "a port is a number"),
            ("host:70000", "a port is a number"),
            ("host:", "a port is a number"),
            ("::1", "an IPv6 address stands in brackets"),
            ("[::1]x", "an IPv6 address stands in brackets"),
            ("wss://", "a host is needed"),
            ("http://host", "begins with ws://"),
            ("user@host", "a host is needed"),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text:?} gives {error}");
        }
    }
}
