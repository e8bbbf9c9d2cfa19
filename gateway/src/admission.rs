//! How many connections there may be: in all, from one address, and of those that only listen.
//!
//! Every connection begins without having said what it wants, and has a few seconds for that. One that
//! then listens to market data without a logon counts as a listener, and of those there may be fewer than
//! of connections: whoever wants to trade finds a place, however many listen.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many there may be at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// In all.
    pub(crate) total: usize,
    /// From one address.
    pub(crate) per_address: usize,
    /// That listen without a logon.
    pub(crate) listeners: usize,
}

/// Counts connections. O(1), behind a lock that is held for a table look-up when a connection comes or
/// goes.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    counts: Arc<Mutex<Counts>>,
    bounds: Bounds,
}

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    listeners: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// The right to be connected, until dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    counts: Arc<Mutex<Counts>>,
    address: IpAddr,
    /// How many may listen.
    listeners_max: usize,
    listens: bool,
}

/// Which bound is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crowded {
    /// The exchange has so many connections.
    Exchange(usize),
    /// The address has so many.
    Address(usize),
    /// So many listen without a logon.
    Listeners(usize),
}

impl Crowded {
    /// In words, for whoever is turned away.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Exchange(max) => format!("the exchange has {max} connections already"),
            Self::Address(max) => format!("the address has {max} connections already"),
            Self::Listeners(max) => format!(
                "{max} connections listen without a logon already; the others are kept for those who \
                 log on"
            ),
        }
    }
}

impl Admission {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            counts: Arc::default(),
            bounds,
        }
    }

    /// Admits a connection.
    ///
    /// # Errors
    /// The bound that is reached.
    pub(crate) fn admit(&self, address: IpAddr) -> Result<Pass, Crowded> {
        let Bounds {
            total,
            per_address,
            listeners,
        } = self.bounds;
        let address = same_for_both(address);
        let mut counts = lock(&self.counts);
        if counts.total >= total {
            return Err(Crowded::Exchange(total));
        }
        let of_address = counts.by_address.get(&address).copied().unwrap_or(0);
        if of_address >= per_address {
            return Err(Crowded::Address(per_address));
        }
        counts.by_address.insert(address, of_address + 1);
        counts.total += 1;
        Ok(Pass {
            counts: Arc::clone(&self.counts),
            address,
            listeners_max: listeners,
            listens: false,
        })
    }
}

impl Pass {
    /// From now on it counts as one that listens without a logon.
    ///
    /// # Errors
    /// When as many listen as may.
    pub(crate) fn listen(&mut self) -> Result<(), Crowded> {
        if self.listens {
            return Ok(());
        }
        let mut counts = lock(&self.counts);
        if counts.listeners >= self.listeners_max {
            return Err(Crowded::Listeners(self.listeners_max));
        }
        counts.listeners += 1;
        self.listens = true;
        Ok(())
    }

    /// It has logged on: it does not count as a listener any more.
    pub(crate) fn log_on(&mut self) {
        if std::mem::take(&mut self.listens) {
            lock(&self.counts).listeners -= 1;
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.log_on();
        let mut counts = lock(&self.counts);
        counts.total -= 1;
        if let Some(count) = counts.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.by_address.remove(&self.address);
            }
        }
    }
}

/// The address as everything counts it: an IPv4 client of a dual-stack socket is the same as one of an
/// IPv4 socket.
pub(crate) fn same_for_both(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn admission(total: usize, per_address: usize) -> Admission {
        Admission::new(Bounds {
            total,
            per_address,
            listeners: 1,
        })
    }

    #[test]
    fn both_bounds_hold_and_places_are_given_back() {
        let admission = admission(3, 2);
        let first = admission.admit(address(1)).unwrap();
        let _second = admission.admit(address(1)).unwrap();
        assert_eq!(
            admission.admit(address(1)).unwrap_err(),
            Crowded::Address(2)
        );
        let _third = admission.admit(address(2)).unwrap();
        assert_eq!(
            admission.admit(address(3)).unwrap_err(),
            Crowded::Exchange(3)
        );
        drop(first);
        assert!(admission.admit(address(3)).is_ok());
    }

    #[test]
    fn a_refused_address_leaves_nothing_behind() {
        let admission = admission(9, 0);
        assert!(admission.admit(address(1)).is_err());
        let counts = admission.counts.lock().unwrap();
        assert_eq!(counts.total, 0);
        assert!(counts.by_address.is_empty());
    }

    #[test]
    fn an_address_is_the_same_through_either_protocol() {
        let admission = admission(9, 1);
        let _pass = admission.admit(address(1)).unwrap();
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        assert_eq!(admission.admit(mapped).unwrap_err(), Crowded::Address(1));
    }

    #[test]
    fn listeners_leave_places_for_those_who_log_on() {
        let admission = admission(3, 3);
        let mut first = admission.admit(address(1)).unwrap();
        let mut second = admission.admit(address(1)).unwrap();
        assert_eq!(first.listen(), Ok(()));
        assert_eq!(first.listen(), Ok(()), "it counts once");
        assert_eq!(second.listen(), Err(Crowded::Listeners(1)));
        first.log_on();
        assert_eq!(second.listen(), Ok(()));
        drop(second);
        assert_eq!(admission.admit(address(1)).unwrap().listen(), Ok(()));
    }
}
