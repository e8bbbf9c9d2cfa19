//! One session for each API key: the newer one wins, the older one is told.
//!
//! Whoever logs on takes the key's lease. Taking it ends the session that holds it and waits until that
//! session has let go, which it does after everything that it had to hand to the core; so the newcomer's
//! commands come after the old session's, in the core too. With the lease comes the key's gate: rates and
//! numbers count for the key, not for the connection. The table grows with the keys that have logged on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rialto_protocol::EndReason;
use rialto_risk::Gate;
use rialto_types::KeyId;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::accounts::{AccountDesk, NoSeat, Seat};
use crate::outbox::Ender;
use crate::request::SessionId;

/// What lasts longer than a session of the key.
#[derive(Debug, Default)]
pub(crate) struct KeyState {
    /// The key's gate; made at its first logon.
    pub(crate) gate: Option<Gate>,
    /// Count of unnumbered commands, armings at logon, that were handed to the core for the key.
    pub(crate) arms: u64,
    /// The session that was lost and may still come back: see `session::grace`.
    pub(crate) awaited: Option<SessionId>,
}

#[derive(Debug, Default)]
struct Slot {
    state: Arc<AsyncMutex<KeyState>>,
    /// The session that has the lease or waits for it.
    holder: Option<Holder>,
}

#[derive(Debug)]
struct Holder {
    session: SessionId,
    ender: Ender,
    /// Goes on to the session that comes after: a key that logs on anew needs no further one.
    seat: Seat,
}

/// All keys that have logged on.
#[derive(Debug, Default)]
pub(crate) struct KeyDesk {
    slots: Mutex<HashMap<KeyId, Slot>>,
}

/// The right to act for a key, until dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    /// What lasts longer than the session. Let go of before the claim: whoever comes next then finds
    /// the table as it is.
    pub(crate) state: OwnedMutexGuard<KeyState>,
    _claim: Claim,
}

/// A session's entry as the holder of a key, until dropped.
#[derive(Debug)]
struct Claim {
    desk: Arc<KeyDesk>,
    key: KeyId,
    session: SessionId,
}

impl KeyDesk {
    /// Takes the lease of a key of `account` for a session, which `ender` ends when another one comes.
    /// Waits for the session that has it to let go. May be dropped while it waits.
    ///
    /// # Errors
    /// When the account has as many sessions as it may, and none of this key.
    pub(crate) async fn take(
        self: &Arc<Self>,
        key: KeyId,
        session: SessionId,
        ender: Ender,
        account: &Arc<AccountDesk>,
    ) -> Result<Lease, NoSeat> {
        let state = {
            let mut slots = self.slots();
            let slot = slots.entry(key).or_default();
            let seat = match slot.holder.take() {
                Some(older) => {
                    older.ender.end(EndReason::Superseded);
                    older.seat
                }
                None => account.seat()?,
            };
            slot.holder = Some(Holder {
                session,
                ender,
                seat,
            });
            Arc::clone(&slot.state)
        };
        let claim = Claim {
            desk: Arc::clone(self),
            key,
            session,
        };
        Ok(Lease {
            state: state.lock_owned().await,
            _claim: claim,
        })
    }

    /// What lasts longer than a session of a key, if no session acts for it now. Whoever logs on meanwhile waits for it
    /// to be let go.
    pub(crate) fn idle(&self, key: KeyId) -> Option<OwnedMutexGuard<KeyState>> {
        let state = Arc::clone(&self.slots().entry(key).or_default().state);
        state.try_lock_owned().ok()
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<KeyId, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(slot) = self.desk.slots().get_mut(&self.key)
            && slot
                .holder
                .as_ref()
                .is_some_and(|holder| holder.session == self.session)
        {
            slot.holder = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rialto_ring::{IdleStrategy, idle_pair};

    use rialto_risk::GateLimits;

    use super::*;
    use crate::outbox::{OutboxReader, OutboxWriter, outbox};

    const KEY: KeyId = KeyId(1);

    /// Whether a session has the lease of a key or waits for it.
    fn is_held(desk: &KeyDesk, key: KeyId) -> bool {
        let slots = desk.slots();
        slots.get(&key).is_some_and(|slot| slot.holder.is_some())
    }

    /// An account that may have one session.
    fn account() -> Arc<AccountDesk> {
        Arc::new(AccountDesk::new(&GateLimits::default(), 1))
    }

    /// Both ends of a session's queue.
    fn session() -> (OutboxWriter, OutboxReader) {
        outbox(idle_pair(IdleStrategy::Economy).1)
    }

    #[tokio::test]
    async fn the_newer_session_waits_until_the_older_has_let_go() {
        let (desk, account) = (Arc::new(KeyDesk::default()), account());
        let ((_a, older), (_b, newer)) = (session(), session());
        let mut lease = desk
            .take(KEY, SessionId(1), older.ender(), &account)
            .await
            .unwrap();
        lease.state.arms = 7;
        let taking = desk.take(KEY, SessionId(2), newer.ender(), &account);
        tokio::pin!(taking);
        let early = tokio::time::timeout(Duration::from_millis(1), &mut taking).await;
        assert!(early.is_err(), "the older one still acts for the key");
        assert_eq!(older.until_ended().await, EndReason::Superseded);
        drop(lease);
        let lease = taking.await.unwrap();
        assert_eq!(lease.state.arms, 7, "what belongs to the key stays");
        assert!(is_held(&desk, KEY));
        drop(lease);
        assert!(!is_held(&desk, KEY));
    }

    #[tokio::test]
    async fn of_several_that_wait_the_newest_wins() {
        let (desk, account) = (Arc::new(KeyDesk::default()), account());
        let ((_a, first), (_b, second)) = (session(), session());
        let (_c, third) = session();
        let lease = desk
            .take(KEY, SessionId(1), first.ender(), &account)
            .await
            .unwrap();
        {
            let waiting = desk.take(KEY, SessionId(2), second.ender(), &account);
            tokio::pin!(waiting);
            let early = tokio::time::timeout(Duration::from_millis(1), &mut waiting).await;
            assert!(early.is_err());
            let newest = desk.take(KEY, SessionId(3), third.ender(), &account);
            tokio::pin!(newest);
            let early = tokio::time::timeout(Duration::from_millis(1), &mut newest).await;
            assert!(early.is_err());
            assert_eq!(second.until_ended().await, EndReason::Superseded);
            drop(lease);
            // The second one, ended, has not yet dropped its wait and takes the lease in its turn.
            drop(waiting.await.unwrap());
            drop(newest.await.unwrap());
        }
        assert!(!is_held(&desk, KEY));
    }

    #[tokio::test]
    async fn a_session_that_gives_up_waiting_leaves_nothing_behind() {
        let (desk, account) = (Arc::new(KeyDesk::default()), account());
        let ((_a, older), (_b, newer)) = (session(), session());
        let lease = desk
            .take(KEY, SessionId(1), older.ender(), &account)
            .await
            .unwrap();
        {
            let taking = desk.take(KEY, SessionId(2), newer.ender(), &account);
            tokio::pin!(taking);
            let early = tokio::time::timeout(Duration::from_millis(1), &mut taking).await;
            assert!(early.is_err());
        }
        drop(lease);
        assert!(!is_held(&desk, KEY));
    }

    /// The account has one seat: another key of it is turned away, the same key takes it over.
    #[tokio::test]
    async fn an_account_has_as_many_sessions_as_it_may() {
        let (desk, account) = (Arc::new(KeyDesk::default()), account());
        let ((_a, first), (_b, second)) = (session(), session());
        let take = |key, session, ender| desk.take(KeyId(key), SessionId(session), ender, &account);
        let lease = take(1, 1, first.ender()).await.unwrap();
        let refused = take(2, 2, second.ender()).await.unwrap_err();
        assert_eq!(refused, NoSeat(1));
        assert!(!is_held(&desk, KeyId(2)));
        let newer = take(1, 3, second.ender());
        tokio::pin!(newer);
        let early = tokio::time::timeout(Duration::from_millis(1), &mut newer).await;
        assert!(early.is_err());
        drop(lease);
        let lease = newer.await.unwrap();
        assert!(take(2, 4, first.ender()).await.is_err());
        drop(lease);
        assert!(take(2, 5, first.ender()).await.is_ok());
    }
}
