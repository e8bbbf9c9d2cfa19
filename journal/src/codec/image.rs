//! Canonical bytes of a [`StateImage`], and the state hash over them.
//!
//! One state has one image, one image one sequence of bytes: two cores agree exactly when their hashes
//! do. The bytes are what bincode makes of the whole structure (lists as a count of eight bytes and
//! their entries), but they are written and read entry by entry, so that hashing a state of a million
//! orders needs a buffer of 64 KiB and not a second copy. Cost: linear; about 100 bytes an order.

use std::io::{self, BufWriter, Write};

use bincode::{Decode, Encode};
use rialto_engine::image::{
    AccountImage, AssetImage, BalanceImage, InstrumentImage, KeyImage, OrderImage, SourceImage,
    StateImage,
};
use rialto_types::{
    AccountId, AccountState, Amount, AssetId, ClientSeq, Instrument, InstrumentId, InstrumentState,
    KeyId, Networks, OrderId, Price, PublicKey, Qty, ReportSeq, Seq, ShardId, SourceId, Timestamp,
    TradeId,
};

use super::mirror::{
    AssetMirror, CapacityMirror, Name, NetworksMirror, SpecMirror, permissions, take_name,
    take_networks,
};
use super::terms::Terms;
use super::{CONFIG, PayloadError, end, take};

/// Bytes gathered before they go to the hasher or the writer.
const BUFFER_BYTES: usize = 64 * 1024;

/// BLAKE3 over the canonical bytes of the image: equal exactly for equal states.
///
/// # Panics
/// Never: a hasher takes every byte.
pub fn state_hash(image: &StateImage) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    encode_image(image, &mut hasher).expect("a hasher takes every byte");
    *hasher.finalize().as_bytes()
}

/// Writes the canonical bytes of the image.
///
/// # Errors
/// What `out` answers.
pub fn encode_image(image: &StateImage, out: impl Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, out);
    write(&mut out, HeadMirror::from(image))?;
    write_all(&mut out, &image.assets, |asset| AssetImageMirror {
        asset: AssetMirror::from(&asset.asset),
        supply: asset.supply.0,
    })?;
    write(&mut out, image.instruments.len() as u64)?;
    for instrument in &image.instruments {
        write(&mut out, InstrumentMirror::from(instrument))?;
        for orders in [
            &instrument.bids,
            &instrument.asks,
            &instrument.stop_buys,
            &instrument.stop_sells,
        ] {
            write(&mut out, orders.len() as u64)?;
            orders
                .iter()
                .try_for_each(|order| write_order(&mut out, order))?;
        }
    }
    write(&mut out, image.accounts.len() as u64)?;
    for account in &image.accounts {
        write(&mut out, (account.state as u8, account.report.0))?;
        write_all(&mut out, &account.balances, |balance| {
            (balance.asset.0, balance.available.0, balance.held.0)
        })?;
    }
    write(&mut out, image.keys.len() as u64)?;
    image
        .keys
        .iter()
        .try_for_each(|key| write_key(&mut out, key))?;
    write_all(&mut out, &image.sources, |source| {
        (source.source.0, source.sequence)
    })?;
    out.flush()
}

/// Reads an image from its canonical bytes. Call it only with bytes whose checksum is right.
///
/// # Errors
/// Every [`PayloadError`]; the bytes must be consumed to the last.
pub fn decode_image(bytes: &[u8]) -> Result<StateImage, PayloadError> {
    let mut rest = bytes;
    let head = take::<HeadMirror>(&mut rest)?;
    let image = StateImage {
        rules_version: head.rules_version,
        shard: ShardId(head.shard),
        seq: Seq(head.seq),
        time: Timestamp(head.time),
        capacity: head.capacity.into(),
        order_count: head.order_count,
        kill_switch: head.kill_switch,
        assets: read_all(&mut rest, read_asset)?,
        instruments: read_all(&mut rest, read_instrument)?,
        accounts: read_all(&mut rest, read_account)?,
        keys: read_all(&mut rest, read_key)?,
        sources: read_all(&mut rest, |bytes| {
            let (source, sequence) = take(bytes)?;
            Ok(SourceImage {
                source: SourceId(source),
                sequence,
            })
        })?,
    };
    end(rest)?;
    Ok(image)
}

pub(crate) fn write(out: &mut impl Write, value: impl Encode) -> io::Result<()> {
    match bincode::encode_into_std_write(value, out, CONFIG) {
        Ok(_) => Ok(()),
        Err(bincode::error::EncodeError::Io { inner, .. }) => Err(inner),
        Err(other) => Err(io::Error::other(other.to_string())),
    }
}

pub(crate) fn write_all<'a, T, M: Encode>(
    out: &mut impl Write,
    items: &'a [T],
    mirror: impl Fn(&'a T) -> M,
) -> io::Result<()> {
    write(out, items.len() as u64)?;
    items.iter().try_for_each(|item| write(out, mirror(item)))
}

/// Reads a count and that many entries. The vector grows as entries arrive, so that a false count
/// cannot make it claim memory; every entry takes at least one byte, which bounds the count.
pub(crate) fn read_all<T>(
    bytes: &mut &[u8],
    mut read: impl FnMut(&mut &[u8]) -> Result<T, PayloadError>,
) -> Result<Vec<T>, PayloadError> {
    let count = take::<u64>(bytes)?;
    if count > bytes.len() as u64 {
        let bytes = bytes.len();
        return Err(PayloadError::Count { count, bytes });
    }
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(read(bytes)?);
    }
    Ok(items)
}

/// The fields of [`StateImage`] before its lists.
#[derive(Encode, Decode)]
struct HeadMirror {
    rules_version: u32,
    shard: u8,
    seq: u64,
    time: u64,
    capacity: CapacityMirror,
    order_count: u64,
    kill_switch: bool,
}

impl From<&StateImage> for HeadMirror {
    fn from(image: &StateImage) -> Self {
        Self {
            rules_version: image.rules_version,
            shard: image.shard.0,
            seq: image.seq.0,
            time: image.time.0,
            capacity: CapacityMirror::from(&image.capacity),
            order_count: image.order_count,
            kill_switch: image.kill_switch,
        }
    }
}

/// Mirrors [`AssetImage`].
#[derive(Encode, Decode)]
struct AssetImageMirror {
    asset: AssetMirror,
    supply: i64,
}

fn read_asset(bytes: &mut &[u8]) -> Result<AssetImage, PayloadError> {
    let mirror = take::<AssetImageMirror>(bytes)?;
    Ok(AssetImage {
        asset: mirror.asset.try_into()?,
        supply: Amount(mirror.supply),
    })
}

/// The fields of [`InstrumentImage`] before its lists.
#[derive(Encode, Decode)]
struct InstrumentMirror {
    id: u32,
    spec: SpecMirror,
    state: u8,
    base_units_per_lot: i64,
    quote_units_per_tick_lot: i64,
    last_trade: Option<i64>,
    trade_id: u64,
}

impl From<&InstrumentImage> for InstrumentMirror {
    fn from(image: &InstrumentImage) -> Self {
        let instrument = &image.instrument;
        Self {
            id: instrument.id.0,
            spec: SpecMirror::from(&instrument.spec),
            state: instrument.state as u8,
            base_units_per_lot: instrument.base_units_per_lot,
            quote_units_per_tick_lot: instrument.quote_units_per_tick_lot,
            last_trade: image.last_trade.map(Price::get),
            trade_id: image.trade_id.0,
        }
    }
}

fn read_instrument(bytes: &mut &[u8]) -> Result<InstrumentImage, PayloadError> {
    let mirror = take::<InstrumentMirror>(bytes)?;
    Ok(InstrumentImage {
        instrument: Instrument {
            id: InstrumentId(mirror.id),
            spec: mirror.spec.try_into()?,
            state: InstrumentState::from_u8(mirror.state)
                .ok_or_else(PayloadError::code("instrument state", mirror.state))?,
            base_units_per_lot: mirror.base_units_per_lot,
            quote_units_per_tick_lot: mirror.quote_units_per_tick_lot,
        },
        last_trade: mirror.last_trade.map(Price),
        trade_id: TradeId(mirror.trade_id),
        bids: read_all(bytes, read_order)?,
        asks: read_all(bytes, read_order)?,
        stop_buys: read_all(bytes, read_order)?,
        stop_sells: read_all(bytes, read_order)?,
    })
}

fn write_order(out: &mut impl Write, order: &OrderImage) -> io::Result<()> {
    write(out, (order.order_id.0, order.account.0, order.key.0))?;
    write(out, Terms::pack(order.side, order.stp, &order.kind))?;
    write(out, (order.leaves, order.filled.0, order.filled_quote.0))?;
    write(out, Name(order.client_order_id.as_ref()))
}

fn read_order(bytes: &mut &[u8]) -> Result<OrderImage, PayloadError> {
    let (order_id, account, key) = take(bytes)?;
    let (side, stp, kind) = Terms::take(bytes)?.unpack()?;
    let (leaves, filled, filled_quote) = take(bytes)?;
    Ok(OrderImage {
        order_id: OrderId(order_id),
        account: AccountId(account),
        key: KeyId(key),
        side,
        stp,
        kind,
        leaves,
        filled: Qty(filled),
        filled_quote: Amount(filled_quote),
        client_order_id: take_name(bytes)?,
    })
}

fn read_account(bytes: &mut &[u8]) -> Result<AccountImage, PayloadError> {
    let (state, report) = take::<(u8, u64)>(bytes)?;
    Ok(AccountImage {
        state: AccountState::from_u8(state)
            .ok_or_else(PayloadError::code("account state", state))?,
        report: ReportSeq(report),
        balances: read_all(bytes, |bytes| {
            let (asset, available, held) = take(bytes)?;
            Ok(BalanceImage {
                asset: AssetId(asset),
                available: Amount(available),
                held: Amount(held),
            })
        })?,
    })
}

/// Mirrors [`KeyImage`].
#[derive(Encode, Decode)]
struct KeyMirror {
    account: u32,
    public_key: [u8; 32],
    permissions: u8,
    revoked: bool,
    client_seq: u64,
    cancel_on_disconnect: bool,
}

impl From<&KeyImage> for KeyMirror {
    fn from(key: &KeyImage) -> Self {
        Self {
            account: key.account.0,
            public_key: key.public_key.0,
            permissions: key.permissions.bits(),
            revoked: key.revoked,
            client_seq: key.client_seq.0,
            cancel_on_disconnect: key.cancel_on_disconnect,
        }
    }
}

/// Bit of a key's permissions: the networks that it may be used from follow.
const WITH_NETWORKS: u8 = 0x80;

fn write_key(out: &mut impl Write, key: &KeyImage) -> io::Result<()> {
    let mut mirror = KeyMirror::from(key);
    if key.networks.is_any() {
        return write(out, mirror);
    }
    mirror.permissions |= WITH_NETWORKS;
    write(out, (mirror, NetworksMirror(&key.networks)))
}

fn read_key(bytes: &mut &[u8]) -> Result<KeyImage, PayloadError> {
    let mut mirror = take::<KeyMirror>(bytes)?;
    let networks = if mirror.permissions & WITH_NETWORKS == 0 {
        Networks::ANY
    } else {
        mirror.permissions &= !WITH_NETWORKS;
        take_networks(bytes)?
    };
    Ok(KeyImage {
        networks,
        account: AccountId(mirror.account),
        public_key: PublicKey(mirror.public_key),
        permissions: permissions(mirror.permissions)?,
        revoked: mirror.revoked,
        client_seq: ClientSeq(mirror.client_seq),
        cancel_on_disconnect: mirror.cancel_on_disconnect,
    })
}
