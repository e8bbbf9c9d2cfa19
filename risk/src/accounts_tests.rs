//! Balances, holds and settlement; every movement conserves the asset.

use rialto_types::{Asset, InstrumentId, InstrumentSpec, Price, Qty, Symbol};

use super::*;

const BASE: AssetId = AssetId(1);
const QUOTE: AssetId = AssetId(2);

fn instrument(maker_fee: u32, taker_fee: u32) -> Instrument {
    let asset = |symbol: &str| Asset {
        symbol: Symbol::new(symbol).unwrap(),
        decimals: 8,
    };
    let spec = InstrumentSpec {
        symbol: Symbol::new("BTC-USDT").unwrap(),
        base: BASE,
        quote: QUOTE,
        tick_mantissa: 1,
        lot_mantissa: 100_000_000,
        min_qty: Qty(1),
        max_qty: Qty(1_000),
        min_notional: Amount(0),
        max_notional: Amount::MAX,
        collar: Ppm(1_000_000),
        reference_price: Price(1),
        maker_fee: Ppm(maker_fee),
        taker_fee: Ppm(taker_fee),
    };
    Instrument::new(InstrumentId(1), spec, &asset("BTC"), &asset("USDT")).unwrap()
}

fn accounts(count: u32, balance_max: u32) -> Accounts {
    let mut accounts = Accounts::new();
    accounts.reserve(count, balance_max);
    for asset in 1..=20 {
        accounts.add_asset(AssetId(asset));
    }
    for _ in 0..count {
        accounts.create();
    }
    accounts
}

fn available(accounts: &Accounts, account: u32, asset: AssetId) -> i64 {
    accounts.balance(AccountId(account), asset).available.0
}

#[test]
fn a_trade_moves_funds_and_takes_fees_from_what_is_received() {
    let mut accounts = accounts(2, 10);
    let (buyer, seller) = (AccountId(1), AccountId(2));
    for account in [buyer, seller] {
        accounts.open_balance(account, BASE);
        accounts.open_balance(account, QUOTE);
    }
    accounts.deposit(buyer, QUOTE, Amount(10_000));
    accounts.deposit(seller, BASE, Amount(5_000));
    accounts.hold(buyer, QUOTE, Amount(2_000));
    accounts.hold(seller, BASE, Amount(1_000));
    let trade = Settlement {
        buyer,
        seller,
        notional: Amount(1_999),
        base_amount: Amount(999),
        buyer_held: Amount(2_000),
        taker_side: Side::Buy,
    };
    let fees = accounts.settle(&instrument(1_000, 2_000), &trade);
    // 999 × 0.2 % and 1,999 × 0.1 %, both rounded down.
    assert_eq!(
        fees,
        Fees {
            maker: Amount(1),
            taker: Amount(1)
        }
    );
    assert_eq!(available(&accounts, 1, QUOTE), 8_001);
    assert_eq!(available(&accounts, 1, BASE), 998);
    assert_eq!(available(&accounts, 2, QUOTE), 1_998);
    let left = Balance {
        available: Amount(4_000),
        held: Amount(1),
    };
    assert_eq!(accounts.balance(seller, BASE), left);
    assert_eq!(available(&accounts, 0, BASE), 1);
    assert_eq!(available(&accounts, 0, QUOTE), 1);
}

#[test]
fn an_account_has_as_many_balances_as_there_are_assets() {
    let mut accounts = accounts(2, 40);
    for asset in (1..=20).map(AssetId) {
        for account in [AccountId(1), AccountId(2)] {
            assert!(accounts.missing(account, &[asset]).is_some());
            accounts.open_balance(account, asset);
            accounts.open_balance(account, asset);
            accounts.deposit(account, asset, Amount(i64::from(asset.0) * 100));
        }
    }
    for asset in (1..=20).map(AssetId) {
        assert_eq!(available(&accounts, 2, asset), i64::from(asset.0) * 100);
    }
    assert_eq!(accounts.balances(AccountId(1)).len(), 20);
}

#[test]
fn the_pool_of_balances_has_an_end() {
    let mut accounts = accounts(2, 2);
    accounts.open_balance(AccountId(1), BASE);
    assert_eq!(accounts.missing(AccountId(1), &[BASE, QUOTE]), Some(1));
    assert_eq!(accounts.missing(AccountId(2), &[BASE, QUOTE]), None);
    accounts.open_balance(AccountId(1), QUOTE);
    assert_eq!(accounts.missing(AccountId(1), &[BASE, QUOTE]), Some(0));
    assert_eq!(accounts.missing(AccountId(2), &[BASE]), None);
    assert_eq!(accounts.missing(AccountId::VENUE, &[BASE, QUOTE]), Some(0));
}

#[test]
#[should_panic(expected = "funds were checked before the hold")]
fn a_hold_beyond_what_is_available_stops_everything() {
    let mut accounts = accounts(1, 2);
    accounts.open_balance(AccountId(1), BASE);
    accounts.hold(AccountId(1), BASE, Amount(1));
}

#[test]
fn reports_are_numbered_per_account() {
    let mut accounts = accounts(2, 2);
    assert_eq!(accounts.next_report(AccountId(1)), ReportSeq(1));
    assert_eq!(accounts.next_report(AccountId(1)), ReportSeq(2));
    assert_eq!(accounts.next_report(AccountId(2)), ReportSeq(1));
}

#[test]
fn however_balances_are_spread_their_room_is_reserved() {
    for (count, each) in [(1, 13), (1, 19), (2, 7), (3, 18), (1, 6)] {
        let mut accounts = accounts(count, count * u32::from(each));
        let room = accounts.blocks.capacity();
        for account in (1..=count).map(AccountId) {
            for asset in (1..=each).map(AssetId) {
                accounts.open_balance(account, asset);
            }
        }
        assert!(
            accounts.blocks.len() <= room,
            "{count} accounts with {each} balances each"
        );
        assert_eq!(accounts.blocks.capacity(), room);
    }
}

#[test]
fn room_is_taken_for_what_there_can_be_and_no_more() {
    let mut accounts = Accounts::new();
    accounts.reserve(7, 60);
    // One more for the venue.
    assert_eq!(accounts.rows.capacity(), 8);
    assert_eq!(accounts.blocks.capacity(), 60 / BLOCK_COUNT);
}

#[test]
fn the_last_asset_there_can_be_is_among_the_venues_balances() {
    let mut accounts = Accounts::new();
    let last = AssetId(u16::MAX);
    accounts.add_asset(last);
    accounts.deposit(AccountId::VENUE, last, Amount(7));
    let balances = accounts.balances(AccountId::VENUE);
    assert_eq!(balances.len(), usize::from(u16::MAX));
    assert_eq!(balances.last().map(|(asset, _)| *asset), Some(last));
}
