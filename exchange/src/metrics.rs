//! The core's and the journal's metrics, read when somebody asks for them.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::core::CoreGauges;
use crate::journal_gauges::JournalGauges;

/// Makes the core's gauges part of a registry.
pub(crate) fn register(
    registry: &mut Registry,
    gauges: Arc<CoreGauges>,
    journal: Arc<JournalGauges>,
) {
    registry.register_collector(Box::new(CoreCollector { gauges, journal }));
}

#[derive(Debug)]
struct CoreCollector {
    gauges: Arc<CoreGauges>,
    journal: Arc<JournalGauges>,
}

impl CoreCollector {
    fn counters(&self) -> [(&'static str, &'static str, u64); 5] {
        let Self { gauges, journal } = self;
        [
            (
                "rialto_core_commands",
                "Commands applied since the venue was founded",
                gauges.seq().0,
            ),
            (
                "rialto_core_event_ring_waits",
                "Times the core waited for the publisher",
                gauges.event_ring_waits(),
            ),
            (
                "rialto_core_journal_waits",
                "Times the core found the journal's ring full",
                gauges.journal_waits(),
            ),
            (
                "rialto_snapshots",
                "Snapshots taken",
                journal.snapshots_taken(),
            ),
            (
                "rialto_snapshot_failures",
                "Snapshots that could not be taken",
                journal.snapshots_failed(),
            ),
        ]
    }

    fn levels(&self) -> [(&'static str, &'static str, f64); 6] {
        let Self { gauges, journal } = self;
        [
            (
                "rialto_core_open_orders",
                "Open orders, waiting stops included",
                as_f64(gauges.open_orders()),
            ),
            (
                "rialto_recovery_seconds",
                "How long the last recovery took",
                gauges.recovery().as_secs_f64(),
            ),
            (
                "rialto_recovery_commands",
                "Commands replayed by the last recovery",
                as_f64(gauges.recovered_commands()),
            ),
            (
                "rialto_snapshot_seq",
                "The last command of the newest snapshot",
                as_f64(journal.snapshot_seq().0),
            ),
            (
                "rialto_snapshot_seconds",
                "How long the last snapshot took",
                journal.snapshot_took().as_secs_f64(),
            ),
            (
                "rialto_journal_free_bytes",
                "Free space on the journal's disk",
                as_f64(journal.free_bytes()),
            ),
        ]
    }
}

impl Collector for CoreCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for (name, help, value) in self.counters() {
            let counter = ConstCounter::new(value);
            let metric = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
            counter.encode(metric)?;
        }
        for (name, help, value) in self.levels() {
            let gauge = ConstGauge::new(value);
            let metric = encoder.encode_descriptor(name, help, None, gauge.metric_type())?;
            gauge.encode(metric)?;
        }
        Ok(())
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a float; counts are far below 2^53"
)]
fn as_f64(count: u64) -> f64 {
    count as f64
}
