//! Events: what the core says about each command, in the order in which it happened.
//!
//! One reader, the publisher, keeps its read models from these and turns them into execution reports
//! and market data. An event states what a reader cannot derive; what it can look up in its own table
//! of open orders (price, side, client order id of a maker) is not repeated.

use crate::{
    AccountId, AccountState, Amount, Asset, AssetId, CancelReason, Capacity, ClientSeq,
    CommandKind, Instrument, InstrumentId, InstrumentState, KeyId, KillScope, Networks, OrderId,
    OrderRef, Permissions, PlaceOrder, Ppm, Price, PublicKey, Qty, Refusal, ReportSeq, Seq, Side,
    SourceId, Timestamp, TradeId,
};

/// One event. (`seq`, `index`) identifies it for ever: a replay produces it again with the same pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The command that caused it.
    pub seq: Seq,
    /// The time of that command.
    pub time: Timestamp,
    /// Its place among the events of the command, from 0.
    pub index: u32,
    /// Whether it is the last one of the command: books are consistent after it.
    pub last: bool,
    /// What happened.
    pub body: EventBody,
}

/// Who asked for something: an API key and its number for the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The key; [`KeyId::VENUE`] when nobody outside asked.
    pub key: KeyId,
    /// The key's number.
    pub client_seq: ClientSeq,
}

impl Origin {
    /// Nobody outside the exchange asked.
    pub const VENUE: Self = Self {
        key: KeyId::VENUE,
        client_seq: ClientSeq(0),
    };
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventBody {
    /// An order was accepted.
    Accepted(OrderAccepted),
    /// A command was refused; nothing changed but the key's highest sequence.
    Rejected(Rejected),
    /// What was left of an order is cancelled.
    Cancelled(Cancelled),
    /// An order has a new price and quantity.
    Replaced(OrderReplaced),
    /// Self-trade prevention took some of an order's quantity.
    Reduced(OrderReduced),
    /// A stop was elected and is now matched.
    Triggered(OrderTriggered),
    /// What is left of an order entered the book after it traded.
    Rested(OrderRested),
    /// Two orders traded.
    Trade(Trade),
    /// A request to cancel many orders is done.
    MassCancelled {
        /// Who asked.
        origin: Origin,
        /// Whose report this is; [`AccountId::VENUE`] for an administrator's request.
        account: AccountId,
        /// The number of the report to that account.
        report: ReportSeq,
        /// Count of orders cancelled.
        count: u32,
    },
    /// Cancel-on-disconnect was armed or disarmed.
    CancelOnDisconnectArmed {
        /// Who asked.
        origin: Origin,
        /// Whether it is armed now.
        armed: bool,
    },

    /// The pools have these sizes.
    CapacitySet(Capacity),
    /// An asset is known.
    AssetAdded {
        /// Who asked.
        origin: Origin,
        /// The id it was given.
        id: AssetId,
        /// What it is.
        asset: Asset,
    },
    /// An instrument is listed.
    InstrumentListed {
        /// Who asked.
        origin: Origin,
        /// With the id it was given.
        instrument: Instrument,
    },
    /// An instrument has a new state.
    InstrumentStateChanged {
        /// Who asked.
        origin: Origin,
        /// Which.
        instrument: InstrumentId,
        /// The new state.
        state: InstrumentState,
    },
    /// An instrument has new fees.
    FeesChanged {
        /// Who asked.
        origin: Origin,
        /// Which.
        instrument: InstrumentId,
        /// Charged to makers.
        maker: Ppm,
        /// Charged to takers.
        taker: Ppm,
    },
    /// An account was opened.
    AccountCreated {
        /// Who asked.
        origin: Origin,
        /// The id it was given.
        account: AccountId,
    },
    /// An account has a new state.
    AccountStateChanged {
        /// Who asked.
        origin: Origin,
        /// Which.
        account: AccountId,
        /// The new state.
        state: AccountState,
    },
    /// An account has a new API key.
    KeyAdded(KeyAdded),
    /// An API key no longer works.
    KeyRevoked {
        /// Who asked.
        origin: Origin,
        /// Which.
        key: KeyId,
    },
    /// Funds were moved into or out of an account.
    Transferred(Transferred),
    /// The kill switch was engaged or released.
    KillSwitchChanged {
        /// Who asked.
        origin: Origin,
        /// For whom.
        scope: KillScope,
        /// Whether it is engaged now.
        engaged: bool,
    },
}

/// An order was accepted and has an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderAccepted {
    /// Who placed it.
    pub origin: Origin,
    /// Whose order it is.
    pub account: AccountId,
    /// The number of the report to that account.
    pub report: ReportSeq,
    /// Its id.
    pub order_id: OrderId,
    /// The order as placed.
    pub order: PlaceOrder,
    /// Whether it entered the book at once and whole, or waits as a stop. When false, trades,
    /// reductions, a cancellation or [`EventBody::Rested`] follow.
    pub resting: bool,
}

/// A command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Who asked.
    pub origin: Origin,
    /// The account of the key; [`AccountId::VENUE`] when the key is unknown.
    pub account: AccountId,
    /// The number of the report to that account; 0, unnumbered, when the key is unknown.
    pub report: ReportSeq,
    /// What was asked for.
    pub command: CommandKind,
    /// For an order: its instrument; otherwise 0.
    pub instrument: InstrumentId,
    /// The order that was named, or the client order id of the one to be placed.
    pub order: Option<OrderRef>,
    /// For missing funds: the asset that is missing, in whose units the refusal counts; otherwise 0.
    pub asset: AssetId,
    /// Why.
    pub refusal: Refusal,
}

/// What was left of an order is cancelled: it is no longer open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled {
    /// Who asked for it; [`Origin::VENUE`] for every reason but `Requested`, `MassCancelled` and
    /// `ReplacedBelowFilled`.
    pub origin: Origin,
    /// Whose order it was.
    pub account: AccountId,
    /// The number of the report to that account.
    pub report: ReportSeq,
    /// Where.
    pub instrument: InstrumentId,
    /// Which order.
    pub order_id: OrderId,
    /// What was left: lots, or quote units for an order sized by quote amount.
    pub leaves: i64,
    /// Why.
    pub reason: CancelReason,
}

/// An order has a new price and total quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderReplaced {
    /// Who asked.
    pub origin: Origin,
    /// Whose order it is.
    pub account: AccountId,
    /// The number of the report to that account.
    pub report: ReportSeq,
    /// Where.
    pub instrument: InstrumentId,
    /// Which order.
    pub order_id: OrderId,
    /// The new limit price.
    pub price: Price,
    /// What is left of the new total quantity.
    pub leaves: Qty,
    /// Whether it kept its place among the orders of its price.
    pub kept_priority: bool,
    /// As [`OrderAccepted::resting`].
    pub resting: bool,
}

/// Self-trade prevention took some of an order's quantity; something is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderReduced {
    /// Whose order it is.
    pub account: AccountId,
    /// The number of the report to that account.
    pub report: ReportSeq,
    /// Where.
    pub instrument: InstrumentId,
    /// Which order.
    pub order_id: OrderId,
    /// What was taken: lots, or quote units for an order sized by quote amount.
    pub by: i64,
    /// What is left, in the same unit. Above 0.
    pub leaves: i64,
}

/// A waiting stop was elected and is matched now, as the limit or market order it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderTriggered {
    /// Whose order it is.
    pub account: AccountId,
    /// The number of the report to that account.
    pub report: ReportSeq,
    /// Where.
    pub instrument: InstrumentId,
    /// Which order.
    pub order_id: OrderId,
    /// As [`OrderAccepted::resting`].
    pub resting: bool,
}

/// What is left of an order entered the book, behind all orders of its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRested {
    /// Where.
    pub instrument: InstrumentId,
    /// Which order.
    pub order_id: OrderId,
    /// At this price.
    pub price: Price,
    /// This much.
    pub leaves: Qty,
}

/// A trade: one maker order and the taker order met at the maker's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Where.
    pub instrument: InstrumentId,
    /// Counts the instrument's trades.
    pub trade_id: TradeId,
    /// The maker's price.
    pub price: Price,
    /// How much.
    pub qty: Qty,
    /// price × quantity, in quote units.
    pub notional: Amount,
    /// The taker's side.
    pub taker_side: Side,
    /// The resting order's view.
    pub maker: Fill,
    /// The arriving order's view.
    pub taker: Fill,
}

/// One side's view of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Which order.
    pub order_id: OrderId,
    /// Whose.
    pub account: AccountId,
    /// The number of the report to that account. In a self-trade the maker's comes first.
    pub report: ReportSeq,
    /// What is left of the order: lots, or quote units for an order sized by quote amount. 0: filled.
    pub leaves: i64,
    /// Taken from what this side receives: base units for the buyer, quote units for the seller.
    pub fee: Amount,
}

/// An account has a new API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyAdded {
    /// Who asked.
    pub origin: Origin,
    /// The id it was given.
    pub key: KeyId,
    /// For whom it acts.
    pub account: AccountId,
    /// What its logon is verified with.
    pub public_key: PublicKey,
    /// What it may do.
    pub permissions: Permissions,
    /// Where it may be used from.
    pub networks: Networks,
}

/// Funds were moved into or out of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// Who asked.
    pub origin: Origin,
    /// Whose balance.
    pub account: AccountId,
    /// The number of the report to that account.
    pub report: ReportSeq,
    /// Of what.
    pub asset: AssetId,
    /// How much; negative out of the account.
    pub amount: Amount,
    /// Who sent it.
    pub source: SourceId,
    /// The source's number for it.
    pub sequence: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_stays_within_three_cache_lines() {
        assert!(size_of::<Event>() <= 192, "{}", size_of::<Event>());
    }
}
