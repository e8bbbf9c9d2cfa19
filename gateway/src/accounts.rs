//! What the sessions of one account share: its rates, and how many of them there may be.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rialto_risk::GateLimits;
use rialto_types::AccountId;

use crate::rates::SharedRates;

/// One account's share.
#[derive(Debug)]
pub(crate) struct AccountDesk {
    pub(crate) rates: SharedRates,
    sessions: AtomicUsize,
    sessions_max: usize,
}

/// The place of a session of the account, until dropped.
#[derive(Debug)]
pub(crate) struct Seat(Arc<AccountDesk>);

/// The account has as many sessions as it may: so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoSeat(pub(crate) usize);

impl AccountDesk {
    pub(crate) fn new(limits: &GateLimits, sessions_max: usize) -> Self {
        Self {
            rates: SharedRates::new(limits),
            sessions: AtomicUsize::new(0),
            sessions_max,
        }
    }

    /// A place for one more session.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn seat(self: &Arc<Self>) -> Result<Seat, NoSeat> {
        // The count is all there is to it: nothing is published with it.
        let seated = self
            .sessions
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                (count < self.sessions_max).then_some(count + 1)
            });
        match seated {
            Ok(_) => Ok(Seat(Arc::clone(self))),
            Err(_) => Err(NoSeat(self.sessions_max)),
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

/// All accounts that have logged on. Grows with them.
#[derive(Debug)]
pub(crate) struct AccountDesks {
    limits: GateLimits,
    sessions_max: usize,
    desks: Mutex<HashMap<AccountId, Arc<AccountDesk>>>,
}

impl AccountDesks {
    pub(crate) fn new(limits: GateLimits, sessions_max: usize) -> Self {
        Self {
            limits,
            sessions_max,
            desks: Mutex::default(),
        }
    }

    /// What the account's sessions share.
    pub(crate) fn get(&self, account: AccountId) -> Arc<AccountDesk> {
        let mut desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = desks
            .entry(account)
            .or_insert_with(|| Arc::new(AccountDesk::new(&self.limits, self.sessions_max)));
        Arc::clone(desk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_its_seats_and_they_are_given_back() {
        let desks = AccountDesks::new(GateLimits::default(), 2);
        let first = desks.get(AccountId(1)).seat().unwrap();
        let _second = desks.get(AccountId(1)).seat().unwrap();
        assert_eq!(desks.get(AccountId(1)).seat().unwrap_err(), NoSeat(2));
        assert!(desks.get(AccountId(2)).seat().is_ok());
        drop(first);
        assert!(desks.get(AccountId(1)).seat().is_ok());
    }
}
