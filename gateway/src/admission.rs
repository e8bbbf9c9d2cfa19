//! How many connections there may be: in all, and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts connections. O(1), behind a lock that is held for a table look-up when a connection comes or
/// goes.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    counts: Arc<Mutex<Counts>>,
    total_max: usize,
    per_address_max: usize,
}

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// The right to be connected, until dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    counts: Arc<Mutex<Counts>>,
    address: IpAddr,
}

/// Which bound is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crowded {
    /// The exchange has so many connections.
    Exchange(usize),
    /// The address has so many.
    Address(usize),
}

impl Admission {
    pub(crate) fn new(total_max: usize, per_address_max: usize) -> Self {
        Self {
            counts: Arc::default(),
            total_max,
            per_address_max,
        }
    }

    /// Admits a connection.
    ///
    /// # Errors
    /// The bound that is reached.
    pub(crate) fn admit(&self, address: IpAddr) -> Result<Pass, Crowded> {
        // An IPv4 client of a dual-stack socket is the same as one of an IPv4 socket.
        let address = address.to_canonical();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.total >= self.total_max {
            return Err(Crowded::Exchange(self.total_max));
        }
        let of_address = counts.by_address.get(&address).copied().unwrap_or(0);
        if of_address >= self.per_address_max {
            return Err(Crowded::Address(self.per_address_max));
        }
        counts.by_address.insert(address, of_address + 1);
        counts.total += 1;
        Ok(Pass {
            counts: Arc::clone(&self.counts),
            address,
        })
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.total -= 1;
        if let Some(count) = counts.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn both_bounds_hold_and_places_are_given_back() {
        let admission = Admission::new(3, 2);
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
        let admission = Admission::new(9, 0);
        assert!(admission.admit(address(1)).is_err());
        let counts = admission.counts.lock().unwrap();
        assert_eq!(counts.total, 0);
        assert!(counts.by_address.is_empty());
    }

    #[test]
    fn an_address_is_the_same_through_either_protocol() {
        let admission = Admission::new(9, 1);
        let _pass = admission.admit(address(1)).unwrap();
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        assert_eq!(admission.admit(mapped).unwrap_err(), Crowded::Address(1));
    }
}
