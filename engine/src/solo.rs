//! One book without accounts: placing, cancelling, replacing and matching, found by order id, events
//! written; no checks, no holds, no settlement.
//!
//! For whoever wants to measure or to use the book by itself. It is the same code as in the exchange:
//! only the ledger is empty. The caller gives valid orders: prices and quantities of at least 1 within
//! the instrument's limits.

use rialto_risk::{Fees, Settlement};
use rialto_types::event::Origin;
use rialto_types::{
    AccountId, Amount, AssetId, CancelReason, Instrument, OrderId, OrderKind, OrderRef, PlaceOrder,
    Price, Qty, ReplaceOrder, ReportSeq, Seq, ShardId, Timestamp,
};

use crate::book::Book;
use crate::events::EventBuffer;
use crate::hash::HashSeed;
use crate::ladder::LevelPool;
use crate::matching::{Ledger, Matcher};
use crate::orders::{NewOrder, Orders, Terms};

/// A book without accounts; see the module.
#[derive(Debug)]
pub struct SoloBook {
    book: Book,
    levels: LevelPool,
    orders: Orders,
    order_count: u64,
    seq: u64,
}

/// The ledger of a book without accounts.
struct NoLedger;

impl Ledger for NoLedger {
    #[inline]
    fn settle(&mut self, _: &Instrument, _: &Settlement) -> Fees {
        Fees {
            maker: Amount::ZERO,
            taker: Amount::ZERO,
        }
    }

    #[inline]
    fn release(&mut self, _: AccountId, _: AssetId, _: Amount) {}

    #[inline]
    fn next_report(&mut self, _: AccountId) -> ReportSeq {
        ReportSeq(0)
    }
}

impl SoloBook {
    /// An empty book with room for so many open orders of accounts up to `account_max`.
    pub fn new(instrument: Instrument, order_max: u32, account_max: u32) -> Self {
        let mut orders = Orders::new(HashSeed::KNOWN);
        orders.reserve(order_max as usize, account_max as usize);
        let mut levels = LevelPool::new();
        levels.reserve(order_max as usize);
        Self {
            book: Book::new(instrument),
            levels,
            orders,
            order_count: 0,
            seq: 0,
        }
    }

    /// Places an order; its id counts up from 1.
    ///
    /// # Panics
    /// When the pool is full.
    #[inline]
    pub fn place(
        &mut self,
        account: AccountId,
        order: &PlaceOrder,
        events: &mut EventBuffer,
    ) -> OrderId {
        self.order_count += 1;
        let id = OrderId::new(ShardId(0), self.order_count);
        let new = NewOrder {
            id,
            account,
            key: rialto_types::KeyId(1),
            terms: Terms::of(&self.book.instrument, &order.kind),
            order,
        };
        let mut ledger = NoLedger;
        let mut matcher = self.begin(&mut ledger, events);
        match order.kind {
            OrderKind::Limit { .. } => matcher.accept_limit(&new, Origin::VENUE),
            OrderKind::Market { size } => {
                let (taker, _) = matcher.market_taker(&new, size);
                matcher.accept_market(taker, &new, Origin::VENUE);
            }
            OrderKind::StopLimit { .. } | OrderKind::StopMarket { .. } => {
                matcher.accept_stop(&new, Origin::VENUE);
            }
        }
        events.finish();
        id
    }

    /// Cancels an open order; says whether there was one.
    #[inline]
    pub fn cancel(&mut self, id: OrderId, events: &mut EventBuffer) -> bool {
        let Some(slot) = self.orders.find(id) else {
            return false;
        };
        let mut ledger = NoLedger;
        let mut matcher = self.begin(&mut ledger, events);
        matcher.cancel(slot, CancelReason::Requested, Origin::VENUE);
        events.finish();
        true
    }

    /// Changes price and total quantity of an open limit order; says whether there was one.
    #[inline]
    pub fn replace(
        &mut self,
        id: OrderId,
        price: Price,
        qty: Qty,
        events: &mut EventBuffer,
    ) -> bool {
        let Some(slot) = self.orders.find(id) else {
            return false;
        };
        let instrument = self.book.instrument.id;
        let request = ReplaceOrder {
            instrument,
            order: OrderRef::Id(id),
            price,
            qty,
        };
        let mut ledger = NoLedger;
        let mut matcher = self.begin(&mut ledger, events);
        matcher.replace(slot, &request, Origin::VENUE);
        events.finish();
        true
    }

    /// Count of open orders.
    pub fn open_order_count(&self) -> usize {
        self.orders.count()
    }

    /// The best price of a side, if it has orders.
    pub fn best_price(&self, side: rialto_types::Side) -> Option<Price> {
        self.book.best_opposite(side.opposite())
    }

    #[inline]
    fn begin<'a>(
        &'a mut self,
        ledger: &'a mut NoLedger,
        events: &'a mut EventBuffer,
    ) -> Matcher<'a, NoLedger> {
        self.seq += 1;
        events.begin(Seq(self.seq), Timestamp::ZERO);
        Matcher {
            book: &mut self.book,
            levels: &mut self.levels,
            orders: &mut self.orders,
            ledger,
            events,
        }
    }
}

#[cfg(test)]
mod tests {
    use rialto_types::{Asset, EventBody, InstrumentId, InstrumentSpec, Ppm, Side, Symbol};
    use rialto_types::{StpMode, TimeInForce};

    use super::*;

    #[test]
    fn it_trades_by_price_then_time() {
        let asset = |symbol: &str| Asset {
            symbol: Symbol::new(symbol).unwrap(),
            decimals: 8,
        };
        let spec = InstrumentSpec {
            symbol: Symbol::new("A-B").unwrap(),
            base: AssetId(1),
            quote: AssetId(2),
            tick_mantissa: 100_000_000,
            lot_mantissa: 100_000_000,
            min_qty: Qty(1),
            max_qty: Qty(1_000),
            min_notional: Amount(0),
            max_notional: Amount::MAX,
            collar: Ppm(1_000_000),
            reference_price: Price(100),
            maker_fee: Ppm(0),
            taker_fee: Ppm(0),
        };
        let instrument = Instrument::new(InstrumentId(1), spec, &asset("A"), &asset("B")).unwrap();
        let mut book = SoloBook::new(instrument, 16, 2);
        let mut events = EventBuffer::new();
        let mut place = |side, price, qty| {
            events.clear();
            let kind = OrderKind::Limit {
                price: Price(price),
                qty: Qty(qty),
                tif: TimeInForce::Gtc,
                post_only: false,
            };
            let order = PlaceOrder {
                instrument: InstrumentId(1),
                side,
                stp: StpMode::None,
                kind,
                client_order_id: None,
            };
            let id = book.place(AccountId(1), &order, &mut events);
            let makers = events
                .as_slice()
                .iter()
                .filter_map(|event| match event.body {
                    EventBody::Trade(trade) => {
                        Some((trade.maker.order_id, trade.price.0, trade.qty.0))
                    }
                    _ => None,
                });
            (id, makers.collect::<Vec<_>>())
        };
        let (first, _) = place(Side::Sell, 101, 5);
        let (second, _) = place(Side::Sell, 100, 5);
        let (third, _) = place(Side::Sell, 100, 5);
        let (_, trades) = place(Side::Buy, 101, 12);
        assert_eq!(trades, [(second, 100, 5), (third, 100, 5), (first, 101, 2)]);
        assert_eq!(book.open_order_count(), 1);
        assert_eq!(book.best_price(Side::Sell), Some(Price(101)));
        assert_eq!(book.best_price(Side::Buy), None);
    }
}
