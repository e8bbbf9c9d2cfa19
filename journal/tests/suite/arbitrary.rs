//! Arbitrary commands and states: every kind, every shape, every number.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rialto_engine::image::{
    AccountImage, AssetImage, BalanceImage, InstrumentImage, KeyImage, OrderImage, SourceImage,
    StateImage,
};
use rialto_types::*;

prop_compose! {
    /// Any input, whether or not a core would accept it.
    pub(crate) fn input()(key: u32, client_seq: u64, command in command()) -> Input {
        Input { key: KeyId(key), client_seq: ClientSeq(client_seq), command }
    }
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => place().prop_map(Command::Place),
        2 => (instrument(), order_ref()).prop_map(|(instrument, order)| {
            Command::Cancel(CancelOrder { instrument, order })
        }),
        2 => (instrument(), order_ref(), any::<i64>(), any::<i64>()).prop_map(
            |(instrument, order, price, qty)| Command::Replace(ReplaceOrder {
                instrument, order, price: Price(price), qty: Qty(qty),
            })
        ),
        1 => (option::of(instrument()), option::of(side())).prop_map(|(instrument, side)| {
            Command::MassCancel(MassCancel { instrument, side })
        }),
        1 => any::<bool>().prop_map(|armed| Command::ArmCancelOnDisconnect { armed }),
        1 => any::<u32>().prop_map(|key| Command::Disconnected { key: KeyId(key) }),
        1 => Just(Command::Tick),
        6 => administration(),
    ]
}

fn administration() -> impl Strategy<Value = Command> {
    prop_oneof![
        capacity().prop_map(Command::SetCapacity),
        asset().prop_map(Command::AddAsset),
        spec().prop_map(Command::ListInstrument),
        (instrument(), instrument_state())
            .prop_map(|(instrument, state)| { Command::SetInstrumentState { instrument, state } }),
        (instrument(), any::<u32>(), any::<u32>()).prop_map(|(instrument, maker, taker)| {
            Command::SetFees {
                instrument,
                maker: Ppm(maker),
                taker: Ppm(taker),
            }
        }),
        Just(Command::CreateAccount),
        (account(), account_state())
            .prop_map(|(account, state)| { Command::SetAccountState { account, state } }),
        (account(), any::<[u8; 32]>(), permissions(), networks()).prop_map(
            |(account, key, permissions, networks)| {
                Command::AddKey(AddKey {
                    account,
                    public_key: PublicKey(key),
                    permissions,
                    networks,
                })
            }
        ),
        any::<u32>().prop_map(|key| Command::RevokeKey { key: KeyId(key) }),
        any::<(u16, u64, u32, u16, i64)>().prop_map(
            |(source, sequence, account, asset, amount)| {
                Command::Transfer(Transfer {
                    source: SourceId(source),
                    sequence,
                    account: AccountId(account),
                    asset: AssetId(asset),
                    amount: Amount(amount),
                })
            }
        ),
        (
            option::of(account()),
            option::of(instrument()),
            option::of(side())
        )
            .prop_map(
                |(account, instrument, side)| Command::CancelOrders(CancelOrders {
                    account,
                    instrument,
                    side,
                })
            ),
        kill_scope().prop_map(Command::EngageKillSwitch),
        kill_scope().prop_map(Command::ReleaseKillSwitch),
    ]
}

prop_compose! {
    fn place()(
        instrument in instrument(),
        side in side(),
        stp in stp(),
        kind in order_kind(),
        client_order_id in option::of(client_order_id()),
    ) -> PlaceOrder {
        PlaceOrder { instrument, side, stp, kind, client_order_id }
    }
}

fn order_kind() -> impl Strategy<Value = OrderKind> {
    let tif = || {
        prop_oneof![
            Just(TimeInForce::Gtc),
            Just(TimeInForce::Ioc),
            Just(TimeInForce::Fok),
            any::<u64>().prop_map(|expiry| TimeInForce::Gtd(Timestamp(expiry))),
        ]
    };
    let size = || {
        prop_oneof![
            any::<i64>().prop_map(|qty| Size::Qty(Qty(qty))),
            any::<i64>().prop_map(|amount| Size::Quote(Amount(amount))),
        ]
    };
    prop_oneof![
        (any::<i64>(), any::<i64>(), tif(), any::<bool>()).prop_map(
            |(price, qty, tif, post_only)| {
                OrderKind::Limit {
                    price: Price(price),
                    qty: Qty(qty),
                    tif,
                    post_only,
                }
            }
        ),
        size().prop_map(|size| OrderKind::Market { size }),
        (any::<i64>(), any::<i64>(), any::<i64>(), tif()).prop_map(|(stop, price, qty, tif)| {
            OrderKind::StopLimit {
                stop: Price(stop),
                price: Price(price),
                qty: Qty(qty),
                tif,
            }
        }),
        (any::<i64>(), size()).prop_map(|(stop, size)| {
            OrderKind::StopMarket {
                stop: Price(stop),
                size,
            }
        }),
    ]
}

fn order_ref() -> impl Strategy<Value = OrderRef> {
    prop_oneof![
        any::<u64>().prop_map(|id| OrderRef::Id(OrderId(id))),
        client_order_id().prop_map(OrderRef::Client),
    ]
}

fn client_order_id() -> impl Strategy<Value = ClientOrderId> {
    "[A-Za-z0-9._:/-]{1,36}".prop_map(|text| ClientOrderId::new(&text).unwrap())
}

fn symbol() -> impl Strategy<Value = Symbol> {
    "[A-Z0-9][A-Z0-9._/-]{0,15}".prop_map(|text| Symbol::new(&text).unwrap())
}

fn side() -> impl Strategy<Value = Side> {
    select(vec![Side::Buy, Side::Sell])
}

fn stp() -> impl Strategy<Value = StpMode> {
    (0_u8..5).prop_map(|code| StpMode::from_u8(code).unwrap())
}

fn instrument_state() -> impl Strategy<Value = InstrumentState> {
    (0_u8..5).prop_map(|code| InstrumentState::from_u8(code).unwrap())
}

fn account_state() -> impl Strategy<Value = AccountState> {
    (0_u8..3).prop_map(|code| AccountState::from_u8(code).unwrap())
}

fn networks() -> impl Strategy<Value = Networks> {
    let network = (any::<u128>(), 1_u8..=128).prop_map(|(address, prefix_bits)| {
        let mask = u128::MAX << (128 - u32::from(prefix_bits));
        Network::new((address & mask).to_be_bytes(), prefix_bits).unwrap()
    });
    proptest::collection::vec(network, 0..=NETWORKS_MAX)
        .prop_map(|networks| Networks::new(&networks).unwrap())
}

fn permissions() -> impl Strategy<Value = Permissions> {
    (1_u8..8).prop_map(|bits| Permissions::from_bits(bits).unwrap())
}

fn instrument() -> impl Strategy<Value = InstrumentId> {
    any::<u32>().prop_map(InstrumentId)
}

fn account() -> impl Strategy<Value = AccountId> {
    any::<u32>().prop_map(AccountId)
}

fn kill_scope() -> impl Strategy<Value = KillScope> {
    prop_oneof![
        Just(KillScope::Venue),
        account().prop_map(KillScope::Account)
    ]
}

prop_compose! {
    fn asset()(symbol in symbol(), decimals: u8) -> Asset {
        Asset { symbol, decimals }
    }
}

prop_compose! {
    fn capacity()(numbers: [u32; 6], assets: u16) -> Capacity {
        let [orders, orders_per_account, accounts, balances, keys, instruments] = numbers;
        Capacity { orders, orders_per_account, accounts, balances, keys, instruments, assets }
    }
}

prop_compose! {
    fn spec()(
        symbol in symbol(), assets: [u16; 2], numbers: [i64; 7], rates: [u32; 3],
    ) -> InstrumentSpec {
        InstrumentSpec {
            symbol,
            base: AssetId(assets[0]),
            quote: AssetId(assets[1]),
            tick_mantissa: numbers[0],
            lot_mantissa: numbers[1],
            min_qty: Qty(numbers[2]),
            max_qty: Qty(numbers[3]),
            min_notional: Amount(numbers[4]),
            max_notional: Amount(numbers[5]),
            collar: Ppm(rates[0]),
            reference_price: Price(numbers[6]),
            maker_fee: Ppm(rates[1]),
            taker_fee: Ppm(rates[2]),
        }
    }
}

prop_compose! {
    /// Any state, whether or not a core could reach it.
    pub(crate) fn image()(
        numbers: (u32, u8, u64, u64, u64),
        capacity in capacity(),
        kill_switch: bool,
        assets in vec((asset(), any::<i64>()), 0..4),
        instruments in vec(instrument_image(), 0..3),
        accounts in vec(account_image(), 0..4),
        keys in vec(key_image(), 0..4),
        sources in vec(any::<(u16, u64)>(), 0..3),
    ) -> StateImage {
        let (rules_version, shard, seq, time, order_count) = numbers;
        StateImage {
            rules_version,
            shard: ShardId(shard),
            seq: Seq(seq),
            time: Timestamp(time),
            capacity,
            order_count,
            kill_switch,
            assets: assets
                .into_iter()
                .map(|(asset, supply)| AssetImage { asset, supply: Amount(supply) })
                .collect(),
            instruments,
            accounts,
            keys,
            sources: sources
                .into_iter()
                .map(|(source, sequence)| SourceImage { source: SourceId(source), sequence })
                .collect(),
        }
    }
}

prop_compose! {
    fn instrument_image()(
        id: u32,
        spec in spec(),
        state in instrument_state(),
        factors: [i64; 2],
        last_trade in option::of(any::<i64>().prop_map(Price)),
        trade_id: u64,
        orders in [orders(), orders(), orders(), orders()],
    ) -> InstrumentImage {
        let [bids, asks, stop_buys, stop_sells] = orders;
        InstrumentImage {
            instrument: Instrument {
                id: InstrumentId(id),
                spec,
                state,
                base_units_per_lot: factors[0],
                quote_units_per_tick_lot: factors[1],
            },
            last_trade,
            trade_id: TradeId(trade_id),
            bids,
            asks,
            stop_buys,
            stop_sells,
        }
    }
}

fn orders() -> impl Strategy<Value = Vec<OrderImage>> {
    vec(order_image(), 0..3)
}

prop_compose! {
    fn order_image()(place in place(), ids: (u64, u32, u32), numbers: [i64; 3]) -> OrderImage {
        OrderImage {
            order_id: OrderId(ids.0),
            account: AccountId(ids.1),
            key: KeyId(ids.2),
            side: place.side,
            stp: place.stp,
            kind: place.kind,
            leaves: numbers[0],
            filled: Qty(numbers[1]),
            filled_quote: Amount(numbers[2]),
            client_order_id: place.client_order_id,
        }
    }
}

prop_compose! {
    fn account_image()(
        state in account_state(), report: u64, balances in vec(any::<(u16, i64, i64)>(), 0..4),
    ) -> AccountImage {
        AccountImage {
            state,
            report: ReportSeq(report),
            balances: balances
                .into_iter()
                .map(|(asset, available, held)| BalanceImage {
                    asset: AssetId(asset),
                    available: Amount(available),
                    held: Amount(held),
                })
                .collect(),
        }
    }
}

prop_compose! {
    fn key_image()(
        account: u32, public_key: [u8; 32], permissions in permissions(), revoked: bool,
        client_seq: u64, cancel_on_disconnect: bool, networks in networks(),
    ) -> KeyImage {
        KeyImage {
            account: AccountId(account),
            public_key: PublicKey(public_key),
            permissions,
            revoked,
            client_seq: ClientSeq(client_seq),
            cancel_on_disconnect,
            networks,
        }
    }
}
