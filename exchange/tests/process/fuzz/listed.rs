//! The codes that docs/PROTOCOL.md lists, and a check that a message tells no other.

use std::collections::{BTreeMap, BTreeSet};

use rialto_protocol::{Code, Coded, Message};

/// The document that clients are written from.
const PROTOCOL: &str = include_str!("../../../../docs/PROTOCOL.md");
/// The one for those who speak JSON.
const ASYNC_API: &str = include_str!("../../../../docs/asyncapi.yaml");

/// Codes by the name of their table.
#[derive(Debug)]
pub(crate) struct Listed(BTreeMap<&'static str, BTreeSet<u8>>);

impl Listed {
    /// Reads the tables.
    pub(crate) fn read() -> Self {
        let tables = ["rejectReason", "messageError", "endReason"];
        let tables = tables
            .iter()
            .chain(&["cancelReason", "subscriptionRefusal"])
            .map(|name| (*name, codes(name)));
        Self(tables.collect())
    }

    /// Asserts that the codes of a refusal, or of an end, are in the document.
    pub(crate) fn check(&self, message: &Message) {
        match message {
            Message::Refused(m) => {
                self.holds("rejectReason", m.reject_reason, message);
                self.holds("messageError", m.message_error, message);
                assert!(!m.text.is_empty(), "it is not explained: {message:?}");
            }
            Message::ExecutionReport(m) => {
                self.holds("rejectReason", m.reject_reason, message);
                self.holds("cancelReason", m.cancel_reason, message);
            }
            Message::MassCancelReport(m) => self.holds("rejectReason", m.reject_reason, message),
            Message::CancelOnDisconnectReport(m) => {
                self.holds("rejectReason", m.reject_reason, message);
            }
            Message::AdminReport(m) => self.holds("rejectReason", m.reject_reason, message),
            Message::Logout(m) => self.holds("endReason", Some(m.end_reason), message),
            Message::LogonRefused(m) => self.holds("endReason", Some(m.end_reason), message),
            Message::SubscriptionRefused(m) => {
                self.holds("subscriptionRefusal", Some(m.reason), message);
            }
            _ => {}
        }
    }

    fn holds<E: Coded>(&self, table: &str, code: Option<Code<E>>, message: &Message) {
        if let Some(code) = code {
            let is_listed = self.0[table].contains(&code.raw());
            assert!(is_listed, "no code of {table}: {code:?} in {message:?}");
        }
    }
}

/// The codes of one table: those of the lines that begin with a number, up to the next heading.
fn codes(table: &str) -> BTreeSet<u8> {
    let (_, section) = PROTOCOL.split_once(&format!("\n#### {table}\n")).unwrap();
    let section = section.split("\n#").next().unwrap();
    let code = |line: &str| line.strip_prefix("| ")?.split(' ').next()?.parse().ok();
    let codes: BTreeSet<u8> = section.lines().filter_map(code).collect();
    assert!(!codes.is_empty(), "{table} lists nothing");
    codes
}

/// Asserts that a text of a session that speaks JSON is JSON, and that a refusal's code is in the document.
pub(crate) fn check_text(text: &str) {
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    assert!(value["type"].is_string(), "{text}");
    if let Some(code) = value.get("code") {
        let code = code.as_str().unwrap();
        let (_, listed) = ASYNC_API.split_once("code: {enum: [").unwrap();
        let (listed, _) = listed.split_once(']').unwrap();
        assert!(listed.split(", ").any(|known| known == code), "{text}");
    }
}
