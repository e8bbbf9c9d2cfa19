//! The gateway over real sockets: a core with the real engine, clients that speak the protocol.

#[cfg(test)]
mod support;
#[cfg(test)]
mod trading;
