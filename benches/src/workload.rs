//! The three workloads, generated once before anything is timed.
//!
//! - **W1**, exchange-core's mix: about 950 live orders over about 720 prices; 11 % new orders, 3 % IOC,
//!   4 % cancels, 82 % moves to a new price; about 6 % of the messages trade. Prices lie within ±9,000
//!   ticks of a mid; quantities are the product of three dice.
//! - **W2**, add and cancel: 10,000 live orders over about 320 prices, normally distributed (σ 50 ticks)
//!   around a mid that walks at random; 53 % adds, 45 % cancels, 2.5 % IOC.
//! - **W3**, sweeps: 100 adds, then one IOC that fills exactly 100 resting orders; 10,000 live.
//!
//! Each is made by a builder, which follows what becomes of the orders.

use rialto_types::{Side, TimeInForce};

use crate::builder::Builder;
use crate::message::{MID, Message};
use crate::random::Random;

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
    let warm_up = add_and_cancel(&mut builder, count, live);
    builder.finish(warm_up)
}

/// As [`w2`] without client order ids, of so many accounts. Different seeds give different messages.
pub fn w2_of(count: usize, live: usize, accounts: u32, seed: u64) -> Workload {
    let room = u32::try_from(2 * live).map_or(u32::MAX >> 2, |room| room.max(1 << 12));
    let mut builder = Builder::of(seed, false, accounts, room);
    let warm_up = add_and_cancel(&mut builder, count, live);
    builder.finish(warm_up)
}

/// W2 from an empty book and back: when `count` messages have been played, what is open is cancelled. So
/// it can be played again and again, with the order ids of what was placed before added.
pub fn w2_round(count: usize, live: usize) -> Vec<Message> {
    let mut builder = Builder::new(2, false);
    add_and_cancel(&mut builder, count, live);
    while !builder.live.is_empty() {
        let at = builder.pick();
        builder.cancel(at);
    }
    builder.finish(0).messages
}

/// Fills the book and plays `count` messages; gives how many came before those.
fn add_and_cancel(builder: &mut Builder, count: usize, live: usize) -> usize {
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
    warm_up
}

/// Orders that W3 adds before each sweep, which fills as many.
pub const W3_ADDS: usize = 100;

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
        for _ in 0..W3_ADDS {
            add(&mut builder, side);
        }
        // 100 resting orders of 10 lots each are filled exactly.
        let price = toward(side.opposite(), MID, -9_000);
        builder.place(side.opposite(), price, 1_000, TimeInForce::Ioc);
        side = side.opposite();
    }
    builder.finish(warm_up)
}
