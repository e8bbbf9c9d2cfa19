//! Administration between wire and vocabulary: each administrative message to the command it asks for.

use rialto_types::{
    AddKey, Amount, Asset, AssetId, CancelOrders, ClientSeq, Command, InstrumentSpec, KillScope,
    Permissions, PublicKey, Qty, Refusal, RejectReason, Symbol, Transfer,
};

use crate::refusal::{Problem, WireRefusal, known};
use crate::{ListInstrument, Message, Scaled, SymbolText, convert, network};

/// The administrative command that a message asks for, with its client sequence; `None` when the message
/// is of another kind. `asset` finds an asset by its id.
///
/// # Errors
/// [`RejectReason::InvalidField`] for a code, flag or symbol that cannot be,
/// [`RejectReason::UnknownAsset`], and whatever [`convert`] refuses.
pub fn command<'a>(
    message: &Message,
    asset: impl Fn(AssetId) -> Option<&'a Asset>,
) -> Option<(ClientSeq, Result<Command, WireRefusal>)> {
    let (client_seq, command) = match message {
        Message::AddAsset(m) => (m.client_seq, add_asset(m)),
        Message::ListInstrument(m) => (m.client_seq, list_instrument(m, asset)),
        Message::SetInstrumentState(m) => (
            m.client_seq,
            known(m.state, "state").map(|state| Command::SetInstrumentState {
                instrument: m.instrument_id,
                state,
            }),
        ),
        Message::SetFees(m) => (
            m.client_seq,
            Ok(Command::SetFees {
                instrument: m.instrument_id,
                maker: m.maker_fee,
                taker: m.taker_fee,
            }),
        ),
        Message::Transfer(m) => (m.client_seq, transfer(m, asset)),
        Message::CancelOrders(m) => (m.client_seq, cancel_orders(m)),
        other => return account_command(other),
    };
    Some((client_seq, command))
}

/// The commands about accounts and keys.
fn account_command(message: &Message) -> Option<(ClientSeq, Result<Command, WireRefusal>)> {
    let scope = |account| match account {
        Some(account) => KillScope::Account(account),
        None => KillScope::Venue,
    };
    Some(match message {
        Message::CreateAccount(m) => (m.client_seq, Ok(Command::CreateAccount)),
        Message::SetAccountState(m) => (
            m.client_seq,
            known(m.account_state, "accountState").map(|state| Command::SetAccountState {
                account: m.account_id,
                state,
            }),
        ),
        Message::AddKey(m) => (m.client_seq, add_key(m)),
        Message::RevokeKey(m) => (m.client_seq, Ok(Command::RevokeKey { key: m.key_id })),
        Message::EngageKillSwitch(m) => (
            m.client_seq,
            Ok(Command::EngageKillSwitch(scope(m.account_id))),
        ),
        Message::ReleaseKillSwitch(m) => (
            m.client_seq,
            Ok(Command::ReleaseKillSwitch(scope(m.account_id))),
        ),
        _ => return None,
    })
}

fn add_asset(message: &crate::AddAsset) -> Result<Command, WireRefusal> {
    Ok(Command::AddAsset(Asset {
        symbol: symbol(&message.symbol)?,
        decimals: message.decimals,
    }))
}

fn symbol(text: &SymbolText) -> Result<Symbol, WireRefusal> {
    text.symbol().map_err(|_| {
        let first = i64::from(text.0[0]);
        WireRefusal::field(
            first,
            Problem::InvalidText {
                field: "symbol",
                rule: "1 to 16 characters of A-Z, 0-9, '.', '_', '/', '-', the first a letter or digit",
            },
        )
    })
}

fn list_instrument<'a>(
    message: &ListInstrument,
    asset: impl Fn(AssetId) -> Option<&'a Asset>,
) -> Result<Command, WireRefusal> {
    let find = |id: AssetId| {
        let unknown = Refusal::new(RejectReason::UnknownAsset, i64::from(id.0), 0);
        asset(id).ok_or(unknown)
    };
    find(message.base_asset_id)?;
    let quote = find(message.quote_asset_id)?;
    let (tick, lot) = (message.tick.0, message.lot.0);
    if tick < 1 || lot < 1 {
        return Err(Refusal::new(RejectReason::InvalidTickOrLot, tick, lot).into());
    }
    let qty = |qty: Scaled| -> Result<Qty, Refusal> { convert::scaled_qty(lot, qty) };
    let amount =
        |amount: Scaled| -> Result<Amount, Refusal> { convert::signed_amount(quote, amount) };
    Ok(Command::ListInstrument(InstrumentSpec {
        symbol: symbol(&message.symbol)?,
        base: message.base_asset_id,
        quote: message.quote_asset_id,
        tick_mantissa: tick,
        lot_mantissa: lot,
        min_qty: qty(message.min_quantity)?,
        max_qty: qty(message.max_quantity)?,
        min_notional: amount(message.min_notional)?,
        max_notional: amount(message.max_notional)?,
        collar: message.collar,
        reference_price: convert::price_at_tick(tick, message.reference_price)?,
        maker_fee: message.maker_fee,
        taker_fee: message.taker_fee,
    }))
}

fn add_key(message: &crate::AddKey) -> Result<Command, WireRefusal> {
    let bits = message.permissions.0;
    let permissions = Permissions::from_bits(bits).ok_or_else(|| {
        let known = crate::Permissions::KNOWN.0;
        let problem = if message.permissions.has_unknown() {
            Problem::UnknownFlag {
                field: "permissions",
                found: bits,
                known,
            }
        } else {
            Problem::Missing {
                field: "permissions",
                needed_by: "a key that may do something",
            }
        };
        WireRefusal::field(i64::from(bits), problem)
    })?;
    let networks = network::from_wire(&message.networks).map_err(|prefix_bits| {
        let problem = Problem::NoNetwork { prefix_bits };
        WireRefusal::field(i64::from(prefix_bits), problem)
    })?;
    Ok(Command::AddKey(AddKey {
        account: message.account_id,
        public_key: PublicKey(message.public_key),
        permissions,
        networks,
    }))
}

fn transfer<'a>(
    message: &crate::Transfer,
    asset: impl Fn(AssetId) -> Option<&'a Asset>,
) -> Result<Command, WireRefusal> {
    let id = message.asset_id;
    let unknown = Refusal::new(RejectReason::UnknownAsset, i64::from(id.0), 0);
    let asset = asset(id).ok_or(unknown)?;
    Ok(Command::Transfer(Transfer {
        source: message.source_id,
        sequence: message.transfer_seq,
        account: message.account_id,
        asset: id,
        amount: convert::signed_amount(asset, message.amount)?,
    }))
}

fn cancel_orders(message: &crate::CancelOrders) -> Result<Command, WireRefusal> {
    Ok(Command::CancelOrders(CancelOrders {
        account: message.account_id,
        instrument: message.instrument_id,
        side: match message.side {
            Some(code) => Some(known(code, "side")?),
            None => None,
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::NETWORKS_BYTES;
    use crate::testing::{btc, btc_usdt, usdt};
    use crate::{AddAsset, Code, Decimal};
    use rialto_types::{
        AccountId, AccountState, InstrumentState, KeyId, Networks, Ppm, Side, SourceId,
    };

    /// What a message asks for, where asset 1 is BTC and asset 2 is USDT.
    fn asked(message: impl Into<Message>) -> Result<Command, WireRefusal> {
        let assets = [btc(), usdt()];
        let find = |id: AssetId| assets.get(id.index().wrapping_sub(1));
        let (seq, command) = command(&message.into(), find).unwrap();
        assert_eq!(seq, ClientSeq(9));
        command
    }

    fn reason(message: impl Into<Message>) -> RejectReason {
        asked(message).unwrap_err().refusal.reason
    }

    const SEQ: ClientSeq = ClientSeq(9);

    fn listing() -> ListInstrument {
        ListInstrument {
            client_seq: SEQ,
            tick: Decimal(1_000_000),
            lot: Decimal(10_000),
            min_quantity: "0.0001".parse().unwrap(),
            max_quantity: "100".parse().unwrap(),
            min_notional: "1".parse().unwrap(),
            max_notional: "10000000".parse().unwrap(),
            reference_price: "60000".parse().unwrap(),
            collar: Ppm(100_000),
            maker_fee: Ppm(0),
            taker_fee: Ppm(1_000),
            base_asset_id: AssetId(1),
            quote_asset_id: AssetId(2),
            symbol: Symbol::new("BTC-USDT").unwrap().into(),
        }
    }

    #[test]
    fn a_listing_is_told_in_ticks_lots_and_units() {
        let expected = Command::ListInstrument(btc_usdt().spec);
        assert_eq!(asked(listing()), Ok(expected));
    }

    #[test]
    fn a_listing_that_cannot_be_is_refused_with_its_reason() {
        let zero_tick = ListInstrument {
            tick: Decimal(0),
            ..listing()
        };
        assert_eq!(reason(zero_tick), RejectReason::InvalidTickOrLot);
        let no_asset = ListInstrument {
            quote_asset_id: AssetId(3),
            ..listing()
        };
        assert_eq!(reason(no_asset), RejectReason::UnknownAsset);
        let off_lot = ListInstrument {
            min_quantity: "0.00015".parse().unwrap(),
            ..listing()
        };
        assert_eq!(reason(off_lot), RejectReason::QtyOffLot);
        let off_tick = ListInstrument {
            reference_price: Decimal(1),
            ..listing()
        };
        assert_eq!(reason(off_tick), RejectReason::PriceOffTick);
        let off_unit = ListInstrument {
            min_notional: "0.0000001".parse().unwrap(),
            ..listing()
        };
        assert_eq!(reason(off_unit), RejectReason::AmountOffUnit);
        let no_symbol = ListInstrument {
            symbol: SymbolText::cut("btc"),
            ..listing()
        };
        assert_eq!(reason(no_symbol), RejectReason::InvalidField);
    }

    #[test]
    fn a_transfer_is_told_in_units_and_may_be_negative() {
        let transfer = crate::Transfer {
            client_seq: SEQ,
            transfer_seq: 4,
            account_id: AccountId(7),
            amount: "-12.5".parse().unwrap(),
            asset_id: AssetId(2),
            source_id: SourceId(3),
        };
        let expected = Transfer {
            source: SourceId(3),
            sequence: 4,
            account: AccountId(7),
            asset: AssetId(2),
            amount: Amount(-12_500_000),
        };
        assert_eq!(asked(transfer), Ok(Command::Transfer(expected)));
        let unknown = crate::Transfer {
            asset_id: AssetId(0),
            ..transfer
        };
        assert_eq!(reason(unknown), RejectReason::UnknownAsset);
    }

    #[test]
    fn keys_need_permissions_that_exist() {
        let key = |permissions| crate::AddKey {
            client_seq: SEQ,
            account_id: AccountId(7),
            public_key: [5; 32],
            permissions,
            networks: [0; NETWORKS_BYTES],
        };
        let trade = crate::Permissions::READ.with(crate::Permissions::TRADE);
        let expected = AddKey {
            account: AccountId(7),
            public_key: PublicKey([5; 32]),
            permissions: Permissions::READ.with(Permissions::TRADE),
            networks: Networks::ANY,
        };
        assert_eq!(asked(key(trade)), Ok(Command::AddKey(expected)));
        assert_eq!(
            reason(key(crate::Permissions::NONE)),
            RejectReason::InvalidField
        );
        assert_eq!(
            reason(key(crate::Permissions(9))),
            RejectReason::InvalidField
        );
        let mut nowhere = key(trade);
        nowhere.networks[0] = 200;
        assert_eq!(reason(nowhere), RejectReason::InvalidField);
    }

    #[test]
    fn commands_about_instruments_are_told_as_they_are() {
        let client_seq = SEQ;
        let instrument_id = rialto_types::InstrumentId(1);
        let state = InstrumentState::Halted;
        let set_state = crate::SetInstrumentState {
            client_seq,
            instrument_id,
            state: state.into(),
        };
        let expected = Command::SetInstrumentState {
            instrument: instrument_id,
            state,
        };
        assert_eq!(asked(set_state), Ok(expected));
        let odd = crate::SetInstrumentState {
            state: Code::from_raw(9),
            ..set_state
        };
        assert_eq!(reason(odd), RejectReason::InvalidField);

        let (maker_fee, taker_fee) = (Ppm(1), Ppm(2));
        let fees = crate::SetFees {
            client_seq,
            instrument_id,
            maker_fee,
            taker_fee,
        };
        let (maker, taker) = (maker_fee, taker_fee);
        let expected = Command::SetFees {
            instrument: instrument_id,
            maker,
            taker,
        };
        assert_eq!(asked(fees), Ok(expected));
    }

    #[test]
    fn commands_about_accounts_are_told_as_they_are() {
        let (client_seq, account_id) = (SEQ, AccountId(7));
        let account = account_id;
        assert_eq!(
            asked(crate::CreateAccount { client_seq }),
            Ok(Command::CreateAccount)
        );
        let state = AccountState::CancelOnly;
        let set = crate::SetAccountState {
            client_seq,
            account_id,
            account_state: state.into(),
        };
        assert_eq!(asked(set), Ok(Command::SetAccountState { account, state }));
        let revoke = crate::RevokeKey {
            client_seq,
            key_id: KeyId(3),
        };
        assert_eq!(asked(revoke), Ok(Command::RevokeKey { key: KeyId(3) }));

        let orders = crate::CancelOrders {
            client_seq,
            account_id: Some(account),
            instrument_id: None,
            side: Some(Side::Sell.into()),
        };
        let (instrument, side) = (None, Some(Side::Sell));
        let expected = CancelOrders {
            account: Some(account),
            instrument,
            side,
        };
        assert_eq!(asked(orders), Ok(Command::CancelOrders(expected)));

        let engage = crate::EngageKillSwitch {
            client_seq,
            account_id: None,
        };
        assert_eq!(
            asked(engage),
            Ok(Command::EngageKillSwitch(KillScope::Venue))
        );
        let release = crate::ReleaseKillSwitch {
            client_seq,
            account_id: Some(account),
        };
        let scope = KillScope::Account(account);
        assert_eq!(asked(release), Ok(Command::ReleaseKillSwitch(scope)));
    }

    #[test]
    fn other_messages_are_not_administration() {
        let find = |_| None;
        let heartbeat = crate::Heartbeat::default().into();
        assert_eq!(command(&heartbeat, find), None);
        let asset = AddAsset {
            client_seq: SEQ,
            decimals: 8,
            symbol: btc().symbol.into(),
        };
        assert_eq!(asked(asset), Ok(Command::AddAsset(btc())));
    }
}
