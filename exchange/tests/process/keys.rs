//! API keys for many clients, handed out by the administrator of a running exchange.

use fastrand::Rng;
use rialto_client::ApiKey;
use rialto_protocol::{AddKey, Permissions};
use rialto_types::AccountId;

use crate::process::Process;

/// A new key that may read and trade for each of these accounts, in their order.
pub(crate) async fn hand_out(
    process: &Process,
    rng: &mut Rng,
    accounts: impl Iterator<Item = u32>,
) -> Vec<ApiKey> {
    let mut admin = process.log_on(0).await;
    let mut keys = Vec::new();
    for account in accounts.map(AccountId) {
        let mut secret = [0; 32];
        rng.fill(&mut secret);
        let request = AddKey {
            account_id: account,
            public_key: ApiKey::public_key_of(&secret).0,
            permissions: Permissions::READ.with(Permissions::TRADE),
            ..AddKey::default()
        };
        let report = admin.administer(request).await.unwrap();
        let id = report.affected_key_id.unwrap();
        keys.push(ApiKey::from_secret(account, id, &secret));
    }
    admin.log_out().await.unwrap();
    keys
}
