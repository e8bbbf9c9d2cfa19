//! The table as it grows on the terminal, and the summary that is written at the end.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use rialto_benches::measure::Figure;
use serde::Serialize;

/// Which benchmarks are wanted, and what came of them.
#[derive(Debug)]
pub(crate) struct Report {
    filter: String,
    is_exact: bool,
    entries: Vec<Entry>,
}

/// A line of the summary.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Entry {
    /// Times.
    Figure(Figure),
    /// Anything else.
    Quantity {
        name: String,
        value: f64,
        unit: &'static str,
    },
}

impl Report {
    /// Nothing yet; prints the table's head. `filter` is part of the names that are wanted, or with
    /// `is_exact` the only one.
    pub(crate) fn new(filter: String, is_exact: bool) -> Self {
        println!(
            "{:<46} {:>9} {:>8} {:>8} {:>8} {:>8} {:>11}",
            "ns per operation", "mean", "p50", "p99", "p99.9", "p99.99", "max"
        );
        Self {
            filter,
            is_exact,
            entries: Vec::new(),
        }
    }

    /// Whether a benchmark of this name is to run.
    pub(crate) fn wants(&self, name: &str) -> bool {
        if self.is_exact {
            name == self.filter
        } else {
            name.contains(&self.filter)
        }
    }

    /// Prints and keeps times.
    pub(crate) fn add(&mut self, figure: Figure) {
        println!(
            "{:<46} {:>9.1} {:>8} {:>8} {:>8} {:>8} {:>11}",
            figure.name,
            figure.ns_per_operation,
            figure.p50,
            figure.p99,
            figure.p99_9,
            figure.p99_99,
            figure.max
        );
        self.entries.push(Entry::Figure(figure));
    }

    /// Prints and keeps what is no time.
    pub(crate) fn add_quantity(&mut self, name: &str, value: f64, unit: &'static str) {
        println!("{name:<46} {value:>9.1} {unit}");
        let name = name.to_owned();
        self.entries.push(Entry::Quantity { name, value, unit });
    }

    /// Writes the summary.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).context("creating the directory of the summary")?;
        }
        let json = serde_json::to_string_pretty(&self.entries)?;
        fs::write(path, json + "\n").with_context(|| format!("writing {}", path.display()))?;
        println!("written to {}", path.display());
        Ok(())
    }
}
