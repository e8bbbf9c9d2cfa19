//! The client against an exchange that is only a script: what it sends, and what it makes of whatever
//! comes back, good or bad.

#[cfg(test)]
mod connection;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod requests;
