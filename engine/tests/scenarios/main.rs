//! The rules of docs/MATCHING.md as small scenarios that can be read: who says what, and what the
//! exchange answers. Each runs against the reference and against the engine, after every line their
//! whole states are compared and the invariants checked.
//!
//! How to read a scenario. Everybody begins with 1,000 COIN, 1,000 GOLD and 1,000,000 CASH; COIN and GOLD
//! trade against CASH with ticks, lots and units of 1, a reference price of 100, a collar of 50 % and no
//! fees. `given` lines change that world.
//!
//! ```text
//! given fees maker 1000 taker 2000      -- in ppm; collar, reference, min_qty, max_qty, min_notional,
//!                                       -- max_notional, capacity orders=3 …, funds A COIN 5
//! A buy 5@100                           -- a limit order, good till cancelled; the first accepted is #1
//! B sell 7@100 ioc stp=none id=x        -- fok, gtd 50 (a time), post; taker, maker, both, dec
//! C buy 5 market                        -- buy $500 market: by quote amount
//! C buy 5@112 stop 110                  -- stop-limit; buy 5 stop 110: stop-market; $500 stop 110
//! at 50 A replace #1 6@101 on GOLD      -- at time 50; on the other instrument
//! A2 cancel id=x                        -- A2 is A's second key, R one that may only read
//! admin state halted | state halted     -- behind the bar: exactly the events that follow
//! book | 5@100 #1 / 3@102 #2, 1@103 #3  -- bids, best first / asks, best first
//! stops | #5 110 / #6 90                -- buys in election order / sells in election order
//! funds A CASH | 999500 + 500           -- available + held
//! ```
//!
//! A line without a bar must not be rejected. A trade is written with its maker, then its taker.

mod administration;
mod cancels;
mod commands;
mod fees_and_funds;
mod market_orders;
mod priority;
mod replaces;
mod self_trades;
mod states;
mod stops;
mod support;
mod time_in_force;
mod transfers;

use support::check;
