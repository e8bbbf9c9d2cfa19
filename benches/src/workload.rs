//! The three workloads, generated once before anything is timed.
//!
//! - **W1**, exchange-core's mix: about 950 live orders over about 720 prices; 11 % new orders, 3 % IOC,
//!   4 % cancels, 82 % moves to a new price; about 6 % of the messages trade. Prices lie within ±9,000
//!   ticks of a mid; quantities are the product of three dice.
//! - **W2**, add and cancel: 10,000 live orders over about 320 prices, normally distributed (σ 50 ticks)
//!   around a mid that walks at random; 53 % adds, 45 % cancels, 2.5 % IOC.
//! - **W3**, sweeps: 100 adds, then one IOC that fills exactly 100 resting orders; 10,000 live.
//!
//! A generator plays its commands on a book of its own, so that it names only orders that are open.

use std::collections::HashMap;

use rialto_engine::{EventBuffer, SoloBook};
use rialto_types::{
    AccountId, Amount, Asset, AssetId, ClientOrderId, EventBody, Instrument, InstrumentId,
    InstrumentSpec, OrderId, OrderKind, PlaceOrder, Ppm, Price, Qty, Side, StpMode, Symbol,
    TimeInForce,
};

use crate::random::Random;

/// Accounts that take turns; the same for book and core, so that both play the same commands.
pub const ACCOUNTS: u32 = 1_000;
/// The mid price, in ticks. Nothing depends on where it is.
const MID: i64 = 1_000_000;

/// One message.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// Place a limit order, GTC or IOC.
    Place(AccountId, PlaceOrder),
    /// Cancel an order of this account.
    Cancel(AccountId, OrderId),
    /// Move an order of this account to another price.
    Move(AccountId, OrderId, Price, Qty),
}

/// A workload: what to play first, untimed, and what to time.
#[derive(Debug)]
pub struct Workload {
    /// Fills the book.
    pub warm_up: Vec<Message>,
    /// What is timed.
    pub messages: Vec<Message>,
    /// What the timed part does to the book.
    pub facts: Facts,
}

/// What a workload turned out to be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// Messages that traded.
    pub trading_count: u64,
    /// Trades.
    pub trade_count: u64,
    /// Open orders, averaged over the messages.
    pub live_mean: u64,
}

/// The instrument of all workloads: one tick × one lot is one quote unit.
///
/// # Panics
/// Never: its listing is valid.
pub fn instrument() -> Instrument {
    let asset = |symbol| Asset {
        symbol: Symbol::new(symbol).expect("a symbol"),
        decimals: 8,
    };
    Instrument::new(InstrumentId(1), spec(), &asset("BTC"), &asset("USDT"))
        .expect("the benchmark's instrument is valid")
}

/// What the exchange is told to list.
///
/// # Panics
/// Never: its symbol is legal.
pub fn spec() -> InstrumentSpec {
    InstrumentSpec {
        symbol: Symbol::new("BTC-USDT").expect("a symbol"),
        base: AssetId(1),
        quote: AssetId(2),
        tick_mantissa: 1,
        lot_mantissa: 100_000_000,
        min_qty: Qty(1),
        max_qty: Qty(1_000_000_000),
        min_notional: Amount(0),
        max_notional: Amount::MAX,
        collar: Ppm(1_000_000),
        reference_price: Price(MID),
        maker_fee: Ppm(100),
        taker_fee: Ppm(200),
    }
}

/// Which workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// exchange-core's mix.
    W1,
    /// Add and cancel.
    W2,
    /// Sweeps.
    W3,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::W1, Self::W2, Self::W3];

    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::W1 => "w1",
            Self::W2 => "w2",
            Self::W3 => "w3",
        }
    }

    /// Makes it, with so many timed messages; every order has a client order id of 36 characters, or none
    /// has one. Linear in the messages.
    pub fn generate(self, messages: usize, client_ids: bool) -> Workload {
        match self {
            Self::W1 => w1(messages, W1_WARM_UP, client_ids),
            Self::W2 => w2(messages, W2_LIVE, client_ids),
            Self::W3 => w3(messages, client_ids),
        }
    }
}

/// Messages that let W1's book settle.
pub const W1_WARM_UP: usize = 200_000;
/// Open orders of W2.
pub const W2_LIVE: usize = 10_000;

/// Builds a workload on a book of its own.
struct Builder {
    book: SoloBook,
    events: EventBuffer,
    random: Random,
    messages: Vec<Message>,
    /// Open orders: what a message may name.
    live: Vec<Live>,
    position: HashMap<OrderId, usize>,
    client_ids: bool,
    mid: i64,
    facts: Facts,
    live_sum: u64,
}

#[derive(Clone, Copy)]
struct Live {
    id: OrderId,
    account: AccountId,
    side: Side,
    qty: Qty,
    leaves: i64,
}

impl Builder {
    fn new(seed: u64, client_ids: bool) -> Self {
        Self {
            book: SoloBook::new(instrument(), 1 << 20, ACCOUNTS),
            events: EventBuffer::new(),
            random: Random::new(seed),
            messages: Vec::new(),
            live: Vec::new(),
            position: HashMap::new(),
            client_ids,
            mid: MID,
            facts: Facts::default(),
            live_sum: 0,
        }
    }

    fn side(&mut self) -> Side {
        if self.random.chance(500) {
            Side::Buy
        } else {
            Side::Sell
        }
    }

    fn place(&mut self, side: Side, price: i64, qty: i64, tif: TimeInForce) {
        let account = AccountId(1 + self.random.below(u64::from(ACCOUNTS)) as u32);
        let client_order_id = self.client_ids.then(|| {
            let text = format!("rialto-bench-{:023}", self.messages.len());
            ClientOrderId::new(&text).expect("36 legal characters")
        });
        let (price, qty) = (Price(price.max(1)), Qty(qty));
        let kind = OrderKind::Limit {
            price,
            qty,
            tif,
            post_only: false,
        };
        let order = PlaceOrder {
            instrument: InstrumentId(1),
            side,
            stp: StpMode::None,
            kind,
            client_order_id,
        };
        self.messages.push(Message::Place(account, order));
        self.events.clear();
        let id = self.book.place(account, &order, &mut self.events);
        let left = self.follow(id, qty.0);
        if left > 0 && tif.rests() {
            self.position.insert(id, self.live.len());
            self.live.push(Live {
                id,
                account,
                side,
                qty,
                leaves: left,
            });
        }
    }

    fn cancel(&mut self, at: usize) {
        let Live { id, account, .. } = self.live[at];
        self.messages.push(Message::Cancel(account, id));
        self.events.clear();
        assert!(
            self.book.cancel(id, &mut self.events),
            "it names open orders only"
        );
        self.forget(id);
        self.live_sum += self.live.len() as u64;
    }

    fn relocate(&mut self, at: usize, price: i64) {
        let Live {
            id,
            account,
            qty,
            leaves,
            ..
        } = self.live[at];
        let price = Price(price.max(1));
        self.messages.push(Message::Move(account, id, price, qty));
        self.events.clear();
        assert!(
            self.book.replace(id, price, qty, &mut self.events),
            "it names open orders only"
        );
        let left = self.follow(id, leaves);
        if left == 0 {
            self.forget(id);
        } else if let Some(at) = self.position.get(&id) {
            self.live[*at].leaves = left;
        }
    }

    /// Follows the trades of the last message; gives what is left of the taker.
    fn follow(&mut self, taker: OrderId, mut left: i64) -> i64 {
        let mut traded = false;
        for event in std::mem::take(&mut self.events).as_slice() {
            let EventBody::Trade(trade) = event.body else {
                continue;
            };
            debug_assert_eq!(trade.taker.order_id, taker);
            traded = true;
            self.facts.trade_count += 1;
            left -= trade.qty.0;
            if trade.maker.leaves == 0 {
                self.forget(trade.maker.order_id);
            } else if let Some(at) = self.position.get(&trade.maker.order_id) {
                self.live[*at].leaves = trade.maker.leaves;
            }
        }
        self.facts.trading_count += u64::from(traded);
        self.live_sum += self.live.len() as u64;
        left
    }

    fn forget(&mut self, id: OrderId) {
        let at = self
            .position
            .remove(&id)
            .expect("an open order has a position");
        self.live.swap_remove(at);
        if let Some(moved) = self.live.get(at) {
            self.position.insert(moved.id, at);
        }
    }

    fn pick(&mut self) -> usize {
        self.random.below(self.live.len() as u64) as usize
    }

    fn finish(mut self, warm_up: usize) -> Workload {
        let messages = self.messages.split_off(warm_up);
        self.facts.live_mean = self.live_sum / messages.len().max(1) as u64;
        Workload {
            warm_up: self.messages,
            messages,
            facts: self.facts,
        }
    }

    fn start_timed_part(&mut self) -> usize {
        self.facts = Facts::default();
        self.live_sum = 0;
        self.messages.len()
    }
}

/// exchange-core's mix: `count` timed messages after `settling` untimed ones.
pub fn w1(count: usize, settling: usize, client_ids: bool) -> Workload {
    let mut builder = Builder::new(1, client_ids);
    while builder.live.len() < 950 {
        let (side, away) = (builder.side(), w1_distance(&mut builder.random));
        let qty = builder.random.three_dice();
        builder.place(side, toward(side, MID, away), qty, TimeInForce::Gtc);
    }
    let mut warm_up = 0;
    for step in 0..count + settling {
        if step == settling {
            warm_up = builder.start_timed_part();
        }
        w1_step(&mut builder);
    }
    builder.finish(warm_up)
}

fn w1_step(builder: &mut Builder) {
    // Holds the book near 950 orders: more orders cross when it is larger.
    let crowded = builder.live.len() > 950;
    let dice = builder.random.below(1_000);
    if dice < 110 || builder.live.len() < 10 {
        let side = builder.side();
        let away = w1_distance(&mut builder.random);
        let away = if crowded && builder.random.chance(180) {
            -200
        } else {
            away
        };
        let qty = builder.random.three_dice();
        builder.place(side, toward(side, MID, away), qty, TimeInForce::Gtc);
    } else if dice < 140 {
        let (side, qty) = (builder.side(), builder.random.three_dice());
        builder.place(side, toward(side, MID, -9_000), qty, TimeInForce::Ioc);
    } else if dice < 180 {
        let at = builder.pick();
        builder.cancel(at);
    } else {
        let at = builder.pick();
        let side = builder.live[at].side;
        let aggressive = builder.random.chance(if crowded { 40 } else { 12 });
        let away = if aggressive {
            -9_000
        } else {
            w1_distance(&mut builder.random)
        };
        builder.relocate(at, toward(side, MID, away));
    }
}

/// How far from the mid a W1 order is placed: dense near it, up to 9,000 ticks.
fn w1_distance(random: &mut Random) -> i64 {
    let (a, b) = (random.between(0, 95), random.between(0, 95));
    1 + a * b.min(94) + random.between(0, 69)
}

/// The price `away` ticks from `mid` on the order's own side; beyond the mid when negative.
fn toward(side: Side, mid: i64, away: i64) -> i64 {
    match side {
        Side::Buy => mid - away,
        Side::Sell => mid + away,
    }
}

/// Add and cancel, with about `live` open orders.
pub fn w2(count: usize, live: usize, client_ids: bool) -> Workload {
    let mut builder = Builder::new(2, client_ids);
    let mut warm_up = 0;
    let fill = live + live / 2;
    for step in 0..count + fill {
        if step == fill {
            warm_up = builder.start_timed_part();
        }
        if builder.random.chance(20) {
            builder.mid += builder.random.between(-1, 1);
        }
        let dice = builder.random.below(1_000);
        if dice < 25 && builder.live.len() > live / 2 {
            let (side, qty) = (builder.side(), builder.random.three_dice());
            let price = toward(side, builder.mid, -400);
            builder.place(side, price, qty, TimeInForce::Ioc);
        } else if builder.live.len() >= live && dice < 25 + 490 {
            let at = builder.pick();
            builder.cancel(at);
        } else {
            let side = builder.side();
            let away = builder.random.normal(50).abs() + 1;
            let qty = builder.random.three_dice();
            builder.place(side, toward(side, builder.mid, away), qty, TimeInForce::Gtc);
        }
    }
    builder.finish(warm_up)
}

/// Sweeps.
pub fn w3(count: usize, client_ids: bool) -> Workload {
    let mut builder = Builder::new(3, client_ids);
    let add = |builder: &mut Builder, side: Side| {
        let away = builder.random.normal(50).abs() + 1;
        builder.place(side, toward(side, MID, away), 10, TimeInForce::Gtc);
    };
    for at in 0..10_000 {
        add(
            &mut builder,
            if at % 2 == 0 { Side::Buy } else { Side::Sell },
        );
    }
    let warm_up = builder.start_timed_part();
    let mut side = Side::Buy;
    while builder.messages.len() < warm_up + count {
        for _ in 0..100 {
            add(&mut builder, side);
        }
        // 100 resting orders of 10 lots each are filled exactly.
        let price = toward(side.opposite(), MID, -9_000);
        builder.place(side.opposite(), price, 1_000, TimeInForce::Ioc);
        side = side.opposite();
    }
    builder.finish(warm_up)
}
