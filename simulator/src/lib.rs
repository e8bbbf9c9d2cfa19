//! The simulator: whole lives of an exchange in one thread, every fault decided by a seed.
//!
//! ```text
//! seed ─► script of clients' commands ─► core ─► journal ─► disk that tears, loses, lies, fails
//!                                         │                  │ kill, power cut
//!         oracle: what was told ◄─────────┘                  ▼
//!            └──────────── compares ◄── state ◄── recovery, snapshots, repair
//! ```
//!
//! Core, journal, recovery, snapshots and repair are the product's own code; only threads, the clock and
//! the disk are replaced, by the same logic called in turn, by numbers, and by [`disk`]. A history that
//! fails gives its seed, and the seed gives the same history again. [`history`] plays one, [`oracle`]
//! judges, `operator` does what people do, [`runs`] plays many. Cost: some milliseconds a history.
//!
//! What holds in every history: nothing acknowledged is lost within its mode's promise; nothing appears
//! that was not sent, or in another order; the state is the reference's; a command sent again is refused;
//! candles are true from when on they are said to be; what a disk did behind everybody's back is noticed
//! wherever anything on it proves it.

pub mod archive;
mod candles;
pub mod disk;
pub mod history;
mod operator;
pub mod oracle;
pub mod process;
pub mod runs;
pub mod seen;

pub use history::World;
pub use runs::{Failure, Runs, play, play_all};
pub use seen::{Counts, Seen};
