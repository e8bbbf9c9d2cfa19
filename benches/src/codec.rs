//! The codec: from a frame to a checked order, and a report into bytes.

use std::time::Instant;

use rialto_benches::frames::{Decoding, Encoding};
use rialto_benches::measure::{Figure, Stopwatch, median};

/// Operations of one run.
const COUNT: usize = 2_000_000;

/// Decoding of a new order with conversion and checks, and encoding of an execution report.
pub(crate) fn measure(runs: usize) -> Vec<Figure> {
    let (decoding, mut encoding) = (Decoding::new(), Encoding::new());
    vec![
        time("codec new order, frame to checked order", runs, || {
            decoding.run();
        }),
        time("codec execution report, encoded", runs, || encoding.run()),
    ]
}

fn time(name: &str, runs: usize, mut operation: impl FnMut()) -> Figure {
    let mut means = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        for _ in 0..COUNT {
            operation();
        }
        means.push(start.elapsed().as_nanos() as f64 / COUNT as f64);
    }
    let mut stopwatch = Stopwatch::new();
    for _ in 0..COUNT {
        stopwatch.time(&mut operation);
    }
    stopwatch.figure(name, median(means))
}
