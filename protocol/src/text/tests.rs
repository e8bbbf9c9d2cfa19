//! Every reason has a sentence of its own, with its numbers in it.

use std::collections::BTreeSet;

use rialto_types::{Refusal, RejectReason};

use super::{Context, Units, refusal, wire_refusal};
use crate::refusal::{Pair, Problem, WireRefusal};
use crate::testing::{btc, btc_usdt, usdt};

/// The sentence with instrument BTC-USDT and asset USDT known.
fn say(units: Units, reason: RejectReason, value: i64, limit: i64) -> String {
    let (instrument, base, quote) = (btc_usdt(), btc(), usdt());
    let context = Context {
        units,
        pair: Some(Pair {
            instrument: &instrument,
            base: &base,
            quote: &quote,
        }),
        asset: Some(&quote),
    };
    refusal(&Refusal::new(reason, value, limit), &context)
}

#[test]
fn prices_and_sizes_are_told_in_the_decimals_of_the_instrument() {
    use RejectReason as R;
    for (reason, value, limit, text) in [
        (
            R::PriceAboveCollar,
            11_000,
            10_500,
            "price 110.00 is above the collar: a buy may be priced up to 105.00",
        ),
        (
            R::PriceBelowCollar,
            900,
            950,
            "price 9.00 is below the collar: a sell may be priced down to 9.50",
        ),
        (
            R::PostOnlyWouldTrade,
            101,
            100,
            "a post-only order at 1.01 would trade at once: the best opposite price is 1.00",
        ),
        (
            R::InvalidPrice,
            0,
            1,
            "price 0.00 is not at least the tick 0.01",
        ),
        (
            R::QtyBelowMin,
            1,
            20,
            "quantity 0.0001 BTC is below the minimum of 0.0020 BTC",
        ),
        (
            R::NotionalAboveMax,
            i64::MAX,
            5_000_000,
            "price × quantity is more than can be represented, above the maximum of 5 USDT",
        ),
    ] {
        assert_eq!(say(Units::Native, reason, value, limit), text);
    }
}

#[test]
fn funds_permissions_and_times_are_told_for_people() {
    use RejectReason as R;
    for (reason, value, limit, text) in [
        (
            R::InsufficientFunds,
            12_500_000,
            3_000_000,
            "12.5 USDT are needed, 3 USDT are available",
        ),
        (
            R::InstrumentHalted,
            1,
            0,
            "BTC-USDT is halted: neither orders nor cancels are accepted",
        ),
        (
            R::NotPermitted,
            1,
            2,
            "the key has the permissions {Read}, this needs {Trade}",
        ),
        (
            R::NotPermitted,
            1,
            0,
            "only the exchange itself may do this",
        ),
        (
            R::RateExceeded,
            12_500_000,
            100,
            "too many orders: wait 12.5 ms; 100 a second are allowed",
        ),
        (
            R::AccountRateExceeded,
            2_000,
            100,
            "too many orders of the account, all its keys together: wait 2 µs; 100 a second are allowed",
        ),
        (
            R::AddressRateExceeded,
            2_000,
            100,
            "too many orders from this address: wait 2 µs; 100 a second are allowed",
        ),
        (
            R::InvalidFee,
            200_000,
            100_000,
            "a fee of 20 % is above 10 %",
        ),
        (
            R::SupplyOverflow,
            1_000_000,
            2_000_000,
            "a deposit of 1 USDT on top of 2 USDT is more than can be represented",
        ),
    ] {
        assert_eq!(say(Units::Native, reason, value, limit), text);
    }
}

#[test]
fn conversions_are_told_with_what_would_be_right() {
    use RejectReason as R;
    for (reason, value, limit, text) in [
        (
            R::PriceOffTick,
            10_000_500_000,
            1_000_000,
            "price 100.005 is not a multiple of the tick 0.01: the nearest are 100.00 and 100.01",
        ),
        (
            R::QtyOffLot,
            15_000,
            10_000,
            "quantity 0.00015 BTC is not a multiple of the lot 0.0001: the nearest are 0.0001 and 0.0002",
        ),
        (
            R::InvalidPrice,
            -100_000_000,
            0,
            "price -1 is not at least the tick 0.01",
        ),
        (
            R::InvalidQty,
            0,
            0,
            "quantity 0 BTC is not at least the lot 0.0001",
        ),
        (
            R::AmountOffUnit,
            10,
            100,
            "amount 0.0000001 USDT is finer than the smallest unit, 0.000001",
        ),
    ] {
        assert_eq!(say(Units::Mantissas, reason, value, limit), text);
    }
}

#[test]
fn every_reason_has_a_sentence_of_its_own_with_its_numbers() {
    // What documents neither value nor limit needs to show neither.
    use RejectReason as R;
    let wordy = [
        R::KillSwitch,
        R::InvalidCombination,
        R::Busy,
        R::ShuttingDown,
        R::InvalidClientOrderId,
    ];
    let (value, limit) = (7_654_321, 1_234_567);
    let mut sentences = BTreeSet::new();
    for reason in R::ALL {
        let text = refusal(&Refusal::new(*reason, value, limit), &Context::default());
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let shows = digits.contains("7654321") || digits.contains("1234567");
        // Permission bits, mantissas and moments are written in their own ways.
        let own_way = matches!(
            reason,
            R::NotPermitted | R::PermissionNotGrantable | R::ExpiryInPast
        );
        assert!(
            shows || own_way || wordy.contains(reason),
            "{reason}: {text}"
        );
        assert!(text.len() <= crate::TEXT_BYTES_MAX, "{text}");
        assert!(
            sentences.insert(text.clone()),
            "{reason} shares its sentence: {text}"
        );
    }
}

#[test]
fn no_number_makes_a_sentence_fail() {
    for reason in RejectReason::ALL {
        for value in [i64::MIN, -1, 0, 1, i64::MAX] {
            for limit in [i64::MIN, -1, 0, 1, i64::MAX] {
                for units in [Units::Mantissas, Units::Native] {
                    assert!(!say(units, *reason, value, limit).is_empty());
                }
            }
        }
    }
}

#[test]
fn a_problem_with_a_field_is_told_instead_of_the_reason() {
    let refused = WireRefusal::combination(Problem::Missing {
        field: "price",
        needed_by: "a limit order",
    });
    let text = wire_refusal(&refused, &Context::default());
    assert_eq!(text, "price is missing: a limit order needs it");
    let other = WireRefusal::from(Refusal::new(RejectReason::InvalidQty, 50_000_000, 0));
    let text = wire_refusal(&other, &Context::default());
    assert_eq!(text, "quantity 0.5 is not at least one lot");
}
