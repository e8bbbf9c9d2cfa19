//! The terms of an order, packed: two bytes of codes, then only the numbers that its kind has.
//!
//! A plain limit order takes 18 bytes instead of the 40 that a struct of options would, which is what
//! keeps its whole record within one cache line.
//!
//! ```text
//! bit  0-1  kind: 0 limit, 1 market, 2 stop-limit, 3 stop-market
//!      2-3  time in force: 0 GTC, 1 IOC, 2 FOK, 3 GTD; 0 for market and stop-market
//!        4  side: 0 buy, 1 sell
//!        5  post-only; only with kind limit
//!        6  sized by an amount of the quote asset; only with kind market or stop-market
//!        7  always 0
//!     8-10  self-trade prevention, as `StpMode`
//!    11-15  always 0
//! ```
//!
//! Then `size` (lots or quote units); `price` if the kind has one; `stop` if it has one; `expiry` if the
//! time in force is GTD.

use bincode::Encode;
use bincode::enc::Encoder;
use bincode::error::EncodeError;
use rialto_types::{Amount, OrderKind, Price, Qty, Side, Size, StpMode, TimeInForce, Timestamp};

use super::{PayloadError, take};

const LIMIT: u16 = 0;
const MARKET: u16 = 1;
const STOP_LIMIT: u16 = 2;
const STOP_MARKET: u16 = 3;
const KIND_MASK: u16 = 3;

const TIF_SHIFT: u32 = 2;
const TIF_MASK: u16 = 3;
const GTC: u16 = 0;
const IOC: u16 = 1;
const FOK: u16 = 2;
const GTD: u16 = 3;

const SELL_SHIFT: u32 = 4;
const POST_ONLY: u16 = 1 << 5;
const BY_QUOTE: u16 = 1 << 6;
const STP_SHIFT: u32 = 8;
const STP_MASK: u16 = 7;

/// The bits that each kind may have, by its code. Others must be 0, so that one order has one encoding.
const ALLOWED: [u16; 4] = {
    let always = KIND_MASK | 1 << SELL_SHIFT | STP_MASK << STP_SHIFT;
    let tif = TIF_MASK << TIF_SHIFT;
    [
        always | tif | POST_ONLY,
        always | BY_QUOTE,
        always | tif,
        always | BY_QUOTE,
    ]
};

/// The packed form. Fields that the bits do not announce are 0 and not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    bits: u16,
    size: i64,
    price: i64,
    stop: i64,
    expiry: u64,
}

const fn has_price(bits: u16) -> bool {
    matches!(bits & KIND_MASK, LIMIT | STOP_LIMIT)
}

const fn has_stop(bits: u16) -> bool {
    matches!(bits & KIND_MASK, STOP_LIMIT | STOP_MARKET)
}

const fn has_expiry(bits: u16) -> bool {
    (bits >> TIF_SHIFT) & TIF_MASK == GTD
}

impl Terms {
    #[inline]
    pub(super) fn pack(side: Side, stp: StpMode, kind: &OrderKind) -> Self {
        let code = match kind {
            OrderKind::Limit { .. } => LIMIT,
            OrderKind::Market { .. } => MARKET,
            OrderKind::StopLimit { .. } => STOP_LIMIT,
            OrderKind::StopMarket { .. } => STOP_MARKET,
        };
        let tif = match kind {
            OrderKind::Limit { tif, .. } | OrderKind::StopLimit { tif, .. } => *tif,
            OrderKind::Market { .. } | OrderKind::StopMarket { .. } => TimeInForce::Gtc,
        };
        let tif_code = match tif {
            TimeInForce::Gtc => GTC,
            TimeInForce::Ioc => IOC,
            TimeInForce::Fok => FOK,
            TimeInForce::Gtd(_) => GTD,
        };
        let post_only = matches!(
            kind,
            OrderKind::Limit {
                post_only: true,
                ..
            }
        );
        let (by_quote, count) = match kind.size() {
            Size::Qty(qty) => (false, qty.0),
            Size::Quote(amount) => (true, amount.0),
        };
        Self {
            bits: code
                | tif_code << TIF_SHIFT
                | (side as u16) << SELL_SHIFT
                | if post_only { POST_ONLY } else { 0 }
                | if by_quote { BY_QUOTE } else { 0 }
                | (stp as u16) << STP_SHIFT,
            size: count,
            price: kind.price().map_or(0, Price::get),
            stop: kind.stop().map_or(0, Price::get),
            expiry: tif.expiry().map_or(0, Timestamp::get),
        }
    }

    /// Reads the packed form: as many numbers as its bits announce.
    #[inline]
    pub(super) fn take(bytes: &mut &[u8]) -> Result<Self, PayloadError> {
        let (bits, size) = (take::<u16>(bytes)?, take::<i64>(bytes)?);
        let price = if has_price(bits) { take(bytes)? } else { 0 };
        let stop = if has_stop(bits) { take(bytes)? } else { 0 };
        let expiry = if has_expiry(bits) { take(bytes)? } else { 0 };
        Ok(Self {
            bits,
            size,
            price,
            stop,
            expiry,
        })
    }

    /// # Errors
    /// [`PayloadError::Code`] when a bit is set that the kind does not have.
    #[inline]
    pub(super) fn unpack(self) -> Result<(Side, StpMode, OrderKind), PayloadError> {
        let bits = self.bits;
        let side = if bits >> SELL_SHIFT & 1 == 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        let mode = StpMode::from_u8((bits >> STP_SHIFT & STP_MASK) as u8);
        match mode {
            Some(mode) if bits & !ALLOWED[usize::from(bits & KIND_MASK)] == 0 => {
                Ok((side, mode, self.kind()))
            }
            _ => Err(PayloadError::code("order terms", bits)()),
        }
    }

    #[inline]
    fn kind(&self) -> OrderKind {
        let bits = self.bits;
        let (price, qty, trigger) = (Price(self.price), Qty(self.size), Price(self.stop));
        let size = if bits & BY_QUOTE == 0 {
            Size::Qty(qty)
        } else {
            Size::Quote(Amount(self.size))
        };
        let tif = match (bits >> TIF_SHIFT) & TIF_MASK {
            GTC => TimeInForce::Gtc,
            IOC => TimeInForce::Ioc,
            FOK => TimeInForce::Fok,
            _ => TimeInForce::Gtd(Timestamp(self.expiry)),
        };
        match bits & KIND_MASK {
            LIMIT => OrderKind::Limit {
                price,
                qty,
                tif,
                post_only: bits & POST_ONLY != 0,
            },
            MARKET => OrderKind::Market { size },
            STOP_LIMIT => OrderKind::StopLimit {
                stop: trigger,
                price,
                qty,
                tif,
            },
            _ => OrderKind::StopMarket {
                stop: trigger,
                size,
            },
        }
    }
}

impl Encode for Terms {
    #[inline]
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.bits.encode(encoder)?;
        self.size.encode(encoder)?;
        if has_price(self.bits) {
            self.price.encode(encoder)?;
        }
        if has_stop(self.bits) {
            self.stop.encode(encoder)?;
        }
        if has_expiry(self.bits) {
            self.expiry.encode(encoder)?;
        }
        Ok(())
    }
}
