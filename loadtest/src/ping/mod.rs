//! `ping`: how long an order takes to be acknowledged, one order at a time.
//!
//! A closed loop: the next order goes out when the one before it has been acknowledged and cancelled. So it
//! measures the way there and back of an idle exchange and says nothing about queues under load: an
//! exchange that stalls for a second delays one measurement, not all that would have been sent meanwhile.
//! The clock runs from just before an order is encoded until its acknowledgement is decoded. Orders lie far
//! from the market and are post-only, so they never trade. Warm-up rounds are not counted.
//!
//! Beside an echo both are measured in short turns, so that what the machine does meanwhile happens to both. With
//! an exchange of the tool's own, each way in which its threads can wait is measured. In the end some further orders
//! are followed through the stages of the exchange.

mod distribution;
mod echo;
mod outcome;
mod stages;

use std::fmt;
use std::fs::File;
use std::io::BufWriter;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use clap::Args;
use rialto_client::{ApiKey, Directory, ListedInstrument, LogonOptions, Rejection, Session, order};
use rialto_protocol::{ExecType, ExecutionReport, Message, NewOrder, StageTimes, WireMessage};
use rialto_types::{Amount, ClientSeq, InstrumentState, OrderId, OrderRef, Price, Qty, Side};
use tokio::time::Instant;

use self::distribution::Times;
use self::echo::EchoBeside;
use self::stages::Stages;
use crate::connect::ConnectOptions;
use crate::environment::Observer;
use crate::load::setup::Site;
use crate::own_server::{OwnServerOptions, Profile};
use crate::progress::Progress;
use crate::text::{grouped, per_second};
use crate::venue::{self, Funds, Wanted};

/// How long an acknowledgement may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the stage times of an order may come after its acknowledgement. Those of one in some may not come at all.
const STAGES_TIMEOUT: Duration = Duration::from_millis(100);
/// Rounds of one turn, when an echo takes turns with the exchange.
const PER_TURN: u64 = 100;

/// What `ping` is told.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    connect: ConnectOptions,

    #[command(flatten)]
    own: OwnServerOptions,

    /// How the threads of an exchange of the tool's own wait; several are measured one after the other
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "latency",
        requires = "own"
    )]
    profiles: Vec<Profile>,

    /// Measure a bare WebSocket echo of the same sizes in turns with the exchange, and state the ratios
    #[arg(long, conflicts_with = "rate")]
    beside_echo: bool,

    /// Write result.json and report.html to this directory
    #[arg(long, short, value_name = "DIRECTORY")]
    output: Option<PathBuf>,

    /// Orders to measure
    #[arg(long, value_name = "ORDERS", default_value = "20000")]
    count: NonZeroU32,

    /// Orders before that, which are not counted
    #[arg(long, value_name = "ORDERS", default_value_t = 2_000)]
    warmup: u32,

    /// Send so many orders a second at most; otherwise the next one as soon as the last one is done
    #[arg(long, value_name = "ORDERS")]
    rate: Option<NonZeroU32>,

    /// Poll without sleeping, so that the time this program takes to wake up is not measured; takes a
    /// whole processor
    #[arg(long)]
    spin: bool,

    /// Trade this instrument with a key of --keys, instead of setting up an instrument with an
    /// administrator's key
    #[arg(long, value_name = "SYMBOL", requires = "keys", conflicts_with = "own")]
    symbol: Option<String>,

    /// Trade for this account of --keys; by default its last one
    #[arg(long, value_name = "ID", requires = "symbol")]
    account: Option<u32>,

    /// Write the distribution to this file, in the percentile format of `HdrHistogram`, in microseconds
    #[arg(long, value_name = "FILE.hgrm")]
    histogram: Option<PathBuf>,
}

/// Measures and prints.
///
/// # Errors
/// When the exchange does not accept key or orders, or does not answer in time.
pub(crate) async fn run(options: &Options) -> Result<ExitCode> {
    let (began, observer) = (SystemTime::now(), Observer::begin());
    let mut runs = Vec::new();
    let mut last = (String::new(), Vec::new());
    for profile in &options.profiles {
        let site = Site::open(&options.connect, &options.own, *profile)?;
        let profile = options.own.own.then_some(*profile);
        let measured = Box::pin(measure(options, &site.connect, profile)).await?;
        runs.extend(outcome::runs(options, &measured, profile)?);
        if let Some(path) = &options.histogram {
            write_histogram(path, &measured.times)?;
        }
        last = (site.connect.address.clone(), site.settings());
        site.close()?;
    }
    let (address, settings) = last;
    let environment = observer.end(&address, &settings);
    outcome::finish(options, runs, environment, began)
}

/// What was measured of one exchange.
struct Measured {
    times: Times,
    /// Of further orders.
    stages: Stages,
    /// From the first order, warm-up included, to the last; without the turns of the echo.
    elapsed: Duration,
}

async fn measure(
    options: &Options,
    connect: &ConnectOptions,
    profile: Option<Profile>,
) -> Result<Measured> {
    let (instrument, key, session) = match &options.symbol {
        Some(symbol) => on_market(options, symbol).await?,
        None => on_own_instrument(connect).await?,
    };
    let (price, qty) = deep(&instrument)?;
    let order = order::post_only(&instrument, Side::Buy, price, qty);
    let echo = if options.beside_echo {
        Some(EchoBeside::start(order.encoded_len()).await?)
    } else {
        None
    };
    let mut pinger = Pinger {
        order,
        session,
        is_spinning: options.spin,
        echo,
    };
    println!(
        "Round trips to {}{} ({}, buys of {} at {}), closed loop, one order at a time",
        connect.address,
        profile.map_or_else(String::new, |profile| format!(
            ", profile {}",
            profile.name()
        )),
        instrument.symbol(),
        instrument.qty_text(qty),
        instrument.price_text(price)
    );
    let started = Instant::now();
    let times = pinger.measure(options).await?;
    let elapsed = started.elapsed().saturating_sub(times.with_echo);
    pinger.session.log_out().await?;
    let summary = Summary {
        times: &times,
        options,
        elapsed,
    };
    print!("{summary}");
    let asks = LogonOptions {
        stage_times: true,
        ..LogonOptions::default()
    };
    pinger.session = connect.open().await?.log_on(&key, asks).await?;
    let stages = pinger.stages().await?;
    pinger.session.log_out().await?;
    print!("{stages}");
    Ok(Measured {
        times,
        stages,
        elapsed,
    })
}

fn write_histogram(path: &Path, times: &Times) -> Result<()> {
    let write = || distribution::write(BufWriter::new(File::create(path)?), &times.placed);
    write().with_context(|| format!("cannot write {}", path.display()))?;
    println!(
        "distribution of the acknowledgements written to {}",
        path.display()
    );
    Ok(())
}

/// An instrument of its own, where nobody else trades.
async fn on_own_instrument(
    connect: &ConnectOptions,
) -> Result<(ListedInstrument, ApiKey, Session)> {
    let (base, quote) = venue::assets("PING-USD")?;
    let wanted = Wanted {
        base,
        quote,
        reference_price: "100",
    };
    let funds = Funds {
        base: 0,
        quote_cents: 1_000_000,
    };
    let purposes = ["load test: ping"];
    let mut venue = venue::prepare(connect, &wanted, funds, &purposes).await?;
    let opened = venue.keys.pop().zip(venue.sessions.pop());
    let (key, session) = opened.context("one session was asked for")?;
    Ok((venue.instrument, key, session))
}

/// An instrument that is there, with a key that is there.
async fn on_market(options: &Options, symbol: &str) -> Result<(ListedInstrument, ApiKey, Session)> {
    let key = options.connect.trading_key(options.account)?;
    let mut connection = options.connect.open().await?;
    let directory = Directory::load(&mut connection).await?;
    let instrument = *directory.by_symbol(symbol)?;
    if instrument.state() != InstrumentState::Open {
        bail!("{symbol} is not open: {:?}", instrument.state());
    }
    let session = connection.log_on(&key, LogonOptions::default()).await?;
    Ok((instrument, key, session))
}

/// Half of the listing's reference price, where a buy does not trade, and the smallest quantity there.
fn deep(instrument: &ListedInstrument) -> Result<(Price, Qty)> {
    let listed = instrument.instrument();
    let spec = &listed.spec;
    let price = Price((spec.reference_price.0 / 2).max(1));
    let lot_cost = listed.notional(price, Qty(1)).unwrap_or(Amount::MAX).0;
    let lots = spec.min_notional.0.saturating_add(lot_cost - 1) / lot_cost;
    let qty = Qty(lots.max(spec.min_qty.0));
    if qty > spec.max_qty {
        bail!(
            "{} has no order size that is large enough at half its price",
            spec.symbol
        );
    }
    Ok((price, qty))
}

/// An order that was acknowledged.
struct Placed {
    /// The time from sending it until then.
    ns: u64,
    order: OrderId,
    client_seq: ClientSeq,
}

/// A session that places and cancels the same order over and over.
struct Pinger {
    session: Session,
    order: NewOrder,
    is_spinning: bool,
    echo: Option<EchoBeside>,
}

impl Pinger {
    async fn measure(&mut self, options: &Options) -> Result<Times> {
        let mut times = Times::new()?;
        let (warmup, count) = (u64::from(options.warmup), u64::from(options.count.get()));
        let period = options.rate.map(|rate| Duration::from_secs(1) / rate.get());
        let mut progress = Progress::new("orders", warmup + count);
        let mut due = Instant::now();
        let mut with_echo = Duration::ZERO;
        for round in 0..warmup + count {
            let is_counted = round >= warmup;
            if let Some(period) = period {
                times.late += u64::from(!self.until(due).await? && is_counted);
                due += period;
            }
            let placed = self.place().await?;
            let cancelled = self.cancel(placed.order).await?;
            if is_counted {
                times.placed.saturating_record(placed.ns);
                times.cancelled.saturating_record(cancelled);
            }
            progress.at(round);
            if (round + 1).is_multiple_of(PER_TURN)
                && let Some(echo) = &mut self.echo
            {
                let started = Instant::now();
                let times = is_counted.then_some(&mut times.echoed);
                echo.turn(PER_TURN, self.is_spinning, times).await?;
                with_echo += started.elapsed();
            }
        }
        times.with_echo = with_echo;
        Ok(times)
    }

    /// Follows further orders through the exchange, on a session that asked for their stage times.
    async fn stages(&mut self) -> Result<Stages> {
        let mut stages = Stages::new()?;
        for _ in 0..stages::COUNT {
            let placed = self.place().await?;
            if let Some(times) = self.stage_times(placed.client_seq).await? {
                stages.record(placed.ns, &times);
            }
            self.cancel(placed.order).await?;
        }
        Ok(stages)
    }

    /// The stage times of a request that is acknowledged, unless they do not come.
    async fn stage_times(&mut self, client_seq: ClientSeq) -> Result<Option<StageTimes>> {
        let gives_up = Instant::now() + STAGES_TIMEOUT;
        loop {
            let next = if self.is_spinning {
                tokio::task::yield_now().await;
                std::thread::yield_now();
                self.session.try_next()?
            } else {
                match tokio::time::timeout_at(gives_up, self.session.next()).await {
                    Ok(message) => Some(message?),
                    Err(_) => None,
                }
            };
            match next {
                Some(Message::StageTimes(times)) if times.client_seq == client_seq => {
                    return Ok(Some(times));
                }
                _ if Instant::now() > gives_up => return Ok(None),
                _ => {}
            }
        }
    }

    /// Waits until an order is due, reading what comes meanwhile; `false` when that was before now.
    async fn until(&mut self, due: Instant) -> Result<bool> {
        let is_late = Instant::now() > due;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(due) => return Ok(!is_late),
                message = self.session.next() => drop(message?),
            }
        }
    }

    /// Places the order.
    async fn place(&mut self) -> Result<Placed> {
        let started = Instant::now();
        let client_seq = self.session.submit(self.order)?;
        self.session.flush().await?;
        let report = self.acknowledgement(client_seq).await?;
        let ns = nanos(started.elapsed());
        Ok(Placed {
            ns,
            order: report.order_id.context("an accepted order has an id")?,
            client_seq,
        })
    }

    /// Cancels it; the time until the acknowledgement.
    async fn cancel(&mut self, order: OrderId) -> Result<u64> {
        let request = order::cancel(self.order.instrument_id, OrderRef::Id(order));
        let started = Instant::now();
        let client_seq = self.session.submit(request)?;
        self.session.flush().await?;
        self.acknowledgement(client_seq).await?;
        Ok(nanos(started.elapsed()))
    }

    /// Waits for the report that answers a request.
    async fn acknowledgement(&mut self, client_seq: ClientSeq) -> Result<ExecutionReport> {
        if self.is_spinning {
            return self.spin(client_seq).await;
        }
        let wait = async {
            loop {
                let message = self.session.next().await?;
                if let Some(report) = answer(&self.session, message, client_seq)? {
                    return Ok(report);
                }
            }
        };
        let timeout = tokio::time::timeout(ANSWER_TIMEOUT, wait).await;
        timeout.unwrap_or_else(|_| Err(silent()))
    }

    /// As [`Self::acknowledgement`], without ever sleeping.
    async fn spin(&mut self, client_seq: ClientSeq) -> Result<ExecutionReport> {
        let gives_up = Instant::now() + ANSWER_TIMEOUT;
        loop {
            while let Some(message) = self.session.try_next()? {
                if let Some(report) = answer(&self.session, message, client_seq)? {
                    return Ok(report);
                }
            }
            if Instant::now() > gives_up {
                return Err(silent());
            }
            // The runtime looks at the socket whenever it is given a turn; where processors are few, the exchange
            // needs this one.
            tokio::task::yield_now().await;
            std::thread::yield_now();
        }
    }
}

fn silent() -> anyhow::Error {
    let seconds = ANSWER_TIMEOUT.as_secs();
    anyhow::anyhow!("the exchange has not acknowledged an order for {seconds} s")
}

/// The acknowledgement of a request, if the message is that.
fn answer(
    session: &Session,
    message: Message,
    client_seq: ClientSeq,
) -> Result<Option<ExecutionReport>> {
    match message {
        Message::Refused(refused) => Err(Rejection::from(&refused).into()),
        Message::ExecutionReport(report)
            if report.key_id == Some(session.key_id()) && report.client_seq == Some(client_seq) =>
        {
            match report.exec_type.known() {
                Some(ExecType::New | ExecType::Cancelled) => Ok(Some(report)),
                _ => Err(Rejection::from(&report).into()),
            }
        }
        _ => Ok(None),
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// What is printed at the end.
struct Summary<'a> {
    times: &'a Times,
    options: &'a Options,
    /// From the first order, warm-up included, to the last.
    elapsed: Duration,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            times,
            options,
            elapsed,
        } = self;
        let (measured, warmup) = (times.placed.len(), options.warmup);
        write!(f, "{times}")?;
        write!(
            f,
            "{} orders measured after {} of warm-up",
            grouped(measured),
            grouped(warmup)
        )?;
        if let Some(rate) = per_second(measured + u64::from(warmup), *elapsed) {
            write!(f, ", {} a second", grouped(rate))?;
        }
        if let Some(rate) = options.rate {
            let late = grouped(times.late);
            write!(f, "; {late} went out later than {rate} a second asks for")?;
        }
        writeln!(f)
    }
}
