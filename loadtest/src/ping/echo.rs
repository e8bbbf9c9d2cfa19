//! The echo that takes turns with the exchange.

use std::time::Instant;

use anyhow::Result;
use hdrhistogram::Histogram;
use rialto_protocol::{ExecutionReport, WireMessage};

use super::nanos;
use crate::load::echo::{Awake, Echo, EchoWire, Sizes};

/// An echo, a connection to it, and whatever keeps the machine awake meanwhile.
pub(super) struct EchoBeside {
    /// Ends with this.
    _echo: Echo,
    wire: EchoWire,
    /// Whether the exchange leaves it to others to keep the machine awake.
    needs_waking: bool,
}

impl EchoBeside {
    /// Starts one whose frames are as long as an order of so many bytes and its report.
    pub(super) async fn start(request_bytes: usize) -> Result<Self> {
        let sizes = Sizes {
            request_bytes,
            answer_bytes: ExecutionReport::default().encoded_len(),
        };
        let echo = Echo::start(sizes)?;
        let wire = EchoWire::connect(echo.address, request_bytes, 1).await?;
        let needs_waking = Awake::unless_it_is().is_some();
        Ok(Self {
            _echo: echo,
            wire,
            needs_waking,
        })
    }

    /// So many frames there and back.
    pub(super) async fn turn(
        &mut self,
        count: u64,
        is_spinning: bool,
        mut times: Option<&mut Histogram<u64>>,
    ) -> Result<()> {
        let awake = self.needs_waking.then(Awake::start);
        for _ in 0..count {
            let started = Instant::now();
            self.wire.round_trip(is_spinning).await?;
            if let Some(times) = &mut times {
                times.saturating_record(nanos(started.elapsed()));
            }
        }
        drop(awake);
        Ok(())
    }
}
