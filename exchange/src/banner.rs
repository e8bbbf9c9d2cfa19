//! What a person sees when the exchange is open: where to connect, and what to try next.

use std::fmt::Write;
use std::net::SocketAddr;

use crate::config::{Config, Durability};
use crate::founding::{admin_key_path, demo_keys_path};

/// How this program was called: `rialto`, or the path to it.
pub(crate) fn program() -> String {
    let called = std::env::args().next();
    called
        .filter(|name| name.contains('/'))
        .map_or_else(|| "rialto".to_owned(), |name| quoted(&name))
}

/// The text, several lines. `program` is what a person types to call it.
pub(crate) fn text(program: &str, address: SocketAddr, config: &Config, demo: bool) -> String {
    let data = &config.server.data;
    let durability = match config.journal.durability {
        Durability::Written => "written: what is acknowledged survives the death of the process",
        Durability::Durable => "durable: what is acknowledged survives the loss of power",
    };
    let s = if config.server.tls_certificate.is_some() {
        "s"
    } else {
        ""
    };
    let mut lines = vec![
        format!("{} is open.", config.server.name),
        String::new(),
        format!("  orders and market data   ws{s}://{address}/ws/binary"),
        format!(
            "  health and metrics       http{s}://{address}/healthz  http{s}://{address}/metrics"
        ),
        format!(
            "  journal                  {}  ({durability})",
            data.join("journal").display()
        ),
        format!(
            "  administrator's key      {}",
            admin_key_path(data).display()
        ),
    ];
    if demo {
        let keys = demo_keys_path(data);
        lines.push(format!(
            "  keys of 8 demo accounts  {}  (7 and 8 trade only if you do)",
            keys.display()
        ));
        lines.push(String::new());
        lines.push("Try next, in another terminal:".to_owned());
        lines.push(String::new());
        let address_flag = address_flag(address, config);
        lines.push(format!("  {program} watch BTC-USDT{address_flag}"));
        let key = quoted(&keys.display().to_string());
        let key = format!("--key {key} --account 7{address_flag}");
        lines.push(format!(
            "  {program} order buy BTC-USDT 0.05 --price 59000 {key}"
        ));
        lines.push(format!("  {program} order list {key}"));
        lines.push(format!("  {program} order balances {key}"));
    } else {
        lines.push(String::new());
        lines.push(format!("Set the venue up with `{program} admin --help`, or look around first with `{program} serve --demo`."));
    }
    lines.push(String::new());
    lines.push("Stop it with Ctrl-C: it drains, tells its clients why, and ends.".to_owned());
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    text
}

/// A word as a shell reads it, quoted where that is needed.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// What a command needs to find this exchange, if it does not find it by itself.
fn address_flag(address: SocketAddr, config: &Config) -> String {
    if let Some(certificate) = &config.server.tls_certificate {
        return format!(" --address wss://{address} --ca {}", certificate.display());
    }
    let default = crate::config::Server::default().listen;
    if address == default {
        String::new()
    } else {
        format!(" --address {address}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_copied_whatever_the_path() {
        let mut config = Config::default();
        config.server.data = "/srv/it's mine".into();
        let text = text("rialto", config.server.listen, &config, true);
        let expected = r"rialto order list --key '/srv/it'\''s mine/demo-keys.json' --account 7";
        assert!(text.contains(expected), "{text}");
        assert_eq!(
            quoted("rialto-data/demo-keys.json"),
            "rialto-data/demo-keys.json"
        );
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn it_says_where_to_connect_and_what_to_try() {
        let config = Config::default();
        let text = text("rialto", config.server.listen, &config, true);
        assert!(text.contains("ws://127.0.0.1:7400/ws/binary"), "{text}");
        assert!(text.contains("rialto watch BTC-USDT\n"), "{text}");
        let elsewhere = super::text(
            "./rialto",
            SocketAddr::from(([127, 0, 0, 1], 9_000)),
            &config,
            true,
        );
        assert!(elsewhere.contains("  ./rialto watch BTC-USDT --address 127.0.0.1:9000"));
    }

    #[test]
    fn with_a_certificate_it_speaks_of_tls() {
        let mut config = Config::default();
        config.server.tls_certificate = Some("venue.pem".into());
        let text = text("rialto", config.server.listen, &config, true);
        for part in [
            "wss://127.0.0.1:7400/ws/binary",
            "https://127.0.0.1:7400/healthz",
            "rialto watch BTC-USDT --address wss://127.0.0.1:7400 --ca venue.pem\n",
        ] {
            assert!(text.contains(part), "no {part} in {text}");
        }
    }
}
