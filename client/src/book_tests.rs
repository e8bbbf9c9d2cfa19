//! The local book against a model that keeps every state: whatever is lost, doubled or swapped on the way,
//! a book that calls itself whole is the exchange's book.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rialto_protocol::{Decimal, Group, Scaled};

use super::*;
use crate::testing::{btc_usdt, number};

/// Levels by side (0 bids, 1 asks) and price in ticks.
type Model = BTreeMap<(u8, i64), (i64, u32)>;

#[derive(Clone, Debug)]
enum Part {
    Snapshot(L2Snapshot),
    Update(L2Update),
}

fn side(byte: u8) -> Side {
    if byte == 0 { Side::Buy } else { Side::Sell }
}

fn level((side_byte, price): (u8, i64), (qty, order_count): (i64, u32)) -> Level {
    let listed = btc_usdt();
    Level {
        price: convert::price_decimal(listed.instrument(), Price(price)),
        quantity: convert::qty_scaled(listed.instrument(), Qty(qty)),
        order_count,
        side: side(side_byte).into(),
    }
}

/// The levels cut into one part or two, with the flags that belong to them.
fn parts(levels: &[Level], cut: usize) -> Vec<(BookFlags, Vec<Level>)> {
    let (head, tail) = levels.split_at(cut.min(levels.len()));
    if head.is_empty() || tail.is_empty() {
        let flags = BookFlags::FIRST.with(BookFlags::LAST);
        return vec![(flags, levels.to_vec())];
    }
    vec![
        (BookFlags::FIRST, head.to_vec()),
        (BookFlags::LAST, tail.to_vec()),
    ]
}

fn snapshot(book_seq: u64, model: &Model, cut: usize) -> Vec<Part> {
    let levels: Vec<Level> = model.iter().map(|(at, total)| level(*at, *total)).collect();
    let parts = parts(&levels, cut).into_iter();
    parts
        .map(|(book_flags, levels)| {
            Part::Snapshot(L2Snapshot {
                instrument_id: InstrumentId(1),
                book_seq,
                book_flags,
                levels: Group::try_from(levels).unwrap(),
                ..L2Snapshot::default()
            })
        })
        .collect()
}

fn update(book_seq: u64, changed: &[Level], cut: usize) -> Vec<Part> {
    let parts = parts(changed, cut).into_iter();
    parts
        .map(|(book_flags, levels)| {
            Part::Update(L2Update {
                instrument_id: InstrumentId(1),
                book_seq,
                previous_book_seq: book_seq - 1,
                book_flags,
                levels: Group::try_from(levels).unwrap(),
                ..L2Update::default()
            })
        })
        .collect()
}

/// One change: which levels get which totals, whether a snapshot follows, and where messages are cut.
#[derive(Clone, Debug)]
struct Change {
    totals: Vec<((u8, i64), (i64, u32))>,
    is_snapshot_next: bool,
    cut: usize,
}

fn change() -> impl Strategy<Value = Change> {
    // Bids below 100, asks above it: such a book is never crossed.
    let place = prop_oneof![(Just(0_u8), 90_i64..100), (Just(1_u8), 101_i64..110)];
    let total = (0_i64..4, 1_u32..3);
    let totals = prop::collection::vec((place, total), 1..5);
    (totals, prop::bool::weighted(0.1), 0_usize..5).prop_map(|(totals, is_snapshot_next, cut)| {
        Change {
            totals,
            is_snapshot_next,
            cut,
        }
    })
}

/// All messages of a stream that begins with an empty snapshot, and the model after each change.
fn stream(changes: &[Change]) -> (Vec<Part>, Vec<Model>) {
    let mut states = vec![Model::new()];
    let mut parts = snapshot(0, &states[0], 0);
    for (index, change) in changes.iter().enumerate() {
        let mut model = states[index].clone();
        let mut touched = Vec::new();
        for (place, total) in &change.totals {
            if total.0 == 0 {
                model.remove(place);
            } else {
                model.insert(*place, *total);
            }
            touched.push(level(*place, *total));
        }
        let book_seq = index as u64 + 1;
        parts.extend(update(book_seq, &touched, change.cut));
        if change.is_snapshot_next {
            parts.extend(snapshot(book_seq, &model, change.cut));
        }
        states.push(model);
    }
    (parts, states)
}

fn apply(book: &mut LocalBook, part: &Part) -> Result<BookProgress, BookError> {
    match part {
        Part::Snapshot(snapshot) => book.apply_snapshot(snapshot),
        Part::Update(update) => book.apply_update(update),
    }
}

fn content(book: &LocalBook) -> Model {
    let levels = [(0, Side::Buy), (1, Side::Sell)];
    levels
        .into_iter()
        .flat_map(|(byte, side)| {
            book.levels(side)
                .map(move |(price, level)| ((byte, price.0), (level.qty.0, level.order_count)))
        })
        .collect()
}

fn new_book() -> LocalBook {
    LocalBook::new(*btc_usdt().instrument())
}

proptest! {
    #[test]
    fn no_level_makes_it_panic_or_lie(
        price in number(), mantissa in number(), exponent in -9_i8..20, side in 0_u8..3, flags in 0_u8..5,
    ) {
        let level = Level {
            price: Decimal(price),
            quantity: Scaled { mantissa, exponent },
            order_count: 1,
            side: rialto_protocol::Code::from_raw(side),
        };
        let mut book = small();
        let mut update = update_of(6, &[level]);
        update.book_flags = BookFlags(flags);
        if book.apply_update(&update) == Ok(BookProgress::Consistent) {
            prop_assert!(mantissa >= 0);
            let best = |side| book.best(side).map(|(price, _)| price);
            if let (Some(bid), Some(ask)) = (best(Side::Buy), best(Side::Sell)) {
                prop_assert!(bid < ask);
            }
        }
    }

    #[test]
    fn a_whole_stream_gives_the_same_book(changes in prop::collection::vec(change(), 0..40)) {
        let (parts, states) = stream(&changes);
        let mut book = new_book();
        for part in &parts {
            apply(&mut book, part).unwrap();
            if let Some(at) = book.book_seq() {
                prop_assert_eq!(&content(&book), &states[usize::try_from(at).unwrap()]);
            }
        }
        prop_assert_eq!(book.book_seq(), Some(changes.len() as u64));
    }

    #[test]
    fn a_book_that_is_whole_is_right_whatever_happened_on_the_way(
        changes in prop::collection::vec(change(), 1..30),
        faults in prop::collection::vec((0_usize..1_000, 0_u8..3), 1..6),
    ) {
        let (mut parts, states) = stream(&changes);
        for (place, fault) in faults {
            let at = place % parts.len();
            match fault {
                0 if parts.len() > 1 => drop(parts.remove(at)),
                1 => parts.insert(at, parts[at].clone()),
                _ => {
                    let other = (at + 1) % parts.len();
                    parts.swap(at, other);
                }
            }
        }
        let mut book = new_book();
        for part in &parts {
            if apply(&mut book, part).is_err() {
                prop_assert!(content(&book).is_empty(), "after an error the book is empty");
            }
            if let Some(at) = book.book_seq() {
                prop_assert_eq!(&content(&book), &states[usize::try_from(at).unwrap()]);
            }
        }
    }
}

/// A book at change 5 with a bid of 1 lot at 99 and an ask of 1 lot at 101.
fn small() -> LocalBook {
    let mut book = new_book();
    let model = Model::from([((0, 99), (1, 1)), ((1, 101), (1, 1))]);
    for part in snapshot(5, &model, 0) {
        apply(&mut book, &part).unwrap();
    }
    book
}

fn update_of(book_seq: u64, changed: &[Level]) -> L2Update {
    match update(book_seq, changed, 0).remove(0) {
        Part::Update(update) => update,
        Part::Snapshot(_) => unreachable!("update makes updates"),
    }
}

#[test]
fn a_gap_empties_the_book_and_names_both_numbers() {
    let mut book = small();
    let error = book.apply_update(&update_of(7, &[])).unwrap_err();
    let gap = BookError::Gap {
        held: 5,
        previous: 6,
        found: 7,
    };
    assert_eq!(error, gap);
    assert!(!book.is_consistent());
    assert_eq!(book.best(Side::Buy), None);
    let error = book.apply_update(&update_of(6, &[])).unwrap_err();
    assert_eq!(error, BookError::NoSnapshot { found: 6 });
}

#[test]
fn a_crossed_book_is_refused() {
    let mut book = small();
    let locked = update_of(6, &[level((0, 101), (1, 1))]);
    let crossed = BookError::Crossed {
        at: 6,
        bid: Price(101),
        ask: Price(101),
    };
    assert_eq!(book.apply_update(&locked), Err(crossed));
}

#[test]
fn levels_that_cannot_be_are_refused() {
    let good = level((0, 98), (1, 1));
    let off_tick = Level {
        price: Decimal(good.price.0 + 1),
        ..good
    };
    let negative = Level {
        quantity: Scaled {
            mantissa: -1,
            exponent: 0,
        },
        ..good
    };
    let sideless = Level {
        side: rialto_protocol::Code::NULL,
        ..good
    };
    for bad in [off_tick, negative, sideless] {
        let error = small().apply_update(&update_of(6, &[bad])).unwrap_err();
        assert!(matches!(error, BookError::InvalidLevel { .. }), "{error}");
    }
}

#[test]
fn other_instruments_are_left_alone() {
    let mut book = small();
    let mut foreign = update_of(9, &[]);
    foreign.instrument_id = InstrumentId(2);
    assert_eq!(book.apply_update(&foreign), Ok(BookProgress::Foreign));
    assert_eq!(book.book_seq(), Some(5));
    assert_eq!(book.level(Side::Sell, Price(101)).unwrap().qty, Qty(1));
}

fn whole(book_seq: u64, levels: Vec<Level>) -> L2ConflatedSnapshot {
    L2ConflatedSnapshot {
        instrument_id: InstrumentId(1),
        book_seq,
        book_flags: BookFlags::FIRST.with(BookFlags::LAST),
        levels: Group::try_from(levels).unwrap(),
        ..L2ConflatedSnapshot::default()
    }
}

fn conflated(previous: u64, book_seq: u64, levels: Vec<Level>) -> L2ConflatedUpdate {
    L2ConflatedUpdate {
        instrument_id: InstrumentId(1),
        book_seq,
        previous_book_seq: previous,
        book_flags: BookFlags::FIRST.with(BookFlags::LAST),
        levels: Group::try_from(levels).unwrap(),
        ..L2ConflatedUpdate::default()
    }
}

/// One message is for all subscribers, so it may begin before the snapshot of one of them.
#[test]
fn a_conflated_change_may_reach_back_but_not_leave_out() {
    let mut book = LocalBook::new(*btc_usdt().instrument());
    let levels = vec![level((0, 100), (5, 1))];
    book.apply_conflated_snapshot(&whole(10, levels)).unwrap();
    let change = conflated(4, 12, vec![level((0, 100), (7, 2))]);
    assert_eq!(
        book.apply_conflated_update(&change),
        Ok(BookProgress::Consistent)
    );
    assert_eq!(book.book_seq(), Some(12));
    let missed = book.apply_conflated_update(&conflated(13, 14, vec![]));
    assert!(matches!(missed, Err(BookError::Gap { held: 12, .. })));
    assert!(!book.is_consistent());
}

#[test]
fn a_checksum_proves_the_book_or_empties_it() {
    let mut book = LocalBook::new(*btc_usdt().instrument());
    let levels = vec![level((0, 100), (5, 1)), level((1, 101), (6, 2))];
    let sum = checksum::of_levels([levels[0]], [levels[1]]);
    book.apply_conflated_snapshot(&whole(10, levels)).unwrap();
    let right = BookChecksum {
        instrument_id: InstrumentId(1),
        book_seq: 10,
        bid_count: 1,
        ask_count: 1,
        checksum: sum,
        ..BookChecksum::default()
    };
    assert_eq!(book.apply_checksum(&right), Ok(BookProgress::Proven));
    let early = BookChecksum {
        book_seq: 11,
        ..right
    };
    let wrong = BookChecksum {
        checksum: !sum,
        ..right
    };
    assert!(matches!(
        book.clone().apply_checksum(&early),
        Err(BookError::Gap { held: 10, .. })
    ));
    let found = book.apply_checksum(&wrong);
    assert!(matches!(found, Err(BookError::Checksum { at: 10, .. })));
    assert_eq!(book.level_count(Side::Buy), 0);
}
