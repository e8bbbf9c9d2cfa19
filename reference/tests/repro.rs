//! The sequence that a failing comparison prints is Rust: `printed.in` is one such print. It is compiled
//! here, and printing what it compiles to gives the same text again, for every command and every kind
//! of order.

#![expect(clippy::unreadable_literal, reason = "the text is as Debug prints it")]

use std::collections::BTreeSet;

use rialto_reference::differential::as_rust;
use rialto_reference::scenario::Step;
use rialto_types::*;

fn name(text: &str) -> ClientOrderId {
    ClientOrderId::new(text).expect("a client order id")
}

fn symbol(text: &str) -> Symbol {
    Symbol::new(text).expect("a symbol")
}

fn permissions(bits: u8) -> Permissions {
    Permissions::from_bits(bits).expect("permissions")
}

fn networks(networks: &[([u8; 16], u8)]) -> Networks {
    let network =
        |(address, bits): &([u8; 16], u8)| Network::new(*address, *bits).expect("a network");
    let networks: Vec<_> = networks.iter().map(network).collect();
    Networks::new(&networks).expect("a key has so many")
}

#[test]
fn a_printed_sequence_compiles_to_itself() {
    let steps: Vec<Step> = include!("printed.in");
    let printed = as_rust(&steps);
    assert_eq!(printed, include_str!("printed.in").trim_end());
}

#[test]
fn the_printed_sequence_has_every_form() {
    let steps: Vec<Step> = include!("printed.in");
    let kinds: BTreeSet<CommandKind> = steps.iter().map(|it| it.input.command.kind()).collect();
    assert_eq!(kinds.len(), 20, "{kinds:?}");
    let text = include_str!("printed.in");
    for form in [
        "OrderKind::Limit",
        "OrderKind::Market",
        "OrderKind::StopLimit",
        "OrderKind::StopMarket",
        "Size::Qty",
        "Size::Quote",
        "TimeInForce::Gtc",
        "TimeInForce::Ioc",
        "TimeInForce::Fok",
        "TimeInForce::Gtd",
        "StpMode::None",
        "OrderRef::Id",
        "OrderRef::Client(name(",
        "client_order_id: Some(name(",
        "client_order_id: None",
        "side: Some(Side::",
        "side: None",
        "KillScope::Venue",
        "KillScope::Account",
        "AccountState::",
        "InstrumentState::",
        "order_id: Some(",
        "networks(&[",
    ] {
        assert!(text.contains(form), "{form}");
    }
}
