//! How every sequence begins: pools, three assets, three instruments between them, accounts with keys
//! and funds, an administrator.
//!
//! Ticks, lots and decimals are odd on purpose: one lot of the first instrument is 0.07 of its base, one
//! tick 3 of its quote; the second has no fees and a minimum of two lots; the third has the highest fees,
//! a collar of 100 % and bounds on the notional.

use rialto_types::{
    AccountId, AddKey, Amount, Asset, AssetId, Command, InstrumentSpec, Network, Networks,
    Permissions, Ppm, Price, PublicKey, Qty, SourceId, Symbol, Transfer,
};

use super::profile::{Profile, Scale};
use super::rng::SplitMix64;

/// Sources from here on are used once each, by the first deposits, so that a shrunk sequence can leave
/// any of them out.
const FIRST_DEPOSIT_SOURCE: u16 = 1_000;

/// The first commands of a sequence, all sent by the exchange itself.
pub(super) fn commands(profile: &Profile, rng: &mut SplitMix64) -> Vec<Command> {
    let mut all = vec![Command::SetCapacity(profile.capacity)];
    let decimals = match profile.scale {
        Scale::Small => [8, 6, 2],
        Scale::Huge => [0, 0, 0],
    };
    for (name, decimals) in ["AAA", "BBB", "CCC"].into_iter().zip(decimals) {
        let symbol = symbol(name);
        all.push(Command::AddAsset(Asset { symbol, decimals }));
    }
    all.extend(instruments(profile.scale).map(Command::ListInstrument));

    let admin = Permissions::READ.with(Permissions::ADMIN);
    all.push(add_key(AccountId::VENUE, admin, rng));
    let trader = Permissions::READ.with(Permissions::TRADE);
    for id in 1..=profile.accounts {
        all.push(Command::CreateAccount);
        all.push(add_key(AccountId(id), trader, rng));
        if id % 2 == 0 {
            all.push(add_key(AccountId(id), trader, rng));
        }
    }
    all.push(add_key(AccountId(1), Permissions::READ, rng));
    all.extend(deposits(profile, rng));
    all
}

/// A key whose public key, which the core does not look at, repeats one byte, so that it prints short.
pub(super) fn add_key(
    account: AccountId,
    permissions: Permissions,
    rng: &mut SplitMix64,
) -> Command {
    let [byte, bits, ..] = rng.next_u64().to_le_bytes();
    let network = Network::new([0; 16], bits / 2);
    Command::AddKey(AddKey {
        account,
        public_key: PublicKey([byte; 32]),
        permissions,
        networks: Networks::new(network.as_slice()).expect("one is not too many"),
    })
}

/// A symbol that is known to be well formed.
pub(super) fn symbol(text: &str) -> Symbol {
    Symbol::new(text).expect("the symbols of the generator are well formed")
}

fn instruments(scale: Scale) -> impl Iterator<Item = InstrumentSpec> {
    let first = InstrumentSpec {
        symbol: symbol("AAA-CCC"),
        base: AssetId(1),
        quote: AssetId(3),
        tick_mantissa: 300_000_000,
        lot_mantissa: 7_000_000,
        min_qty: Qty(1),
        max_qty: Qty(60),
        min_notional: Amount(0),
        max_notional: Amount(i64::MAX),
        collar: Ppm(200_000),
        reference_price: Price(100),
        maker_fee: Ppm(333),
        taker_fee: Ppm(777),
    };
    let second = InstrumentSpec {
        symbol: symbol("BBB-AAA"),
        base: AssetId(2),
        quote: AssetId(1),
        tick_mantissa: 20_000,
        lot_mantissa: 250_000,
        min_qty: Qty(2),
        max_qty: Qty(1_000),
        collar: Ppm(50_000),
        reference_price: Price(1_000),
        maker_fee: Ppm(0),
        taker_fee: Ppm(0),
        ..first
    };
    let third = InstrumentSpec {
        symbol: symbol("BBB-CCC"),
        base: AssetId(2),
        quote: AssetId(3),
        tick_mantissa: 1_000_000,
        lot_mantissa: 100_000_000,
        max_qty: Qty(20),
        min_notional: Amount(40),
        max_notional: Amount(900),
        collar: Ppm(1_000_000),
        reference_price: Price(37),
        maker_fee: Ppm(50_000),
        taker_fee: Ppm(100_000),
        ..first
    };
    let huge = |spec: InstrumentSpec| InstrumentSpec {
        tick_mantissa: 100_000_000,
        lot_mantissa: 100_000_000,
        min_qty: Qty(1),
        max_qty: Qty(4_000_000_000),
        min_notional: Amount(0),
        max_notional: Amount(i64::MAX),
        reference_price: Price(2_000_000_000),
        ..spec
    };
    let all = [first, second, third];
    all.into_iter().map(move |spec| match scale {
        Scale::Small => spec,
        Scale::Huge => huge(spec),
    })
}

fn deposits(profile: &Profile, rng: &mut SplitMix64) -> Vec<Command> {
    let mut all = Vec::new();
    let accounts = i64::from(profile.accounts);
    // Enough for some hundred usual orders.
    let orders = i64::from(profile.capacity.orders.max(200) / 200);
    let ample = match profile.scale {
        Scale::Small => [20_000_000_000, 1_000_000_000, 2_000_000].map(|amount| amount * orders),
        Scale::Huge => [i64::MAX / accounts; 3],
    };
    for id in 1..=profile.accounts {
        let share = if rng.percent(profile.poor_percent) {
            50
        } else {
            1
        };
        for (asset, amount) in (1..).zip(ample) {
            let source = FIRST_DEPOSIT_SOURCE + u16::try_from(all.len()).expect("few deposits");
            all.push(Command::Transfer(Transfer {
                source: SourceId(source),
                sequence: 1,
                account: AccountId(id),
                asset: AssetId(asset),
                amount: Amount(amount / share),
            }));
        }
    }
    all
}
