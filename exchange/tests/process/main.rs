//! The exchange as a process: started, loaded, killed, ended, misused; looked at from outside only.
//!
//! Each test starts `rialto serve` on a port and in a directory of its own and speaks to it as its
//! clients and its operator do. `ledger` reads the journal that the process leaves and says, from a
//! replay of it, what must have been told.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests panic as tests do; clippy allows it in functions marked as tests only"
)]

mod audience;
mod bad_input;
mod busy;
mod clock;
mod demo;
mod deploy;
mod directories;
mod failed_sync;
mod founding;
mod full_disk;
mod fuzz;
mod health;
mod honest;
mod intruders;
mod keys;
mod kill;
mod ledger;
mod load;
mod orders;
#[cfg(feature = "planted-fault-panic")]
mod poison;
mod process;
mod processors;
mod raw;
mod requests;
mod shim;
mod shutdown;
mod small_disk;
mod stages;
mod stampede;
mod surroundings;
mod tape;
mod tls;
mod told;
mod wire;
