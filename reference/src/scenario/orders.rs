//! Trading commands: new orders around the book, replaces and cancels of open ones.
//!
//! Prices cluster within a few steps of the best prices, so that crossing, queues at one price and
//! stops just beyond the last trade are the rule; a step is about a quarter of a percent, at least one
//! tick. Client order ids come from few names, so that they are reused and sometimes taken.

use rialto_engine::image::OrderImage;
use rialto_types::{
    Amount, CancelOrder, ClientOrderId, Command, InstrumentId, MassCancel, OrderId, OrderKind,
    OrderRef, PlaceOrder, Price, Qty, ReplaceOrder, Side, Size, StpMode, TimeInForce, Timestamp,
};

use super::generator::Generator;

/// What an instrument's prices and quantities are counted in here.
struct Market {
    best_bid: Option<i64>,
    best_ask: Option<i64>,
    last: i64,
    /// Where prices return to.
    anchor: i64,
    price_step: i64,
    qty_step: i64,
    quote_units_per_tick_lot: i64,
}

impl Market {
    fn best(&self, side: Side) -> Option<i64> {
        match side {
            Side::Buy => self.best_bid,
            Side::Sell => self.best_ask,
        }
    }
}

impl Generator {
    pub(super) fn place(&mut self) -> Command {
        let instrument = self.some_instrument();
        let side = self.rng.pick(&[Side::Buy, Side::Sell]);
        let market = self.market(instrument);
        let kind = match self.rng.weighted(&self.profile.kinds.clone()) {
            0 => self.limit(side, &market),
            1 => OrderKind::Market {
                size: self.size(side, &market),
            },
            2 => {
                let stop = self.stop(side, &market);
                let offset = self.rng.range(-3, 6).saturating_mul(market.price_step);
                let price = match side {
                    Side::Buy => stop.0.saturating_add(offset),
                    Side::Sell => stop.0.saturating_sub(offset),
                };
                OrderKind::StopLimit {
                    stop,
                    price: Price(price),
                    qty: self.qty(side, &market),
                    tif: self.tif(&[55, 15, 12, 18]),
                }
            }
            _ => OrderKind::StopMarket {
                stop: self.stop(side, &market),
                size: self.size(side, &market),
            },
        };
        Command::Place(PlaceOrder {
            instrument,
            side,
            stp: self.stp(),
            kind,
            client_order_id: self.rng.percent(40).then(|| self.name()),
        })
    }

    fn limit(&mut self, side: Side, market: &Market) -> OrderKind {
        let tif = self.tif(&[70, 9, 7, 14]);
        let price = match market.best(side.opposite()) {
            // What cannot rest should mostly trade.
            Some(opposite) if !tif.rests() && self.rng.percent(75) => {
                self.beyond(side, opposite, market)
            }
            _ => self.price(side, market),
        };
        OrderKind::Limit {
            price,
            qty: self.qty(side, market),
            tif,
            post_only: self.rng.percent(if tif.rests() { 10 } else { 1 }),
        }
    }

    pub(super) fn replace(&mut self) -> Command {
        let is_replaceable = |order: &OrderImage| order.kind.price().is_some();
        let Some((instrument, order)) = (self.some_order())
            .filter(|(_, order)| is_replaceable(order))
            .or_else(|| self.some_order())
        else {
            return self.place();
        };
        let market = self.market(instrument);
        let old_price = order.kind.price().unwrap_or(Price(market.last));
        let price = match self.rng.weighted(&[45, 30, 25]) {
            0 => old_price,
            1 => self.price(order.side, &market),
            _ => {
                let offset = self.rng.range(-3, 3).saturating_mul(market.price_step);
                Price(old_price.0.saturating_add(offset))
            }
        };
        let total = order.leaves.saturating_add(order.filled.0);
        let qty = match self.rng.weighted(&[20, 33, 33, 4, 10]) {
            0 => total,
            1 => total
                .saturating_sub(self.rng.range(1, 4).saturating_mul(market.qty_step))
                .max(1),
            2 => total.saturating_add(self.rng.range(1, 4).saturating_mul(market.qty_step)),
            3 => order.filled.0.saturating_add(self.rng.range(-1, 1)),
            _ => self.qty(order.side, &market).0,
        };
        Command::Replace(ReplaceOrder {
            instrument: self.mostly(instrument),
            order: self.naming(order.order_id, order.client_order_id),
            price,
            qty: Qty(qty),
        })
    }

    pub(super) fn cancel(&mut self) -> Command {
        let Some((instrument, order)) = self.some_order() else {
            return self.place();
        };
        Command::Cancel(CancelOrder {
            instrument: self.mostly(instrument),
            order: self.naming(order.order_id, order.client_order_id),
        })
    }

    pub(super) fn mass_cancel(&mut self) -> Command {
        Command::MassCancel(MassCancel {
            instrument: self.rng.percent(60).then(|| self.some_instrument()),
            side: self.some_side(),
        })
    }

    pub(super) fn some_side(&mut self) -> Option<Side> {
        self.rng.pick(&[None, Some(Side::Buy), Some(Side::Sell)])
    }

    /// The order's instrument, seldom another.
    fn mostly(&mut self, instrument: InstrumentId) -> InstrumentId {
        if self.rng.percent(2) {
            self.some_instrument()
        } else {
            instrument
        }
    }

    /// A name of the order: its id, or its client order id; seldom another's.
    fn naming(&mut self, id: OrderId, client: Option<ClientOrderId>) -> OrderRef {
        match client {
            _ if self.rng.percent(2) => OrderRef::Client(self.name()),
            _ if self.rng.percent(2) => {
                let newest = i64::try_from(self.image.order_count).expect("few orders");
                let counter = self.rng.range(1, newest + 2).unsigned_abs();
                OrderRef::Id(OrderId::new(self.image.shard, counter))
            }
            Some(client) if self.rng.percent(50) => OrderRef::Client(client),
            _ => OrderRef::Id(id),
        }
    }

    /// One of a few client order ids, a dozen or a quarter of an account's open orders, the longest possible among them.
    pub(super) fn name(&mut self) -> ClientOrderId {
        let most = i64::from(self.image.capacity.orders_per_account / 4).clamp(11, 100);
        let text = match self.rng.range(0, most) {
            0 => "abcdefghijklmnopqrstuvwxyzABCDEF/9:-".to_owned(),
            number => format!("x-{number}"),
        };
        ClientOrderId::new(&text).expect("the names of the generator are well formed")
    }

    pub(super) fn stp(&mut self) -> StpMode {
        let modes = [
            StpMode::None,
            StpMode::CancelTaker,
            StpMode::CancelMaker,
            StpMode::CancelBoth,
            StpMode::Decrement,
        ];
        self.rng.pick(&modes)
    }

    /// By the weights of GTC, IOC, FOK, GTD. Expiries fall on few moments, so that several orders
    /// expire together.
    fn tif(&mut self, weights: &[u32; 4]) -> TimeInForce {
        match self.rng.weighted(weights) {
            0 => TimeInForce::Gtc,
            1 => TimeInForce::Ioc,
            2 => TimeInForce::Fok,
            _ if self.rng.percent(3) => TimeInForce::Gtd(self.time),
            _ => {
                let ahead = self.rng.range(1, 2_500).unsigned_abs();
                TimeInForce::Gtd(Timestamp((self.time.0 + ahead).next_multiple_of(64)))
            }
        }
    }

    fn market(&self, instrument: InstrumentId) -> Market {
        let Some(book) = self.book(instrument) else {
            return Market {
                best_bid: None,
                best_ask: None,
                last: 100,
                anchor: 100,
                price_step: 1,
                qty_step: 1,
                quote_units_per_tick_lot: 1,
            };
        };
        let price = |order: &OrderImage| order.kind.price().map(|p| p.0);
        let spec = &book.instrument.spec;
        Market {
            best_bid: book.bids.first().and_then(price),
            best_ask: book.asks.first().and_then(price),
            last: book.last_trade.unwrap_or(spec.reference_price).0,
            anchor: spec.reference_price.0,
            price_step: (spec.reference_price.0 / 400).max(1),
            qty_step: (spec.max_qty.0 / 60).max(1),
            quote_units_per_tick_lot: book.instrument.quote_units_per_tick_lot,
        }
    }

    /// A limit price, mostly near the best prices.
    fn price(&mut self, side: Side, market: &Market) -> Price {
        if self.rng.percent(self.profile.far_percent) {
            return self.far_price(side, market);
        }
        let towards = match side {
            Side::Buy => 1,
            Side::Sell => -1,
        };
        // Prices that have strayed are led back.
        let width = 10_i64.saturating_mul(market.price_step);
        let own = market.best(side).unwrap_or(market.last);
        let own = own.clamp(market.anchor - width, market.anchor.saturating_add(width));
        let steps = |from: i64, count: i64| {
            from.saturating_add((towards * count).saturating_mul(market.price_step))
        };
        let price = match self.rng.weighted(&[63, 18, 14, 3, 2]) {
            // Near the best of its own side, mostly behind it.
            0 => steps(own, self.rng.range(-7, 1)),
            1 => {
                let opposite = market.best(side.opposite()).unwrap_or(market.last);
                return self.beyond(side, opposite, market);
            }
            2 => steps(market.anchor, self.rng.range(-15, 5)),
            // About where collars end.
            3 => {
                let part = self.rng.pick(&[20, 5, 1]);
                let end = market.last.saturating_add(towards * (market.last / part));
                end.saturating_add(self.rng.range(-1, 1))
            }
            _ => self.wild_number(),
        };
        Price(price)
    }

    /// A limit far behind the best price, every order of magnitude as likely as any other.
    fn far_price(&mut self, side: Side, market: &Market) -> Price {
        let own = market.best(side).unwrap_or(market.last);
        let magnitude = i64::from(own.max(2).ilog2());
        let magnitude = match side {
            Side::Buy => self.rng.range(0, magnitude - 1),
            Side::Sell => self.rng.range(0, (magnitude + 5).min(62)),
        };
        let distance = self.rng.range(0, 1 << magnitude);
        Price(match side {
            Side::Buy => own - distance,
            Side::Sell => own.saturating_add(distance),
        })
    }

    /// A limit that trades at the best opposite price, or a few steps beyond it.
    fn beyond(&mut self, side: Side, opposite: i64, market: &Market) -> Price {
        let offset = self.rng.range(0, 5).saturating_mul(market.price_step);
        Price(match side {
            Side::Buy => opposite.saturating_add(offset),
            Side::Sell => opposite.saturating_sub(offset),
        })
    }

    /// A stop price, mostly just beyond the last trade.
    fn stop(&mut self, side: Side, market: &Market) -> Price {
        let steps = match self.rng.weighted(&[92, 7, 1]) {
            0 => self.rng.range(1, 9),
            1 => self.rng.range(-2, 0),
            _ => return Price(self.wild_number()),
        };
        let offset = steps.saturating_mul(market.price_step);
        Price(match side {
            Side::Buy => market.last.saturating_add(offset),
            Side::Sell => market.last.saturating_sub(offset),
        })
    }

    fn qty(&mut self, side: Side, market: &Market) -> Qty {
        let qty = match self.rng.weighted(&[72, 12, 11, 4, 1]) {
            0 => self.rng.range(1, 12).saturating_mul(market.qty_step),
            1 => self.rng.range(1, 3),
            2 => self.leaves_of_some_order(side).unwrap_or(5),
            3 => self.rng.range(12, 62).saturating_mul(market.qty_step),
            _ => self.wild_number(),
        };
        Qty(qty)
    }

    /// What is left of an open order of the other side, so that two orders fill each other.
    fn leaves_of_some_order(&mut self, side: Side) -> Option<i64> {
        let (_, order) = self.some_order()?;
        (order.side != side).then_some(order.leaves)
    }

    fn size(&mut self, side: Side, market: &Market) -> Size {
        let qty = self.qty(side, market);
        // A sell by quote amount is rarer, and no stop-market order may be one.
        if self.rng.percent(if side == Side::Buy { 50 } else { 12 }) {
            let lots = qty.0.saturating_mul(market.last);
            let amount = lots.saturating_mul(market.quote_units_per_tick_lot);
            let remainder = self
                .rng
                .range(-1, market.quote_units_per_tick_lot.saturating_mul(3));
            Size::Quote(Amount(amount.saturating_add(remainder)))
        } else {
            Size::Qty(qty)
        }
    }
}
