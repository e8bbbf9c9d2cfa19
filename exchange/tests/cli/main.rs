//! The commands of `rialto` as a user runs them: processes, files, exit statuses, a running exchange.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests panic as tests do; clippy allows it in functions marked as tests only"
)]

mod journal;
mod server;
mod trading;
mod venue;
mod watching;
mod window;
