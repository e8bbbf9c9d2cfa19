//! Orders and the four queues of an instrument: bids, asks, stop buys, stop sells.
//!
//! A queue is a map from price to the orders of that price, oldest first. Removing an order searches
//! all of them. A level that becomes empty is dropped, so the first and last keys are the best prices.

use std::collections::{BTreeMap, VecDeque};

use rialto_types::{
    AccountId, Amount, ClientOrderId, Collar, Instrument, InstrumentId, KeyId, OrderId, OrderKind,
    Price, Qty, Side, StpMode, TradeId,
};

/// What an order holds of its account's funds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hold {
    /// So many units for each lot that is left.
    PerLot(i128),
    /// What is left of the order's quote amount.
    Leaves,
    /// What is left of the sum that a dry run foresaw.
    Sweep(i128),
}

/// An order, from acceptance to its end.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) id: OrderId,
    pub(super) instrument: InstrumentId,
    pub(super) account: AccountId,
    /// The key that placed it.
    pub(super) key: KeyId,
    pub(super) side: Side,
    pub(super) stp: StpMode,
    /// As it is now: after a replace, a reduction, an election.
    pub(super) kind: OrderKind,
    /// Lots, or quote units when sized by quote amount.
    pub(super) leaves: i64,
    pub(super) filled: Qty,
    /// Quote units; stays at `i64::MAX`.
    pub(super) filled_quote: Amount,
    pub(super) client_order_id: Option<ClientOrderId>,
    pub(super) hold: Hold,
}

impl Order {
    /// What the order holds now, in units of the asset it gives.
    pub(super) fn held(&self) -> i128 {
        match self.hold {
            Hold::PerLot(units) => units * i128::from(self.leaves),
            Hold::Leaves => i128::from(self.leaves),
            Hold::Sweep(rest) => rest,
        }
    }
}

/// Orders by price, within a price oldest first.
pub(super) type Levels = BTreeMap<Price, VecDeque<Order>>;

/// A listed instrument with its open orders.
#[derive(Clone, Debug)]
pub(super) struct Book {
    pub(super) listed: Instrument,
    pub(super) last_trade: Option<Price>,
    pub(super) trade_id: TradeId,
    bids: Levels,
    asks: Levels,
    stop_buys: Levels,
    stop_sells: Levels,
}

impl Book {
    pub(super) fn new(listed: Instrument) -> Self {
        Self {
            listed,
            last_trade: None,
            trade_id: TradeId(0),
            bids: Levels::new(),
            asks: Levels::new(),
            stop_buys: Levels::new(),
            stop_sells: Levels::new(),
        }
    }

    /// The last trade, before the first one the listing's reference.
    pub(super) fn reference_price(&self) -> Price {
        self.last_trade.unwrap_or(self.listed.spec.reference_price)
    }

    pub(super) fn collar(&self) -> Collar {
        self.listed.collar(self.reference_price())
    }

    /// The resting orders of a side, best price first, then oldest.
    pub(super) fn resting(&self, side: Side) -> Vec<&Order> {
        match side {
            Side::Buy => self.bids.values().rev().flatten().collect(),
            Side::Sell => self.asks.values().flatten().collect(),
        }
    }

    /// The waiting stops of a side in election order: buys from the lowest stop, sells from the highest.
    pub(super) fn waiting(&self, side: Side) -> Vec<&Order> {
        match side {
            Side::Buy => self.stop_buys.values().flatten().collect(),
            Side::Sell => self.stop_sells.values().rev().flatten().collect(),
        }
    }

    /// All open orders in the order in which closing the instrument cancels them.
    pub(super) fn orders(&self) -> Vec<&Order> {
        let mut all = self.resting(Side::Buy);
        all.extend(self.resting(Side::Sell));
        all.extend(self.waiting(Side::Buy));
        all.extend(self.waiting(Side::Sell));
        all
    }

    pub(super) fn find(&self, id: OrderId) -> Option<&Order> {
        self.orders().into_iter().find(|order| order.id == id)
    }

    /// The order that a taker of the other side meets next.
    pub(super) fn best(&self, side: Side) -> Option<&Order> {
        match side {
            Side::Buy => self.bids.values().next_back(),
            Side::Sell => self.asks.values().next(),
        }
        .and_then(VecDeque::front)
    }

    /// The price of [`Book::best`].
    pub(super) fn best_price(&self, side: Side) -> Option<Price> {
        self.best(side)
            .map(|order| order.kind.price().expect("a resting order has a price"))
    }

    /// The best opposite price, if a limit of `price` trades at it.
    pub(super) fn crossed_by(&self, side: Side, price: Price) -> Option<Price> {
        self.best_price(side.opposite())
            .filter(|best| side.accepts(price, *best))
    }

    /// Puts a limit order behind all orders of its price.
    pub(super) fn rest(&mut self, order: Order) {
        self.queue(&order).push_back(order);
    }

    /// Puts what is left of a maker back before all orders of its price, where it stood.
    pub(super) fn rest_first(&mut self, order: Order) {
        self.queue(&order).push_front(order);
    }

    /// Puts a stop behind all waiting stops of its stop price.
    pub(super) fn wait(&mut self, order: Order) {
        let stop = order.kind.stop().expect("a waiting stop has a stop price");
        let levels = match order.side {
            Side::Buy => &mut self.stop_buys,
            Side::Sell => &mut self.stop_sells,
        };
        levels.entry(stop).or_default().push_back(order);
    }

    /// Overwrites the open order of the same id where it stands, so that it keeps its place.
    pub(super) fn put_back(&mut self, order: Order) {
        for levels in self.all_levels() {
            for level in levels.values_mut() {
                for place in level {
                    if place.id == order.id {
                        *place = order;
                        return;
                    }
                }
            }
        }
        panic!("order {} is open", order.id);
    }

    /// Takes an open order out.
    pub(super) fn remove(&mut self, id: OrderId) -> Order {
        for levels in self.all_levels() {
            for level in levels.values_mut() {
                if let Some(index) = level.iter().position(|order| order.id == id) {
                    let order = level.remove(index).expect("the index was just found");
                    levels.retain(|_, level| !level.is_empty());
                    return order;
                }
            }
        }
        panic!("order {id} is open");
    }

    /// Takes out the stops that a trade at `price` satisfies, in election order.
    pub(super) fn elect(&mut self, price: Price) -> Vec<Order> {
        let mut stops = self.waiting(Side::Buy);
        stops.extend(self.waiting(Side::Sell));
        let satisfied: Vec<OrderId> = stops
            .into_iter()
            .filter(|order| is_satisfied(order.side, order.kind.stop(), price))
            .map(|order| order.id)
            .collect();
        satisfied.into_iter().map(|id| self.remove(id)).collect()
    }

    /// The queue of a limit order's price.
    fn queue(&mut self, order: &Order) -> &mut VecDeque<Order> {
        let price = order.kind.price().expect("a resting order has a price");
        let levels = match order.side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        levels.entry(price).or_default()
    }

    fn all_levels(&mut self) -> [&mut Levels; 4] {
        [
            &mut self.bids,
            &mut self.asks,
            &mut self.stop_buys,
            &mut self.stop_sells,
        ]
    }
}

/// Whether a trade at `price` elects a stop of `side`; never when there is no stop price.
pub(super) fn is_satisfied(side: Side, stop: Option<Price>, price: Price) -> bool {
    stop.is_some_and(|stop| match side {
        Side::Buy => price >= stop,
        Side::Sell => price <= stop,
    })
}
