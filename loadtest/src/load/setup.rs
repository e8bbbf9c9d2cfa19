//! What a load runs against: an exchange that is there or one of its own, with accounts, an instrument, an echo.

use anyhow::{Context, Result};
use rialto_protocol::{ExecutionReport, WireMessage};
use rialto_types::{Price, Qty, Side};

use super::echo::{Awake, Echo, Sizes};
use super::mix::{Mid, Mix};
use super::plan::Plan;
use super::worker::Target;
use crate::connect::ConnectOptions;
use crate::own_server::{OwnServer, OwnServerOptions, Profile};
use crate::venue::{self, Funds, Prepared, Wanted};

/// The instrument that is traded.
const SYMBOL: &str = "LOAD-USD";
/// Its reference price: [`super::mix::MID`] ticks of a cent.
const REFERENCE: &str = "100";
/// What each account has: more than a mid that walks as far as it may can use up.
const FUNDS: Funds = Funds {
    base: 1_000_000_000,
    quote_cents: 1_000_000_000_000,
};

/// An exchange that is ready for a load.
pub(crate) struct Site {
    /// The one that is there, or the own one.
    pub(crate) connect: ConnectOptions,
    own: Option<OwnServer>,
}

impl Site {
    /// The exchange at the address, or one of its own with threads that wait as `profile` says.
    ///
    /// # Errors
    /// When the own exchange cannot be started.
    pub(crate) fn open(
        connect: &ConnectOptions,
        own: &OwnServerOptions,
        profile: Profile,
    ) -> Result<Self> {
        let mut connect = connect.clone();
        let own = own
            .own
            .then(|| OwnServer::start(own, profile))
            .transpose()?;
        if let Some(own) = &own {
            own.address().clone_into(&mut connect.address);
            connect.admin_key = Some(own.admin_key());
        }
        Ok(Self { connect, own })
    }

    /// What the own exchange was told; empty of one that was there.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        self.own
            .as_ref()
            .map_or_else(Vec::new, |own| own.settings().to_vec())
    }

    /// Ends the own exchange, if there is one.
    ///
    /// # Errors
    /// When it does not end well.
    pub(crate) fn close(self) -> Result<()> {
        self.own.map_or(Ok(()), OwnServer::stop)
    }

    /// Sets up accounts, keys and an instrument with an empty book.
    ///
    /// # Errors
    /// When the administrator's key is not accepted, or the exchange refuses what is needed.
    pub(crate) fn target(&self, connections: u32, mix: Mix) -> Result<Target> {
        let (base, quote) = venue::assets(SYMBOL)?;
        let wanted = Wanted {
            base,
            quote,
            reference_price: REFERENCE,
        };
        let purposes: Vec<String> = (0..connections)
            .map(|lane| format!("load test: connection {lane}"))
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime")?;
        let prepared = runtime.block_on(venue::prepare_keys(
            &self.connect,
            &wanted,
            FUNDS,
            &purposes,
        ))?;
        let Prepared { instrument, keys } = prepared;
        Ok(Target::Venue {
            address: self.connect.address.clone(),
            trust: self.connect.trust()?,
            instrument: Box::new(instrument),
            keys,
            mix,
            mid: Mid::new(),
        })
    }
}

/// An echo with a machine that is kept awake.
pub(crate) struct EchoSite {
    _awake: Option<Awake>,
    echo: Echo,
    sizes: Sizes,
}

impl EchoSite {
    /// Starts one whose frames are as long as those of a plan: orders there, their reports back.
    ///
    /// # Errors
    /// When the system gives no port or no thread.
    pub(crate) fn start(plan: &Plan, target: &Target) -> Result<Self> {
        let sizes = sizes(plan.batch, target);
        Ok(Self {
            _awake: Awake::unless_it_is(),
            echo: Echo::start(sizes)?,
            sizes,
        })
    }

    /// What a load runs against.
    pub(crate) fn target(&self) -> Target {
        Target::Echo {
            address: self.echo.address,
            sizes: self.sizes,
        }
    }
}

/// As long as a frame with orders, and as one with their reports.
fn sizes(batch: u32, target: &Target) -> Sizes {
    let order = match target {
        Target::Venue { instrument, .. } => {
            let order = rialto_client::order::limit(instrument, Side::Buy, Price(1), Qty(1));
            order.encoded_len()
        }
        Target::Echo { sizes, .. } => return *sizes,
    };
    let report = ExecutionReport::default().encoded_len();
    Sizes {
        request_bytes: order * batch as usize,
        answer_bytes: report * batch as usize,
    }
}
