//! The lock-free rings between the gateway and the core thread, and what travels beside them.
//!
//! ```text
//! sessions ── CommandSender ──► command ring ──► CommandReceiver ── core thread
//!                    └────────► reserved ring ──►      │ (drained first)
//! publisher ◄── EventReceiver ◄── event ring ◄── EventSender ── core thread
//!                    ▲
//!                Watermark ◄── journal: up to here outputs may be published
//! risk gate ◄── ReferencePrices ◄── core thread: the last trade of each instrument
//! ```
//!
//! Gateways see the rings as two traits, [`CommandSink`] and [`EventSource`], so that a network link
//! to gateway pods can take their place.
//!
//! What holds: every ring is bounded; nothing is allocated per message; a full command ring is an
//! answer ([`Busy`]) and never a wait; the order of one producer's commands is kept; no event is
//! released before its command may be published; a producer makes no system call to wake a reader
//! that is awake, and a reader never sleeps through a message.
//!
//! Read in this order: [`link`], [`command`], [`event`], [`watermark`], [`idle`], [`prices`],
//! [`probe`].

pub mod command;
pub mod event;
pub mod idle;
pub mod link;
pub mod prices;
pub mod probe;
pub mod watermark;

pub use command::{CommandReceiver, CommandRingSize, CommandSender, command_ring};
pub use event::{EventGauge, EventReceiver, EventSender, Full, event_ring};
pub use idle::{IdleStrategy, Idler, Waker, idle_pair};
pub use link::{Busy, CommandSink, Depth, EventSource};
pub use prices::ReferencePrices;
pub use probe::{ProbeId, Probes, STAGE_BOUNDS_NS, STAGES, StageHistogram, StageTimes};
pub use watermark::Watermark;
