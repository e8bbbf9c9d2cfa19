//! Instruments: listing what there is, adding one, and changing state and fees.

use anyhow::Result;
use clap::{Subcommand, ValueEnum};
use rialto_client::ListedInstrument;
use rialto_protocol::{SetFees, SetInstrumentState, convert};
use rialto_types::{InstrumentState, Ppm};
use serde::Serialize;
use serde_json::json;

use super::Office;
use super::listing::NewInstrument;
use crate::cli::output::{Paint, Report, Sentence};
use crate::cli::table::{Align, Table};
use crate::cli::{rate, words};

/// `rialto admin instrument`.
#[derive(Subcommand, Debug)]
pub(crate) enum Action {
    /// List an instrument for trading
    Add(NewInstrument),
    /// Show all instruments with their terms
    List,
    /// Open, restrict, halt or close an instrument
    State {
        /// Which instrument
        symbol: String,
        /// The new state
        #[arg(value_enum)]
        state: StateArgument,
    },
    /// Change the fees, from the next trade on
    Fees {
        /// Which instrument
        symbol: String,
        /// Charged to the resting order, of what it receives: 0.02% or 200ppm [default: as it is]
        #[arg(long, value_name = "RATE", value_parser = rate::parse)]
        maker: Option<Ppm>,
        /// Charged to the arriving order, of what it receives [default: as it is]
        #[arg(long, value_name = "RATE", value_parser = rate::parse)]
        taker: Option<Ppm>,
    },
}

/// A state on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StateArgument {
    /// Everything is allowed
    Open,
    /// Orders that rest without trading, stops, and cancels
    PostOnly,
    /// Cancels only
    CancelOnly,
    /// Neither orders nor cancels; the book stands still
    Halted,
    /// Nothing; entering this state cancels all its orders
    Closed,
}

impl From<StateArgument> for InstrumentState {
    fn from(state: StateArgument) -> Self {
        match state {
            StateArgument::Open => Self::Open,
            StateArgument::PostOnly => Self::PostOnly,
            StateArgument::CancelOnly => Self::CancelOnly,
            StateArgument::Halted => Self::Halted,
            StateArgument::Closed => Self::Closed,
        }
    }
}

impl Action {
    /// What to ask about first.
    pub(super) fn warning(&self) -> Option<String> {
        match self {
            Self::State {
                symbol,
                state: StateArgument::Closed,
            } => {
                let symbol = symbol.to_uppercase();
                Some(format!("closing {symbol} cancels all its orders"))
            }
            _ => None,
        }
    }
}

/// Carries out one of them.
pub(super) async fn run(office: &mut Office, action: &Action) -> Result<()> {
    match action {
        Action::Add(terms) => add(office, terms).await,
        Action::List => {
            let listed = office.desk.directory.instruments();
            office.output.show(&Instruments::new(listed))
        }
        Action::State { symbol, state } => set_state(office, symbol, (*state).into()).await,
        Action::Fees {
            symbol,
            maker,
            taker,
        } => set_fees(office, symbol, *maker, *taker).await,
    }
}

async fn add(office: &mut Office, terms: &NewInstrument) -> Result<()> {
    let request = terms.request(&office.desk.directory)?;
    let symbol = request.symbol;
    let report = office.desk.session.administer(request).await?;
    let id = report.instrument_id.unwrap_or_default();
    office.output.show(&Sentence::new(
        "listed",
        format!("{symbol}, id {id}: it is open"),
        json!({"instrument_id": id.0, "symbol": symbol.to_string()}),
    ))
}

async fn set_state(office: &mut Office, symbol: &str, state: InstrumentState) -> Result<()> {
    let instrument = office.desk.instrument(symbol)?;
    let (symbol, present) = (instrument.symbol(), instrument.state());
    let request = SetInstrumentState {
        instrument_id: instrument.id(),
        state: state.into(),
        ..SetInstrumentState::default()
    };
    office.desk.session.administer(request).await?;
    let (now, before) = (state_name(state), state_name(present));
    office.output.show(&Sentence::new(
        "set",
        format!("{symbol} to {}, it was {}", words(&now), words(&before)),
        json!({"symbol": symbol.as_str(), "state": now, "before": before}),
    ))
}

async fn set_fees(
    office: &mut Office,
    symbol: &str,
    maker: Option<Ppm>,
    taker: Option<Ppm>,
) -> Result<()> {
    let instrument = office.desk.instrument(symbol)?;
    let spec = &instrument.instrument().spec;
    anyhow::ensure!(
        maker.is_some() || taker.is_some(),
        "say --maker RATE, --taker RATE, or both; now they are {} and {}",
        rate::text(spec.maker_fee),
        rate::text(spec.taker_fee)
    );
    let maker_fee = maker.unwrap_or(spec.maker_fee);
    let taker_fee = taker.unwrap_or(spec.taker_fee);
    let request = SetFees {
        instrument_id: instrument.id(),
        maker_fee,
        taker_fee,
        ..SetFees::default()
    };
    office.desk.session.administer(request).await?;
    let symbol = instrument.symbol();
    let (maker, taker) = (rate::text(maker_fee), rate::text(taker_fee));
    office.output.show(&Sentence::new(
        "set",
        format!("the fees of {symbol} to {maker} for makers, {taker} for takers"),
        json!({"symbol": symbol.as_str(), "maker_fee_ppm": maker_fee.0, "taker_fee_ppm": taker_fee.0}),
    ))
}

fn state_name(state: InstrumentState) -> String {
    format!("{state:?}")
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Instruments {
    instruments: Vec<InstrumentView>,
}

#[derive(Debug, Serialize)]
struct InstrumentView {
    instrument_id: u32,
    symbol: String,
    state: String,
    base: String,
    quote: String,
    tick: String,
    lot: String,
    min_quantity: String,
    max_quantity: String,
    min_notional: String,
    max_notional: String,
    reference_price: String,
    collar_ppm: u32,
    maker_fee_ppm: u32,
    taker_fee_ppm: u32,
}

impl Instruments {
    fn new<'a>(listed: impl Iterator<Item = &'a ListedInstrument>) -> Self {
        Self {
            instruments: listed.map(InstrumentView::new).collect(),
        }
    }
}

impl InstrumentView {
    fn new(listed: &ListedInstrument) -> Self {
        let (instrument, quote) = (listed.instrument(), listed.quote());
        let spec = &instrument.spec;
        let qty = |qty| convert::qty_scaled(instrument, qty).to_string();
        let amount = |amount| convert::amount_scaled(quote, amount).to_string();
        Self {
            instrument_id: listed.id().0,
            symbol: listed.symbol().to_string(),
            state: state_name(listed.state()),
            base: listed.base().symbol.to_string(),
            quote: quote.symbol.to_string(),
            tick: rialto_protocol::Decimal(spec.tick_mantissa).to_string(),
            lot: rialto_protocol::Decimal(spec.lot_mantissa).to_string(),
            min_quantity: qty(spec.min_qty),
            max_quantity: qty(spec.max_qty),
            min_notional: amount(spec.min_notional),
            max_notional: amount(spec.max_notional),
            reference_price: listed.price_text(spec.reference_price),
            collar_ppm: spec.collar.0,
            maker_fee_ppm: spec.maker_fee.0,
            taker_fee_ppm: spec.taker_fee.0,
        }
    }
}

impl Report for Instruments {
    fn text(&self, paint: Paint) -> String {
        if self.instruments.is_empty() {
            return paint.faint("no instruments yet: see `rialto admin instrument add --help`");
        }
        let mut table = Table::new([
            ("id", Align::Right),
            ("symbol", Align::Left),
            ("state", Align::Left),
            ("tick", Align::Right),
            ("lot", Align::Right),
            ("smallest", Align::Right),
            ("largest", Align::Right),
            ("least notional", Align::Right),
            ("reference", Align::Right),
            ("collar", Align::Right),
            ("maker", Align::Right),
            ("taker", Align::Right),
        ]);
        for view in &self.instruments {
            table.push([
                view.instrument_id.to_string(),
                view.symbol.clone(),
                words(&view.state),
                view.tick.clone(),
                view.lot.clone(),
                view.min_quantity.clone(),
                view.max_quantity.clone(),
                view.min_notional.clone(),
                view.reference_price.clone(),
                rate::text(Ppm(view.collar_ppm)),
                rate::text(Ppm(view.maker_fee_ppm)),
                rate::text(Ppm(view.taker_fee_ppm)),
            ]);
        }
        table.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::directory;

    #[test]
    fn instruments_are_shown_with_their_terms() {
        let directory = directory();
        let list = Instruments::new(directory.instruments());
        let text = list.text(Paint::PLAIN);
        let row = text.lines().nth(1).unwrap();
        let cells: Vec<&str> = row.split_whitespace().collect();
        let expected = [
            "1", "BTC-USDT", "open", "0.01", "0.0001", "0.0001", "100", "1", "60000", "10%",
            "0.02%", "0.05%",
        ];
        assert_eq!(cells, expected);
        let value = serde_json::to_value(&list).unwrap();
        assert_eq!(value[0]["max_notional"], "10000000");
        assert_eq!(value[0]["collar_ppm"], 100_000);
    }
}
