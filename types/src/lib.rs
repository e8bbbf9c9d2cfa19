//! The vocabulary of the exchange: what every other crate speaks.
//!
//! Prices, quantities and amounts are integers behind newtypes; commands are the inputs of the core,
//! events its outputs. The crate has no dependencies and no I/O, so that anything may depend on it.
//!
//! Read in this order: [`units`], [`ids`], [`order`], [`instrument`], [`command`], [`event`].

#![forbid(unsafe_code)]
#![warn(clippy::float_arithmetic, clippy::iter_over_hash_type)]

pub mod account;
pub mod command;
pub mod event;
pub mod ids;
pub mod instrument;
pub mod limits;
pub mod network;
pub mod order;
pub mod reject;
pub mod symbol;
pub mod units;

pub use account::{AccountState, Permissions, PublicKey};
pub use command::{
    AddKey, CancelOrder, CancelOrders, Capacity, Command, CommandKind, Input, KillScope,
    MassCancel, Needs, PlaceOrder, ReplaceOrder, Transfer,
};
pub use event::{
    Cancelled, Event, EventBody, Fill, KeyAdded, OrderAccepted, OrderReduced, OrderReplaced,
    OrderRested, OrderTriggered, Origin, Rejected, Trade, Transferred,
};
pub use ids::{
    AccountId, AssetId, ClientSeq, InstrumentId, KeyId, OrderId, ReportSeq, Seq, ShardId, SourceId,
    TradeId,
};
pub use instrument::{Asset, Collar, Instrument, InstrumentSpec, InstrumentState};
pub use network::{NETWORKS_MAX, Network, Networks};
pub use order::{ClientOrderId, OrderKind, OrderRef, Side, Size, StpMode, TimeInForce};
pub use reject::{CancelReason, Refusal, RejectReason};
pub use symbol::Symbol;
pub use units::{Amount, Ppm, Price, Qty, Timestamp};
