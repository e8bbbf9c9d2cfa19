//! The codes on the wire are those of the vocabulary, and order entry owns no memory.

use rialto_protocol as wire;
use rialto_protocol::{Code, Coded};
use rialto_types::{
    AccountState, CancelReason, CommandKind, InstrumentState, Permissions, RejectReason, Side,
    StpMode,
};
use roxmltree::{Document, Node};

use crate::schema::{Element, XML};

/// Every code is read back, and codes next to them are not known.
fn check<E: Coded>(vocabulary: impl Fn(E) -> u8) {
    for value in E::ALL {
        let code = Code::from(*value);
        assert_eq!(code.raw(), vocabulary(*value), "{value:?}");
        assert_eq!(code.known(), Some(*value));
        assert!(code == *value);
        assert_eq!(format!("{code}"), value.name());
        assert_eq!(format!("{value:?}"), value.name());
        assert!(E::VALUES.contains(&format!("{} {}", code.raw(), value.name())));
    }
    let known = (0..=u8::MAX).filter(|raw| Code::<E>::from_raw(*raw).known().is_some());
    assert_eq!(known.count(), E::ALL.len());
    assert_eq!(Code::<E>::NULL.known(), None);
    let unknown = Code::<E>::NULL.to_string();
    assert_eq!(unknown, format!("{} 255", E::NAME));
}

#[test]
fn codes_of_the_vocabulary_are_the_codes_on_the_wire() {
    // That no variant is missing is checked by the compiler: the generated matches are exhaustive.
    check::<Side>(|value| value as u8);
    check::<StpMode>(|value| value as u8);
    check::<InstrumentState>(|value| value as u8);
    check::<AccountState>(|value| value as u8);
    check::<CommandKind>(|value| value as u8);
    check::<RejectReason>(RejectReason::code);
    check::<CancelReason>(CancelReason::code);
    assert_eq!(<RejectReason as Coded>::ALL, RejectReason::ALL);
    assert_eq!(<CancelReason as Coded>::ALL, CancelReason::ALL);
}

#[test]
fn codes_of_the_protocol_are_read_back() {
    check::<wire::Boolean>(|value| value as u8);
    check::<wire::OrderType>(|value| value as u8);
    check::<wire::TimeInForce>(|value| value as u8);
    check::<wire::ExecType>(|value| value as u8);
    check::<wire::OrderState>(|value| value as u8);
    check::<wire::Liquidity>(|value| value as u8);
    check::<wire::EndReason>(|value| value as u8);
    check::<wire::MessageError>(|value| value as u8);
    check::<wire::Channel>(|value| value as u8);
    check::<wire::SubscriptionRefusal>(|value| value as u8);
}

#[test]
fn permissions_have_the_bits_of_the_vocabulary() {
    for (ours, theirs) in [
        (wire::Permissions::READ, Permissions::READ),
        (wire::Permissions::TRADE, Permissions::TRADE),
        (wire::Permissions::ADMIN, Permissions::ADMIN),
    ] {
        assert_eq!(ours.0, theirs.bits());
    }
    let all = wire::Permissions::KNOWN;
    assert!(Permissions::from_bits(all.0).is_some() && Permissions::from_bits(all.0 + 1).is_none());
    assert_eq!(
        format!("{:?}", wire::Permissions(0x0b)),
        "{Read, Trade, 0x08}"
    );
}

#[test]
fn order_entry_is_plain_memory_that_decoding_need_not_allocate() {
    fn plain<T: Copy>() {}
    plain::<wire::NewOrder>();
    plain::<wire::CancelOrder>();
    plain::<wire::ReplaceOrder>();
    plain::<wire::MassCancel>();
    plain::<wire::ArmCancelOnDisconnect>();
    assert!(
        size_of::<wire::NewOrder>() <= 160,
        "{}",
        size_of::<wire::NewOrder>()
    );
}

/// The documentation of each code in a source file of the vocabulary: lines of `///` before `Name = 1,`.
fn documented(source: &str) -> Vec<(String, String)> {
    let mut documented = Vec::new();
    let mut words = Vec::new();
    for line in source.lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("///") {
            words.push(doc.trim().replace('`', ""));
        } else if let Some((name, number)) = line.split_once(" = ")
            && number.trim_end_matches(',').parse::<u8>().is_ok()
        {
            documented.push((name.to_owned(), words.join(" ")));
            words.clear();
        } else {
            words.clear();
        }
    }
    documented
}

#[test]
fn reasons_are_described_in_the_schema_as_in_the_vocabulary() {
    let source = documented(include_str!("../../../types/src/reject.rs"));
    let document = Document::parse(XML).unwrap();
    let enums = document.descendants().filter(|node| {
        let name = node.attribute("name");
        node.has_tag_name_of("enum") && matches!(name, Some("rejectReason" | "cancelReason"))
    });
    let values = enums.flat_map(|node| node.children().filter(Node::is_element));
    let mut schema: Vec<_> = values
        .map(|value| (value.text_of("name"), value.text_of("description")))
        .collect();
    let mut source = source;
    schema.sort();
    source.sort();
    assert_eq!(schema, source);
}
