//! Prints a sequence as Rust, so that a failure can be pasted into a test.
//!
//! The text is what `Debug` derives, with the paths and constructors put in that the compiler wants; a
//! test compiles a printed sequence of every command and compares it with the original.

use std::fmt::Write as _;

use crate::scenario::Step;

/// What `Debug` prints, and what Rust wants in its place. Applied in this order.
const CONSTRUCTORS: &[(&str, &str)] = &[
    ("command: ", "command: Command::"),
    ("kind: ", "kind: OrderKind::"),
    ("stp: ", "stp: StpMode::"),
    ("tif: ", "tif: TimeInForce::"),
    ("size: ", "size: Size::"),
    ("side: Buy", "side: Side::Buy"),
    ("side: Sell", "side: Side::Sell"),
    ("side: Some(", "side: Some(Side::"),
    ("order: ", "order: OrderRef::"),
    ("KillSwitch(", "KillSwitch(KillScope::"),
    ("client_order_id: Some(\"", "client_order_id: Some(name(\""),
    ("OrderRef::Client(\"", "OrderRef::Client(name(\""),
    ("symbol: \"", "symbol: symbol(\""),
];

/// The steps as the text of a Rust `vec![…]`. It needs everything of `rialto_types` and
/// `rialto_reference::scenario::Step` in scope, and four functions: `name(&str) -> ClientOrderId`,
/// `symbol(&str) -> Symbol`, `permissions(u8) -> Permissions` and
/// `networks(&[([u8; 16], u8)]) -> Networks`.
pub fn as_rust(steps: &[Step]) -> String {
    let mut text = "vec![\n".to_owned();
    for step in steps {
        writeln!(text, "    {},", rust(step)).expect("a string takes all");
    }
    text.push(']');
    text
}

fn rust(step: &Step) -> String {
    let mut text = format!("{step:?}");
    for (debug, rust) in CONSTRUCTORS {
        text = text.replace(debug, rust);
    }
    // A constructor that takes a text has one more parenthesis to close.
    for (open, close) in [("name(\"", "\""), ("symbol(\"", "\"")] {
        text = closed(&text, open, close);
    }
    let state = if text.contains("SetAccountState") {
        "state: AccountState::"
    } else {
        "state: InstrumentState::"
    };
    text = text.replace("state: ", state);
    if text.contains("PublicKey(") {
        // The generator's keys repeat one byte.
        for byte in 0..=u8::MAX {
            text = text.replace(&format!("{:?}", [byte; 32]), &format!("[{byte}; 32]"));
        }
    }
    // The flags of a key are private.
    text = text.replace("Permissions(", "permissions(");
    text
}

/// Puts a `)` behind every text that begins with `open` and ends with `close`.
fn closed(text: &str, open: &str, close: &str) -> String {
    let mut parts = text.split(open);
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        result.push_str(open);
        match part.split_once(close) {
            Some((inner, rest)) => {
                result.push_str(inner);
                result.push_str(close);
                result.push(')');
                result.push_str(rest);
            }
            None => result.push_str(part),
        }
    }
    result
}
