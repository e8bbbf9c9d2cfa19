//! The canonical picture of everything the core knows: plain data, one form for each state.
//!
//! Snapshots encode it, the state hash is taken over it, tests compare it. It holds nothing that can be
//! derived (levels, indexes, holds) and no trace of how the state came about (slots, free lists), so two
//! cores that went different ways to the same state give the same image. Empty balances are state: they
//! count towards the capacity, so a core that forgot them would accept what another refuses.
//! Cost: linear in orders, accounts and keys; never taken on the hot path.

use rialto_types::{
    AccountId, AccountState, Amount, Asset, AssetId, Capacity, ClientOrderId, ClientSeq,
    Instrument, KeyId, Networks, OrderId, OrderKind, Permissions, Price, PublicKey, Qty, ReportSeq,
    Seq, ShardId, Side, SourceId, StpMode, Timestamp, TradeId,
};

/// The whole state after command [`StateImage::seq`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateImage {
    /// The rules by which this state came about; see [`crate::RULES_VERSION`].
    pub rules_version: u32,
    /// Which shard this is.
    pub shard: ShardId,
    /// The last command applied; 0 before the first.
    pub seq: Seq,
    /// The time of that command.
    pub time: Timestamp,
    /// The size of the pools.
    pub capacity: Capacity,
    /// Count of orders ever accepted: the counter of the newest order id.
    pub order_count: u64,
    /// Whether the venue's kill switch is engaged.
    pub kill_switch: bool,
    /// By id, from 1.
    pub assets: Vec<AssetImage>,
    /// By id, from 1.
    pub instruments: Vec<InstrumentImage>,
    /// By id, from 0, the venue.
    pub accounts: Vec<AccountImage>,
    /// By id, from 1.
    pub keys: Vec<KeyImage>,
    /// Sources that ever sent a transfer, ascending by id.
    pub sources: Vec<SourceImage>,
}

/// An asset and how much of it the venue holds for its accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssetImage {
    /// As added.
    pub asset: Asset,
    /// Deposits minus withdrawals; equals the sum of all balances.
    pub supply: Amount,
}

/// An instrument with its book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstrumentImage {
    /// The specification, with the state and the fees of now.
    pub instrument: Instrument,
    /// The price of the last trade.
    pub last_trade: Option<Price>,
    /// The id of the last trade; 0 before the first.
    pub trade_id: TradeId,
    /// Resting buys in priority order: highest price first, then oldest.
    pub bids: Vec<OrderImage>,
    /// Resting sells in priority order: lowest price first, then oldest.
    pub asks: Vec<OrderImage>,
    /// Waiting stop buys in election order: lowest stop first, then oldest.
    pub stop_buys: Vec<OrderImage>,
    /// Waiting stop sells in election order: highest stop first, then oldest.
    pub stop_sells: Vec<OrderImage>,
}

/// An open order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderImage {
    /// Its id.
    pub order_id: OrderId,
    /// Whose it is.
    pub account: AccountId,
    /// The key that placed it.
    pub key: KeyId,
    /// Buy or sell.
    pub side: Side,
    /// Self-trade prevention when it takes.
    pub stp: StpMode,
    /// Kind and terms as they are now: after a replace the new price and total, after a reduction the
    /// smaller total, after election the kind it became.
    pub kind: OrderKind,
    /// What is left: lots, or quote units when sized by quote amount.
    pub leaves: i64,
    /// Filled so far. For an order sized in lots, `leaves` + `filled` is its total quantity.
    pub filled: Qty,
    /// Sum of price × quantity of its fills, in quote units: the average price follows. At most
    /// `i64::MAX`, where it stays.
    pub filled_quote: Amount,
    /// The client's name for it.
    pub client_order_id: Option<ClientOrderId>,
}

/// An account with its balances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountImage {
    /// What it may do.
    pub state: AccountState,
    /// The number of its last report.
    pub report: ReportSeq,
    /// Every balance that the account has, empty ones too, ascending by asset. Of the venue's, which
    /// no capacity counts, those that are not zero.
    pub balances: Vec<BalanceImage>,
}

/// One balance: the account owns `available` + `held`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceImage {
    /// Of what.
    pub asset: AssetId,
    /// Free to use.
    pub available: Amount,
    /// Set aside for open orders.
    pub held: Amount,
}

/// An API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyImage {
    /// For whom it acts.
    pub account: AccountId,
    /// What its logon is verified with.
    pub public_key: PublicKey,
    /// What it may do.
    pub permissions: Permissions,
    /// Whether it was revoked.
    pub revoked: bool,
    /// The highest client sequence it has used.
    pub client_seq: ClientSeq,
    /// Whether a lost session cancels the orders it placed.
    pub cancel_on_disconnect: bool,
    /// Where it may be used from.
    pub networks: Networks,
}

/// A source of transfers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceImage {
    /// Which.
    pub source: SourceId,
    /// The number of the last transfer applied.
    pub sequence: u64,
}
