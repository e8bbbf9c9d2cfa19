//! The gateway over real sockets: a core with the real engine, clients that speak the protocol.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod catching_up;
#[cfg(test)]
mod copies;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod market_data;
#[cfg(test)]
mod questions;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod shares;
#[cfg(test)]
mod shutdown;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod trading;
