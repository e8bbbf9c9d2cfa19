//! What a configuration may say beyond its types: ranges, each with the message that names the key, its
//! value and what it may be. Called once, when everything that was configured has been put together.

use anyhow::{Result, bail};

use super::{Config, Core, Gateway, Pools};

/// The most that a ring holds: 2 GiB of commands, 3 GiB of events.
const RING_MAX: u64 = 1 << 24;
/// The most open orders that the core can tell apart; also the most accounts.
const POOL_MAX: u64 = 1 << 24;

/// A key, its value, and the least and the most that it may be.
type Range = (&'static str, u64, u64, u64);

impl Config {
    /// Refuses values that no section could use.
    pub(super) fn check(&self) -> Result<()> {
        if self.core.shard > 31 {
            bail!("core.shard is {}: at most 31", self.core.shard);
        }
        if let (Some(core), Some(journal)) = (self.core.core_cpu, self.core.journal_cpu)
            && core == journal
        {
            bail!(
                "core.journal_cpu is {journal}, as core.core_cpu: the core's processor is its own, so the journal \
                 thread needs another one, or none"
            );
        }
        let nice = [
            ("core.core_nice", self.core.core_nice),
            ("core.journal_nice", self.core.journal_nice),
        ];
        for (name, value) in nice {
            if let Some(value @ (..-20 | 20..)) = value {
                bail!("{name} is {value}: from -20, the highest priority, to 19");
            }
        }
        match (&self.server.tls_certificate, &self.server.tls_key) {
            (Some(certificate), None) => bail!(
                "server.tls_certificate is {} and server.tls_key is missing: TLS needs both",
                certificate.display()
            ),
            (None, Some(key)) => bail!(
                "server.tls_key is {} and server.tls_certificate is missing: TLS needs both",
                key.display()
            ),
            (Some(_), Some(_)) | (None, None) => {}
        }
        let journal = [("journal.segment_mib", self.journal.segment_mib, 1, 65_536)];
        let sections: [&[Range]; 4] = [
            &journal,
            &rings(&self.core),
            &pools(&self.capacity),
            &gateway(&self.gateway),
        ];
        for (name, value, min, max) in sections.into_iter().flatten().copied() {
            if value < min {
                bail!("{name} is {value}: at least {min}");
            }
            if value > max {
                bail!("{name} is {value}: at most {max}");
            }
        }
        Ok(())
    }
}

fn rings(core: &Core) -> [Range; 4] {
    [
        ("core.command_ring", wide(core.command_ring), 10, RING_MAX),
        ("core.reserved_ring", wide(core.reserved_ring), 1, RING_MAX),
        ("core.event_ring", wide(core.event_ring), 1, RING_MAX),
        ("core.resident_mib", wide(core.resident_mib), 0, 1 << 20),
    ]
}

fn pools(pools: &Pools) -> [Range; 7] {
    let per_account = pools.orders_per_account.into();
    [
        ("capacity.orders", pools.orders.into(), 1, POOL_MAX),
        ("capacity.orders_per_account", per_account, 1, POOL_MAX),
        ("capacity.accounts", pools.accounts.into(), 1, POOL_MAX),
        ("capacity.balances", pools.balances.into(), 1, 4 * POOL_MAX),
        ("capacity.keys", pools.keys.into(), 1, 4 * POOL_MAX),
        ("capacity.instruments", pools.instruments.into(), 1, 65_536),
        ("capacity.assets", pools.assets.into(), 1, 65_535),
    ]
}

fn gateway(gateway: &Gateway) -> [Range; 8] {
    let share = gateway.logon_share_percent.into();
    let from = |name, size, min| (name, wide(size), min, u64::MAX);
    [
        ("gateway.threads", wide(gateway.threads), 0, 1_024),
        from("gateway.connections", gateway.connections, 1),
        from("gateway.connections_per_ip", gateway.connections_per_ip, 1),
        ("gateway.logon_share_percent", share, 0, 90),
        from(
            "gateway.sessions_per_account",
            gateway.sessions_per_account,
            1,
        ),
        from("gateway.trader_queue_kib", gateway.trader_queue_kib, 64),
        from("gateway.public_queue_kib", gateway.public_queue_kib, 64),
        ("gateway.heartbeat_ms", gateway.heartbeat_ms, 1_000, 60_000),
    ]
}

/// As it is compared with its bounds.
fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
