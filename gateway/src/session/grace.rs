//! Cancel-on-disconnect: when the core is told that a session was lost.
//!
//! At once, unless the session asked at its logon for some time to come back, or the exchange itself has ended: after its
//! start all have some. Until that is over the key stays armed and its orders stay. Whoever logs on with it meanwhile
//! has come back, and chooses anew.

use std::sync::Arc;
use std::time::Duration;

use rialto_protocol::EndReason;
use rialto_types::{ClientSeq, Command, Input, KeyId};

use super::{End, RETRY_PAUSE};
use crate::floor::{Floor, Phase};
use crate::request::SessionId;

/// The longest time to come back.
pub(super) const GRACE_MAX: Duration = Duration::from_mins(1);

/// Whether a session that ended so was lost, or not let in for want of time. Who said goodbye, or was sent away for what
/// it sent, is not waited for.
pub(super) const fn may_come_back(end: &End) -> bool {
    match end {
        End::Lost => true,
        End::Told { reason, .. } => matches!(
            reason,
            EndReason::HeartbeatTimeout
                | EndReason::SlowConsumer
                | EndReason::Superseded
                | EndReason::InternalError
        ),
    }
}

/// Waits for a lost session to come back, and tells the core if it does not.
pub(super) async fn wait(floor: Arc<Floor>, key: KeyId, lost: SessionId, grace: Duration) {
    tokio::time::sleep(grace).await;
    give_up(&floor, key, Some(lost)).await;
}

/// The time to come back is over: tells the core, unless somebody acts for the key, or has done so since. `lost` is the
/// session that was waited for, none after a start of the exchange.
pub(crate) async fn give_up(floor: &Floor, key: KeyId, lost: Option<SessionId>) {
    // Held until the core has been told, so that the commands of whoever comes next come after.
    let Some(mut state) = floor.keys.idle(key) else {
        return;
    };
    if state.awaited == lost {
        state.awaited = None;
        tracing::info!(key = key.0, "did not come back: its orders are cancelled");
        tell_lost(floor, key).await;
    }
}

/// Tells the core until it takes it, unless the exchange closes: then the orders stay, and whoever does not come back
/// after its start loses them.
pub(super) async fn tell_lost(floor: &Floor, key: KeyId) {
    let Some(market) = floor.market() else {
        return;
    };
    let lost = Input {
        key: KeyId::VENUE,
        client_seq: ClientSeq(0),
        command: Command::Disconnected { key },
    };
    while floor.phase() == Phase::Open && market.commands.submit(lost).is_err() {
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}
