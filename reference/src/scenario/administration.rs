//! Administration, transfers, sessions, and wild commands whose numbers make no sense.

use rialto_types::{
    AccountId, AccountState, AddKey, Amount, Asset, AssetId, CancelOrder, CancelOrders, Capacity,
    Command, InstrumentId, InstrumentSpec, InstrumentState, KeyId, KillScope, MassCancel, Networks,
    OrderId, OrderKind, OrderRef, Permissions, PlaceOrder, Ppm, Price, PublicKey, Qty,
    ReplaceOrder, Side, Size, SourceId, TimeInForce, Timestamp, Transfer,
};

use super::generator::Generator;
use super::world;

impl Generator {
    /// Arming, disarming, and the loss of a session.
    pub(super) fn session(&mut self) -> Command {
        if self.rng.percent(60) {
            return Command::ArmCancelOnDisconnect {
                armed: self.rng.percent(80),
            };
        }
        let armed: Vec<KeyId> = (1..)
            .zip(&self.image.keys)
            .filter(|(_, key)| key.cancel_on_disconnect)
            .map(|(id, _)| KeyId(id))
            .collect();
        let key = if armed.is_empty() || self.rng.percent(20) {
            self.some_key()
        } else {
            self.rng.pick(&armed)
        };
        Command::Disconnected { key }
    }

    /// Funds in and out: in order, repeated, with gaps; to the poor, from anybody, too much.
    pub(super) fn transfer(&mut self) -> Command {
        let source = SourceId(u16::try_from(self.rng.range(1, 3)).expect("small"));
        let last = self
            .image
            .sources
            .iter()
            .find(|image| image.source == source);
        let last = last.map_or(0, |image| image.sequence);
        let sequence = match self.rng.weighted(&[85, 7, 7, 1]) {
            0 => last + 1,
            1 => last.saturating_sub(self.rng.range(0, 2).unsigned_abs()),
            2 => last + self.rng.range(2, 5).unsigned_abs(),
            _ => u64::MAX,
        };
        let account = if self.rng.percent(10) {
            AccountId::VENUE
        } else {
            self.some_account()
        };
        let asset = self.some_asset();
        let balances = &self.image.accounts[account.index()].balances;
        let balance = balances.iter().find(|balance| balance.asset == asset);
        let available = balance.map_or(0, |balance| balance.available.0);
        let supply = self.image.assets.get(asset.index().saturating_sub(1));
        let supply = supply.map_or(0, |image| image.supply.0);
        let amount = match self.rng.weighted(&[55, 28, 7, 10]) {
            0 => self.rng.range(1, 1_000 + supply / 20),
            1 => -self.rng.range(0, available / 4),
            2 => -available.saturating_add(self.rng.range(0, 1)),
            _ => self.wild_number(),
        };
        Command::Transfer(Transfer {
            source,
            sequence,
            account,
            asset,
            amount: Amount(amount),
        })
    }

    /// Something that an administrator may do, mostly sensible.
    pub(super) fn administer(&mut self) -> Command {
        match self
            .rng
            .weighted(&[24, 14, 10, 8, 8, 12, 3, 6, 4, 4, 3, 2, 2])
        {
            0 => Command::SetInstrumentState {
                instrument: self.some_instrument(),
                state: self.instrument_state(),
            },
            1 => Command::SetFees {
                instrument: self.some_instrument(),
                maker: self.fee(),
                taker: self.fee(),
            },
            2 => Command::SetAccountState {
                account: self.some_account(),
                state: self.account_state(),
            },
            3 => self.add_key(),
            4 => self.revoke_key(),
            5 => self.cancel_orders(),
            6 => Command::EngageKillSwitch(KillScope::Venue),
            7 => Command::EngageKillSwitch(KillScope::Account(self.some_account())),
            8 => Command::ReleaseKillSwitch(KillScope::Account(self.some_account())),
            9 => Command::CreateAccount,
            10 => Command::SetCapacity(self.grown_capacity()),
            11 => Command::AddAsset(self.asset()),
            _ => Command::ListInstrument(self.listing()),
        }
    }

    fn cancel_orders(&mut self) -> Command {
        // Seldom everything, so that the books stay filled.
        let instrument = self.rng.percent(50).then(|| self.some_instrument());
        let all = instrument.is_none() && self.rng.percent(10);
        let account = (!all && self.rng.percent(60)).then(|| self.some_account());
        let side = match self.some_side() {
            None if !all => Some(Side::Buy),
            side => side,
        };
        Command::CancelOrders(CancelOrders {
            account,
            instrument,
            side,
        })
    }

    fn add_key(&mut self) -> Command {
        let account = if self.rng.percent(20) {
            AccountId::VENUE
        } else {
            self.some_account()
        };
        let permissions = if account == AccountId::VENUE {
            Permissions::ADMIN
        } else {
            Permissions::TRADE
        };
        world::add_key(account, permissions, &mut self.rng)
    }

    /// Mostly a key whose account keeps another one.
    fn revoke_key(&mut self) -> Command {
        let spare: Vec<KeyId> = (1..)
            .zip(&self.image.keys)
            .filter(|(_, key)| self.keys_of(key.account, key.permissions).len() > 1)
            .map(|(id, _)| KeyId(id))
            .collect();
        let key = if self.rng.percent(5) {
            // Maybe the last that administers.
            KeyId(1)
        } else if spare.is_empty() || self.rng.percent(5) {
            KeyId(self.wild_u32())
        } else {
            self.rng.pick(&spare)
        };
        Command::RevokeKey { key }
    }

    fn grown_capacity(&mut self) -> Capacity {
        let mut capacity = self.image.capacity;
        match self.rng.index(5) {
            0 => capacity.orders += 1,
            1 => capacity.balances += 1,
            2 => capacity.accounts += 1,
            3 => capacity.keys += 2,
            _ => capacity.orders_per_account += 1,
        }
        capacity
    }

    fn asset(&mut self) -> Asset {
        Asset {
            symbol: world::symbol(self.rng.pick(&["AAA", "CCC", "DDD", "EEE"])),
            decimals: u8::try_from(self.rng.range(0, 9)).expect("small"),
        }
    }

    /// A listing like an existing one, with one term changed.
    fn listing(&mut self) -> InstrumentSpec {
        let specs: Vec<InstrumentSpec> = (self.image.instruments.iter())
            .map(|book| book.instrument.spec)
            .collect();
        if specs.is_empty() {
            return blank_spec();
        }
        let mut spec = self.rng.pick(&specs);
        if self.rng.percent(80) {
            let name = self.rng.pick(&["CCC-AAA", "AAA-BBB", "CCC-BBB"]);
            spec.symbol = world::symbol(name);
        }
        match self.rng.index(10) {
            0 => spec.base = self.some_asset(),
            1 => spec.quote = self.some_asset(),
            2 => spec.tick_mantissa = self.wild_number(),
            3 => spec.lot_mantissa = self.rng.range(-1, 9),
            4 => spec.min_qty = Qty(self.wild_number()),
            5 => spec.min_notional = Amount(self.wild_number()),
            6 => spec.collar = Ppm(self.rng.pick(&[0, 1, 1_000_001])),
            7 => spec.reference_price = Price(self.wild_number()),
            8 => spec.maker_fee = self.fee(),
            _ => {}
        }
        spec
    }

    fn fee(&mut self) -> Ppm {
        Ppm(self.rng.pick(&[0, 1, 250, 777, 33_333, 100_000, 100_001]))
    }

    fn instrument_state(&mut self) -> InstrumentState {
        let states = [
            InstrumentState::Open,
            InstrumentState::PostOnly,
            InstrumentState::CancelOnly,
            InstrumentState::Halted,
            InstrumentState::Closed,
        ];
        states[self.rng.weighted(&[10, 40, 20, 25, 5])]
    }

    fn account_state(&mut self) -> AccountState {
        let states = [
            AccountState::Active,
            AccountState::CancelOnly,
            AccountState::Suspended,
        ];
        self.rng.pick(&states)
    }

    fn some_key(&mut self) -> KeyId {
        let count = self.image.keys.len();
        KeyId(u32::try_from(self.rng.index(count + 2)).expect("few keys"))
    }

    fn some_asset(&mut self) -> AssetId {
        AssetId(u16::try_from(self.rng.weighted(&[1, 33, 33, 32, 1])).expect("small"))
    }

    /// A number that an attacker would send.
    pub(super) fn wild_number(&mut self) -> i64 {
        let numbers = [
            0,
            -1,
            1,
            2,
            i64::MIN,
            i64::MIN + 1,
            i64::MAX,
            i64::MAX - 1,
            i64::MAX / 2,
            1 << 32,
            3_037_000_500,
        ];
        if self.rng.percent(70) {
            self.rng.pick(&numbers)
        } else {
            self.rng.range(i64::MIN, i64::MAX)
        }
    }

    fn wild_u32(&mut self) -> u32 {
        let high = self.rng.pick(&[3, 8, 40, i64::from(u32::MAX)]);
        u32::try_from(self.rng.range(0, high)).expect("the range is that of 32 bits")
    }

    /// Any command with any numbers.
    pub(super) fn wild(&mut self) -> Command {
        let account = AccountId(self.wild_u32());
        let instrument = InstrumentId(self.wild_u32());
        match self.rng.index(20) {
            0..=4 => self.wild_place(instrument),
            5 => Command::Cancel(CancelOrder {
                instrument,
                order: self.wild_order(),
            }),
            6 | 7 => Command::Replace(ReplaceOrder {
                instrument,
                order: self.wild_order(),
                price: Price(self.wild_number()),
                qty: Qty(self.wild_number()),
            }),
            8 => Command::MassCancel(MassCancel {
                instrument: Some(instrument),
                side: self.some_side(),
            }),
            9 => Command::Tick,
            10 => Command::SetCapacity(self.wild_capacity()),
            11 => Command::AddAsset(self.asset()),
            12 => Command::ListInstrument(self.listing()),
            13 => Command::SetInstrumentState {
                instrument,
                state: self.instrument_state(),
            },
            14 => Command::SetAccountState {
                account,
                state: self.account_state(),
            },
            15 => Command::AddKey(AddKey {
                account,
                public_key: PublicKey([0; 32]),
                permissions: Permissions::from_bits(self.rng.pick(&[1, 2, 3, 4, 5, 6, 7]))
                    .expect("the bits exist"),
                networks: Networks::ANY,
            }),
            16 => Command::Transfer(Transfer {
                source: SourceId(u16::try_from(self.rng.range(0, 4)).expect("small")),
                sequence: self.wild_number().unsigned_abs(),
                account,
                asset: self.some_asset(),
                amount: Amount(self.wild_number()),
            }),
            17 => Command::CancelOrders(CancelOrders {
                account: Some(account),
                instrument: Some(instrument),
                side: self.some_side(),
            }),
            18 => Command::EngageKillSwitch(KillScope::Account(account)),
            _ => Command::ReleaseKillSwitch(KillScope::Account(account)),
        }
    }

    fn wild_place(&mut self, instrument: InstrumentId) -> Command {
        let price = Price(self.wild_number());
        let stop = Price(self.wild_number());
        let qty = Qty(self.wild_number());
        let size = if self.rng.percent(50) {
            Size::Quote(Amount(self.wild_number()))
        } else {
            Size::Qty(qty)
        };
        let tif = match self.rng.index(3) {
            0 => TimeInForce::Gtc,
            1 => TimeInForce::Fok,
            _ => TimeInForce::Gtd(Timestamp(self.wild_number().unsigned_abs())),
        };
        let kind = match self.rng.index(4) {
            0 => OrderKind::Limit {
                price,
                qty,
                tif,
                post_only: self.rng.percent(50),
            },
            1 => OrderKind::Market { size },
            2 => OrderKind::StopLimit {
                stop,
                price,
                qty,
                tif,
            },
            _ => OrderKind::StopMarket { stop, size },
        };
        Command::Place(PlaceOrder {
            instrument,
            side: self.rng.pick(&[Side::Buy, Side::Sell]),
            stp: self.stp(),
            kind,
            client_order_id: None,
        })
    }

    fn wild_order(&mut self) -> OrderRef {
        if self.rng.percent(50) {
            OrderRef::Id(OrderId(self.wild_number().unsigned_abs()))
        } else {
            OrderRef::Client(self.name())
        }
    }

    fn wild_capacity(&mut self) -> Capacity {
        let mut capacity = self.image.capacity;
        match self.rng.index(4) {
            0 => capacity.orders = self.wild_u32().min(1_000),
            1 => capacity.keys = self.wild_u32().min(40),
            2 => capacity.assets = capacity.assets.saturating_sub(1),
            _ => capacity.instruments = capacity.instruments.saturating_sub(1),
        }
        capacity
    }
}

/// A listing that no table of assets satisfies.
fn blank_spec() -> InstrumentSpec {
    InstrumentSpec {
        symbol: world::symbol("NONE"),
        base: AssetId(0),
        quote: AssetId(0),
        tick_mantissa: 0,
        lot_mantissa: 0,
        min_qty: Qty(0),
        max_qty: Qty(0),
        min_notional: Amount(0),
        max_notional: Amount(0),
        collar: Ppm(0),
        reference_price: Price(0),
        maker_fee: Ppm(0),
        taker_fee: Ppm(0),
    }
}
