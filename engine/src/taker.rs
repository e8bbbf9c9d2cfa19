//! An order while it is matched: what is left of it, what it holds, and what its trades make of both.
//!
//! Pure arithmetic; the book and the ledger are the caller's. Cost: O(1).

use rialto_types::{AccountId, Amount, Instrument, OrderId, Price, Qty, Side, StpMode};

use crate::orders::Order;

/// How what a taker holds follows from what is left of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HoldRule {
    /// So many units for each lot that is left: limit orders, sells, stop-market buys by quantity.
    PerLot(i64),
    /// What is left of the quote amount: stop-market buys by quote amount.
    QuoteLeft,
    /// Exactly what the sweep will need, found by a dry run: market orders.
    Exact,
}

/// An order while it is matched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taker {
    pub(crate) id: OrderId,
    pub(crate) account: AccountId,
    pub(crate) side: Side,
    pub(crate) stp: StpMode,
    /// The worst price at which it trades.
    pub(crate) bound: Price,
    /// What is left: lots, or quote units.
    pub(crate) leaves: i64,
    /// Whether `leaves` counts quote units.
    pub(crate) by_quote: bool,
    pub(crate) filled: Qty,
    pub(crate) filled_quote: Amount,
    /// What it holds of the asset it pays with.
    pub(crate) held: Amount,
    pub(crate) hold_rule: HoldRule,
}

/// The trades of a taker with the orders of one price, so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// What is left of the taker, in its unit.
    pub(crate) leaves: i64,
    /// Lots traded.
    pub(crate) qty: Qty,
}

impl Taker {
    /// Whether self-trade prevention keeps it from trading with this order.
    #[inline]
    pub(crate) fn is_kept_from(&self, maker: &Order) -> bool {
        maker.account == self.account && self.stp != StpMode::None
    }

    /// How many lots it would take at a price: all that is left, or what the rest of its amount pays
    /// for.
    #[inline]
    pub(crate) fn lots_at(&self, instrument: &Instrument, price: Price) -> Qty {
        self.lots_for(instrument, self.leaves, price)
    }

    /// The same if so much were left.
    #[inline]
    pub(crate) fn lots_for(&self, instrument: &Instrument, leaves: i64, price: Price) -> Qty {
        if self.by_quote {
            instrument.affordable(Amount(leaves), price)
        } else {
            Qty(leaves)
        }
    }

    /// What of its hold pays for a trade. Linear, so that of several trades at one price it is the sum.
    #[inline]
    pub(crate) fn spends(&self, qty: Qty, notional: Amount, base_amount: Amount) -> Amount {
        match (self.hold_rule, self.side) {
            (HoldRule::PerLot(per_lot), _) => Amount(qty.0 * per_lot),
            (HoldRule::QuoteLeft | HoldRule::Exact, Side::Buy) => notional,
            (HoldRule::QuoteLeft | HoldRule::Exact, Side::Sell) => base_amount,
        }
    }

    /// Accounts for the trades at one price.
    #[inline]
    pub(crate) fn account_for(&mut self, instrument: &Instrument, run: &Run, price: Price) {
        // Saturated as the sum over several levels is, which may be more than fits.
        let notional = price
            .0
            .saturating_mul(run.qty.0)
            .saturating_mul(instrument.quote_units_per_tick_lot);
        let base_amount = instrument.base_amount_within(run.qty);
        self.filled.0 += run.qty.0;
        self.filled_quote.0 = self.filled_quote.0.saturating_add(notional);
        self.leaves = run.leaves;
        self.held.0 -= self.spends(run.qty, Amount(notional), base_amount).0;
    }
}
