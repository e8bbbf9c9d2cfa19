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
    /// Whose orders self-trade prevention keeps it from: see [`Taker::avoided`].
    pub(crate) avoids: AccountId,
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

/// The trades of a taker that it has not accounted for yet; `BY_QUOTE` as [`Taker::by_quote`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run<const BY_QUOTE: bool> {
    /// What is left of the taker, in its unit.
    pub(crate) leaves: i64,
    /// Lots traded.
    pub(crate) qty: Qty,
    /// The price of the last trade.
    pub(crate) price: Price,
    /// Sum of price × quantity, in quote units. It fits: what a sweep trades is paid for, and no asset has more units
    /// than 64 bits count.
    notional: Amount,
}

impl<const BY_QUOTE: bool> Run<BY_QUOTE> {
    /// No trade yet.
    #[inline]
    pub(crate) fn of(taker: &Taker) -> Self {
        Self {
            leaves: taker.leaves,
            qty: Qty::ZERO,
            price: Price::ZERO,
            notional: Amount::ZERO,
        }
    }

    /// As [`Taker::lots_at`].
    #[inline]
    pub(crate) fn wanted(&self, instrument: &Instrument, price: Price) -> Qty {
        if BY_QUOTE {
            instrument.affordable(Amount(self.leaves), price)
        } else {
            Qty(self.leaves)
        }
    }

    /// Adds a trade.
    #[inline]
    pub(crate) fn add(&mut self, price: Price, qty: Qty, notional: Amount) {
        self.qty.0 += qty.0;
        self.leaves -= if BY_QUOTE { notional.0 } else { qty.0 };
        self.price = price;
        // A book without a ledger may be given orders that nobody could pay for.
        self.notional.0 = self.notional.0.wrapping_add(notional.0);
    }
}

impl Taker {
    /// Whose orders an account's taker avoids under a mode: its own, or nobody's.
    #[inline]
    pub(crate) fn avoided(account: AccountId, stp: StpMode) -> AccountId {
        if stp == StpMode::None {
            AccountId::VENUE
        } else {
            account
        }
    }

    /// Whether self-trade prevention keeps it from trading with this order.
    #[inline]
    pub(crate) fn is_kept_from(&self, maker: &Order) -> bool {
        maker.account == self.avoids
    }

    /// How many lots it would take at a price: all that is left, or what the rest of its amount pays
    /// for.
    #[inline]
    pub(crate) fn lots_at(&self, instrument: &Instrument, price: Price) -> Qty {
        if self.by_quote {
            instrument.affordable(Amount(self.leaves), price)
        } else {
            Qty(self.leaves)
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

    /// Accounts for a run of trades.
    #[inline]
    pub(crate) fn account_for<const BY_QUOTE: bool>(
        &mut self,
        instrument: &Instrument,
        run: &Run<BY_QUOTE>,
    ) {
        let base_amount = instrument.base_amount_within(run.qty);
        self.filled.0 += run.qty.0;
        self.filled_quote.0 = self.filled_quote.0.saturating_add(run.notional.0);
        self.leaves = run.leaves;
        self.held.0 -= self.spends(run.qty, run.notional, base_amount).0;
    }
}
