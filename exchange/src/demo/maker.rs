//! A market maker: quotes on both sides of a fair price that wanders.
//!
//! Each quote has a client order id of its own, which is used again when the quote is placed anew. A
//! quote is moved by a replace while it is untouched; one that was partly filled is cancelled and placed
//! again at full size in the next round.

use std::time::Duration;

use rialto_client::{ClientError, ListedInstrument, Session, order};
use rialto_protocol::{Code, ExecutionReport, Message, OrderState};
use rialto_types::{ClientOrderId, OrderRef, Price, Qty, Side};
use tokio::time::MissedTickBehavior;

/// Quotes on each side.
const QUOTES: i64 = 8;
/// How often quotes follow the fair price.
const ROUND: Duration = Duration::from_millis(200);
/// The widest that the fair price strays from the reference, in parts per thousand.
const STRAY_MAX: i64 = 50;

/// One quote.
struct Quote {
    id: ClientOrderId,
    side: Side,
    /// How many steps away from the fair price.
    place: i64,
    price: Price,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not in the book.
    Away,
    /// In the book, or on its way there, untouched.
    Quoted,
    /// Partly filled.
    Touched,
}

/// The market maker of one instrument.
pub(super) struct Maker<'a> {
    instrument: &'a ListedInstrument,
    quotes: Vec<Quote>,
    /// The reference around which the fair price wanders, in ticks.
    reference: i64,
    fair: i64,
    /// The distance between two quotes of a side, in ticks.
    step: i64,
    random: fastrand::Rng,
}

impl<'a> Maker<'a> {
    /// A maker that has not quoted yet.
    pub(super) fn new(instrument: &'a ListedInstrument) -> Self {
        let reference = instrument.instrument().spec.reference_price.0;
        let quote = |(side, letter)| {
            (0..QUOTES).map(move |place| Quote {
                id: ClientOrderId::new(&format!("maker-{letter}-{place}")).expect("a legal name"),
                side,
                place,
                price: Price::ZERO,
                state: State::Away,
            })
        };
        let sides = [(Side::Buy, "b"), (Side::Sell, "s")];
        Self {
            instrument,
            quotes: sides.into_iter().flat_map(quote).collect(),
            reference,
            fair: reference,
            step: (reference / 5_000).max(1),
            random: fastrand::Rng::new(),
        }
    }

    /// Quotes until the session ends.
    pub(super) async fn run(mut self, session: &mut Session) -> Result<(), ClientError> {
        // What an earlier session left would have our names.
        session.submit(order::mass_cancel(Some(self.instrument.id()), None))?;
        let mut rounds = tokio::time::interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = rounds.tick() => {
                    self.wander();
                    self.quote(session)?;
                    session.flush().await?;
                }
                message = session.next() => self.hear(&message?),
            }
        }
    }

    /// The fair price makes a step at random, and leans back the more the further it has strayed.
    fn wander(&mut self) {
        let reach = self.step * 2;
        let drift = (self.reference - self.fair) / 100;
        let stray = self.reference * STRAY_MAX / 1_000;
        let fair = self.fair + drift + self.random.i64(-reach..=reach);
        self.fair = fair
            .clamp(self.reference - stray, self.reference + stray)
            .max(QUOTES * self.step + 1);
    }

    /// Places, moves or cancels each quote.
    fn quote(&mut self, session: &mut Session) -> Result<(), ClientError> {
        let (fair, step) = (self.fair, self.step);
        for quote in &mut self.quotes {
            let away = step / 2 + 1 + quote.place * step;
            let price = match quote.side {
                Side::Buy => Price(fair - away),
                Side::Sell => Price(fair + away),
            };
            // About 0.05 of the base asset at the best price, more behind it.
            let lots = self.random.i64(100..=1_000) * (quote.place + 1);
            let qty = Qty(lots);
            let name = OrderRef::Client(quote.id);
            match quote.state {
                State::Away => {
                    let placed = order::post_only(self.instrument, quote.side, price, qty);
                    session.submit(order::named(placed, quote.id))?;
                    quote.state = State::Quoted;
                }
                State::Quoted if quote.price != price => {
                    session.submit(order::replace(self.instrument, name, price, qty))?;
                }
                State::Quoted => {}
                State::Touched => {
                    session.submit(order::cancel(self.instrument.id(), name))?;
                    quote.state = State::Quoted;
                }
            }
            quote.price = price;
        }
        Ok(())
    }

    fn hear(&mut self, message: &Message) {
        match message {
            Message::ExecutionReport(report) => self.hear_report(report),
            // A refusal before the core: whatever was asked for did not happen. Anew next round.
            Message::Refused(refused) => self.forget(refused.client_order_id.to_string().as_str()),
            _ => {}
        }
    }

    fn hear_report(&mut self, report: &ExecutionReport) {
        let name = report.client_order_id.to_string();
        let Some(quote) = self
            .quotes
            .iter_mut()
            .find(|quote| quote.id.as_str() == name)
        else {
            return;
        };
        match report.order_status.and_then(Code::known) {
            Some(OrderState::New) => {}
            Some(OrderState::PartiallyFilled) => quote.state = State::Touched,
            // Closed, refused, or a request about an order that is not there any more.
            _ => quote.state = State::Away,
        }
    }

    fn forget(&mut self, name: &str) {
        if let Some(quote) = self
            .quotes
            .iter_mut()
            .find(|quote| quote.id.as_str() == name)
        {
            quote.state = State::Away;
        }
    }
}
