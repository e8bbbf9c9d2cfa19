//! The core's and the journal's metrics, read when somebody asks for them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use rialto_journal::{JournalGauge, SYNC_BOUNDS_MICROS, SyncTimes};
use rialto_ring::{Probes, STAGE_BOUNDS_NS};

use crate::core::CoreGauges;
use crate::journal_gauges::JournalGauges;
use crate::wiring::Shared;

/// Makes the core's gauges part of a registry.
pub(crate) fn register(registry: &mut Registry, shared: Shared, journal: Arc<JournalGauges>) {
    let Shared { gauges, probes } = shared;
    registry.register_collector(Box::new(CoreCollector {
        gauges,
        probes,
        journal,
    }));
}

#[derive(Debug)]
struct CoreCollector {
    gauges: Arc<CoreGauges>,
    probes: Arc<Probes>,
    journal: Arc<JournalGauges>,
}

impl CoreCollector {
    fn counters(&self) -> [(&'static str, &'static str, u64); 5] {
        let Self {
            gauges, journal, ..
        } = self;
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

    /// How long syncs take: empty in `written` mode, where no order waits for one.
    fn encode_syncs(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let writer = self.journal.writer();
        let times = writer.map_or_else(SyncTimes::default, |writer| writer.stats().sync_times);
        let bounds = SYNC_BOUNDS_MICROS
            .iter()
            .map(|micros| Duration::from_micros(*micros).as_secs_f64());
        let bounds = bounds.chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = bounds.zip(times.counts).collect();
        let mut metric = encoder.encode_descriptor(
            "rialto_journal_sync",
            "How long the disk took to make a group of commands durable",
            Some(&Unit::Seconds),
            MetricType::Histogram,
        )?;
        let (total, count) = (times.total.as_secs_f64(), times.count());
        metric.encode_histogram::<NoLabelSet>(total, count, &buckets, None)
    }

    /// How long a few commands spent in each of their stages.
    fn encode_stages(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut family = encoder.encode_descriptor(
            "rialto_stage",
            "How long a sampled command spent in each stage",
            Some(&Unit::Seconds),
            MetricType::Histogram,
        )?;
        for found in self.probes.histograms() {
            let bounds = STAGE_BOUNDS_NS
                .iter()
                .map(|ns| Duration::from_nanos(*ns).as_secs_f64());
            let bounds = bounds.chain([f64::INFINITY]);
            let buckets: Vec<(f64, u64)> = bounds.zip(found.counts).collect();
            let (total, count) = (found.total.as_secs_f64(), found.counts.iter().sum());
            let label = [("stage", found.stage)];
            let mut metric = family.encode_family(&label)?;
            metric.encode_histogram::<NoLabelSet>(total, count, &buckets, None)?;
        }
        Ok(())
    }

    fn levels(&self) -> [(&'static str, &'static str, f64); 8] {
        let Self {
            gauges, journal, ..
        } = self;
        let queue = journal.writer();
        let waiting = queue.map_or(0, JournalGauge::depth);
        let capacity = queue.map_or(0, JournalGauge::capacity);
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
            (
                "rialto_journal_waiting_commands",
                "Commands that wait for the disk",
                as_f64(waiting as u64),
            ),
            (
                "rialto_journal_capacity_commands",
                "Commands that can wait for the disk",
                as_f64(capacity as u64),
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
        self.encode_syncs(&mut encoder)?;
        self.encode_stages(&mut encoder)?;
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
