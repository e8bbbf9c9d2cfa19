//! Payloads of journal records: one for each kind of command.
//!
//! The kind stands in the record's header and so do the flags, of which only [`BY_CLIENT_ID`] exists;
//! a payload begins with the sender (key, client sequence) and goes on with what the kind has. Placing
//! a plain limit order takes 35 bytes, cancelling one by id 24, replacing one by id 40: with the
//! header of 24 each fits into 64. Cost: a few nanoseconds; nothing is allocated.

use rialto_types::{
    AccountId, AccountState, AddKey, Asset, CancelOrder, CancelOrders, Command, CommandKind, Input,
    InstrumentId, InstrumentSpec, InstrumentState, KeyId, MassCancel, OrderId, OrderRef,
    PlaceOrder, Ppm, Price, Qty, ReplaceOrder,
};

use super::mirror::{
    AddKeyMirror, AssetMirror, CapacityMirror, KillMirror, Name, NetworksMirror, ScopeMirror,
    Sender, SpecMirror, TransferMirror, optional_side, take_name, take_networks,
};
use super::terms::Terms;
use super::{PayloadError, end, put, take};

/// Flag of cancel and replace: the order is named by client order id instead of order id.
pub const BY_CLIENT_ID: u8 = 1;
/// Flag of a new key: the networks that it may be used from follow.
pub const WITH_NETWORKS: u8 = 1;
/// No payload is longer. The longest is a listing.
pub const PAYLOAD_BYTES_MAX: usize = 128;

/// What the record's header says about an encoded payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The kind of the command.
    pub kind: CommandKind,
    /// Its flags.
    pub flags: u8,
    /// Bytes written.
    pub length: usize,
}

/// Writes the payload of `input` to the front of `out`.
///
/// # Panics
/// When `out` is shorter than [`PAYLOAD_BYTES_MAX`] and the payload does not fit.
#[inline]
pub fn encode(input: &Input, out: &mut [u8]) -> Encoded {
    let sender = Sender::new(input.key, input.client_seq);
    let (flags, length) = match &input.command {
        Command::Place(order) => (0, put_place(out, sender, order)),
        Command::Cancel(cancel) => put_cancel(out, sender, cancel),
        Command::Replace(replace) => put_replace(out, sender, replace),
        Command::AddKey(key) if !key.networks.is_any() => {
            let networks = NetworksMirror(&key.networks);
            let length = put(out, (sender, AddKeyMirror::from(key), networks));
            (WITH_NETWORKS, length)
        }
        other => (0, put_rare(out, sender, other)),
    };
    Encoded {
        kind: input.command.kind(),
        flags,
        length,
    }
}

#[inline]
fn put_place(out: &mut [u8], sender: Sender, order: &PlaceOrder) -> usize {
    let terms = Terms::pack(order.side, order.stp, &order.kind);
    let name = Name(order.client_order_id.as_ref());
    put(out, (sender, order.instrument.0, terms, name))
}

#[inline]
fn put_cancel(out: &mut [u8], sender: Sender, cancel: &CancelOrder) -> (u8, usize) {
    let instrument = cancel.instrument.0;
    match &cancel.order {
        OrderRef::Id(id) => (0, put(out, (sender, instrument, id.0))),
        OrderRef::Client(id) => (BY_CLIENT_ID, put(out, (sender, instrument, Name(Some(id))))),
    }
}

#[inline]
fn put_replace(out: &mut [u8], sender: Sender, replace: &ReplaceOrder) -> (u8, usize) {
    let front = (sender, replace.instrument.0, replace.price.0, replace.qty.0);
    match &replace.order {
        OrderRef::Id(id) => (0, put(out, (front, id.0))),
        OrderRef::Client(id) => (BY_CLIENT_ID, put(out, (front, Name(Some(id))))),
    }
}

fn put_rare(out: &mut [u8], sender: Sender, command: &Command) -> usize {
    match command {
        Command::Place(_) | Command::Cancel(_) | Command::Replace(_) => {
            unreachable!("these are encoded apart, because they are frequent")
        }
        Command::Tick | Command::CreateAccount => put(out, sender),
        Command::MassCancel(cancel) => put(
            out,
            (sender, ScopeMirror::new(cancel.instrument, cancel.side)),
        ),
        Command::ArmCancelOnDisconnect { armed } => put(out, (sender, *armed)),
        Command::Disconnected { key } | Command::RevokeKey { key } => put(out, (sender, key.0)),
        Command::SetCapacity(capacity) => put(out, (sender, CapacityMirror::from(capacity))),
        Command::AddAsset(asset) => put(out, (sender, AssetMirror::from(asset))),
        Command::ListInstrument(spec) => put(out, (sender, SpecMirror::from(spec))),
        Command::SetInstrumentState { instrument, state } => {
            put(out, (sender, instrument.0, *state as u8))
        }
        Command::SetFees {
            instrument,
            maker,
            taker,
        } => put(out, (sender, instrument.0, maker.0, taker.0)),
        Command::SetAccountState { account, state } => put(out, (sender, account.0, *state as u8)),
        Command::AddKey(key) => put(out, (sender, AddKeyMirror::from(key))),
        Command::Transfer(transfer) => put(out, (sender, TransferMirror::from(transfer))),
        Command::CancelOrders(cancel) => {
            let scope = ScopeMirror::new(cancel.instrument, cancel.side);
            put(out, (sender, cancel.account.map(AccountId::get), scope))
        }
        Command::EngageKillSwitch(scope) | Command::ReleaseKillSwitch(scope) => {
            put(out, (sender, KillMirror::from(scope)))
        }
    }
}

/// Reads a payload. Call it only with bytes whose checksum is right.
///
/// # Errors
/// Every [`PayloadError`]; the payload must be consumed to its last byte.
#[inline]
pub fn decode(kind: CommandKind, flags: u8, payload: &[u8]) -> Result<Input, PayloadError> {
    let mut rest = payload;
    let sender = take::<Sender>(&mut rest)?;
    let flags_known = match kind {
        CommandKind::Cancel | CommandKind::Replace => BY_CLIENT_ID,
        CommandKind::AddKey => WITH_NETWORKS,
        _ => 0,
    };
    if flags & !flags_known != 0 {
        return Err(PayloadError::code("flags", flags)());
    }
    let bytes = &mut rest;
    let command = match kind {
        CommandKind::Place => Command::Place(take_place(bytes)?),
        CommandKind::Cancel => Command::Cancel(CancelOrder {
            instrument: InstrumentId(take(bytes)?),
            order: take_order(bytes, flags)?,
        }),
        CommandKind::Replace => Command::Replace(ReplaceOrder {
            instrument: InstrumentId(take(bytes)?),
            price: Price(take(bytes)?),
            qty: Qty(take(bytes)?),
            order: take_order(bytes, flags)?,
        }),
        CommandKind::AddKey => Command::AddKey(take_key(bytes, flags)?),
        rare => take_rare(bytes, rare)?,
    };
    end(rest)?;
    Ok(Input {
        key: sender.key(),
        client_seq: sender.client_seq(),
        command,
    })
}

#[inline]
fn take_place(bytes: &mut &[u8]) -> Result<PlaceOrder, PayloadError> {
    let instrument = InstrumentId(take(bytes)?);
    let (side, stp, kind) = Terms::take(bytes)?.unpack()?;
    Ok(PlaceOrder {
        instrument,
        side,
        stp,
        kind,
        client_order_id: take_name(bytes)?,
    })
}

#[inline]
fn take_order(bytes: &mut &[u8], flags: u8) -> Result<OrderRef, PayloadError> {
    if flags & BY_CLIENT_ID == 0 {
        return Ok(OrderRef::Id(OrderId(take(bytes)?)));
    }
    let name = take_name(bytes)?;
    name.map(OrderRef::Client)
        .ok_or_else(PayloadError::code("length of client order id", 0_u8))
}

fn take_key(bytes: &mut &[u8], flags: u8) -> Result<AddKey, PayloadError> {
    let mut key = AddKey::try_from(take::<AddKeyMirror>(bytes)?)?;
    if flags & WITH_NETWORKS != 0 {
        key.networks = take_networks(bytes)?;
    }
    Ok(key)
}

fn take_rare(bytes: &mut &[u8], kind: CommandKind) -> Result<Command, PayloadError> {
    Ok(match kind {
        CommandKind::Place | CommandKind::Cancel | CommandKind::Replace | CommandKind::AddKey => {
            unreachable!("these are decoded apart, because they are frequent or have flags")
        }
        CommandKind::Tick => Command::Tick,
        CommandKind::CreateAccount => Command::CreateAccount,
        CommandKind::MassCancel => {
            let (instrument, side) = take_scope(bytes)?;
            Command::MassCancel(MassCancel { instrument, side })
        }
        CommandKind::ArmCancelOnDisconnect => Command::ArmCancelOnDisconnect {
            armed: take(bytes)?,
        },
        CommandKind::Disconnected => Command::Disconnected {
            key: KeyId(take(bytes)?),
        },
        CommandKind::RevokeKey => Command::RevokeKey {
            key: KeyId(take(bytes)?),
        },
        CommandKind::SetCapacity => Command::SetCapacity(take::<CapacityMirror>(bytes)?.into()),
        CommandKind::AddAsset => Command::AddAsset(Asset::try_from(take::<AssetMirror>(bytes)?)?),
        CommandKind::ListInstrument => {
            Command::ListInstrument(InstrumentSpec::try_from(take::<SpecMirror>(bytes)?)?)
        }
        CommandKind::SetInstrumentState => Command::SetInstrumentState {
            instrument: InstrumentId(take(bytes)?),
            state: take_code(bytes, "instrument state", InstrumentState::from_u8)?,
        },
        CommandKind::SetFees => Command::SetFees {
            instrument: InstrumentId(take(bytes)?),
            maker: Ppm(take(bytes)?),
            taker: Ppm(take(bytes)?),
        },
        CommandKind::SetAccountState => Command::SetAccountState {
            account: AccountId(take(bytes)?),
            state: take_code(bytes, "account state", AccountState::from_u8)?,
        },
        CommandKind::Transfer => Command::Transfer(take::<TransferMirror>(bytes)?.into()),
        CommandKind::CancelOrders => {
            let account = take::<Option<u32>>(bytes)?.map(AccountId);
            let (instrument, side) = take_scope(bytes)?;
            Command::CancelOrders(CancelOrders {
                account,
                instrument,
                side,
            })
        }
        CommandKind::EngageKillSwitch => {
            Command::EngageKillSwitch(take::<KillMirror>(bytes)?.into())
        }
        CommandKind::ReleaseKillSwitch => {
            Command::ReleaseKillSwitch(take::<KillMirror>(bytes)?.into())
        }
    })
}

fn take_scope(
    bytes: &mut &[u8],
) -> Result<(Option<InstrumentId>, Option<rialto_types::Side>), PayloadError> {
    let scope = take::<ScopeMirror>(bytes)?;
    Ok((
        scope.instrument.map(InstrumentId),
        optional_side(scope.side)?,
    ))
}

fn take_code<T>(
    bytes: &mut &[u8],
    field: &'static str,
    read: impl FnOnce(u8) -> Option<T>,
) -> Result<T, PayloadError> {
    let byte = take(bytes)?;
    read(byte).ok_or_else(PayloadError::code(field, byte))
}
