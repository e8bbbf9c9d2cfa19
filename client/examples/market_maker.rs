//! A small market maker: one bid and one ask around the middle of the book, moved when the middle moves.
//!
//! ```text
//! cargo run -p rialto-client --example market_maker -- KEYS.json ACCOUNT BTC-USDT [HOST:PORT]
//! ```
//!
//! It shows how a program trades: requests are submitted without waiting and told apart by their client order
//! id, reports drive what happens next, and cancel-on-disconnect leaves nothing behind should it crash.
//! Ctrl-C cancels its orders and logs out. It is an example, not a strategy: it will lose money.

use anyhow::{Context, Result};
use rialto_client::{
    ApiKey, Connection, Directory, ListedInstrument, LogonOptions, Session, order,
};
use rialto_protocol::{
    Channel, ExecType, ExecutionReport, Message, OrderState, TopOfBook, convert,
};
use rialto_types::{AccountId, ClientOrderId, OrderRef, Price, Qty, Side};

/// How far from the middle the quotes stand, in parts per ten thousand.
const SPREAD_BASIS_POINTS: i64 = 10;

/// One of the two quotes.
struct Quote {
    side: Side,
    /// Its client order id: the same for every order of this side, since one at a time is open.
    id: ClientOrderId,
    /// Where it stands, while it is open.
    price: Option<Price>,
    /// A request about it is on its way: nothing else is asked for until the answer comes.
    is_pending: bool,
}

struct Maker {
    session: Session,
    instrument: ListedInstrument,
    qty: Qty,
    quotes: [Quote; 2],
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let usage = "usage: market_maker KEYS.json ACCOUNT SYMBOL [HOST:PORT]";
    let mut arguments = std::env::args().skip(1);
    let keys = arguments.next().context(usage)?;
    let account = arguments.next().context(usage)?.parse().context(usage)?;
    let symbol = arguments.next().context(usage)?;
    let address = arguments
        .next()
        .unwrap_or_else(|| "127.0.0.1:7400".to_owned());

    let key = ApiKey::load(keys, Some(AccountId(account)))?;
    let connection = Connection::open(&address).await?;
    let options = LogonOptions {
        cancel_on_disconnect: true,
        ..LogonOptions::default()
    };
    let mut session = connection.log_on(&key, options).await?;
    let directory = Directory::load(session.connection()).await?;
    let instrument = *directory.by_symbol(&symbol)?;
    let id = Some(instrument.id());
    session
        .connection()
        .subscribe(Channel::TopOfBook, id)
        .await?;

    let quote = |side, name| -> Result<Quote> {
        Ok(Quote {
            side,
            id: ClientOrderId::new(name)?,
            price: None,
            is_pending: false,
        })
    };
    let mut maker = Maker {
        session,
        instrument,
        qty: instrument.instrument().spec.min_qty,
        quotes: [
            quote(Side::Buy, "maker-bid")?,
            quote(Side::Sell, "maker-ask")?,
        ],
    };
    maker.qty = maker.smallest_qty();
    maker.run().await
}

impl Maker {
    async fn run(mut self) -> Result<()> {
        let stop = tokio::signal::ctrl_c();
        tokio::pin!(stop);
        loop {
            let message = tokio::select! {
                message = self.session.next() => message?,
                _ = &mut stop => break,
            };
            match message {
                Message::TopOfBook(top) => self.follow(&top)?,
                Message::ExecutionReport(report) => self.on_report(&report),
                Message::Refused(refused) => {
                    eprintln!("refused: {}", refused.text);
                    let id = refused.client_order_id;
                    for quote in &mut self.quotes {
                        quote.is_pending &= id != quote.id.into();
                    }
                }
                _ => {}
            }
            self.session.flush().await?;
        }
        let cancelled = self
            .session
            .mass_cancel(order::mass_cancel(None, None))
            .await?;
        println!("cancelled {cancelled} orders");
        Ok(self.session.log_out().await?)
    }

    /// Moves the quotes to where the middle is now.
    fn follow(&mut self, top: &TopOfBook) -> Result<()> {
        let listed = self.instrument.instrument();
        let ticks = |price| convert::price(listed, price).map(|price| price.0);
        let reference = listed.spec.reference_price.0;
        // An empty side counts as one that stands where the other does.
        let (bid, ask) = (
            top.bid_price.map(ticks).transpose()?,
            top.ask_price.map(ticks).transpose()?,
        );
        let bid_or = bid.or(ask).unwrap_or(reference);
        let middle = i64::midpoint(bid_or, ask.unwrap_or(bid_or));
        let away = (middle * SPREAD_BASIS_POINTS / 10_000).max(1);
        for quote in &mut self.quotes {
            let wanted = match quote.side {
                Side::Buy => Price((middle - away).max(1)),
                Side::Sell => Price(middle + away),
            };
            let stands_well = quote
                .price
                .is_some_and(|price| price.0.abs_diff(wanted.0) < away.unsigned_abs() / 2);
            if quote.is_pending || stands_well {
                continue;
            }
            let order = OrderRef::Client(quote.id);
            if quote.price.is_some() {
                let request = order::replace(&self.instrument, order, wanted, self.qty);
                self.session.submit(request)?;
            } else {
                let order = order::post_only(&self.instrument, quote.side, wanted, self.qty);
                self.session.submit(order::named(order, quote.id))?;
            }
            quote.is_pending = true;
        }
        Ok(())
    }

    /// Takes note of what became of a quote.
    fn on_report(&mut self, report: &ExecutionReport) {
        let id = report.client_order_id;
        let Some(quote) = self.quotes.iter_mut().find(|quote| id == quote.id.into()) else {
            return;
        };
        if report.key_id.is_some() {
            quote.is_pending = false;
        }
        match report.exec_type.known() {
            Some(ExecType::Trade) => {
                let (qty, price) = (report.last_quantity, report.last_price);
                println!(
                    "{:?} traded {} at {}",
                    quote.side,
                    qty.unwrap_or_default(),
                    price.unwrap_or_default()
                );
            }
            Some(ExecType::New) => {
                let price = report.price.unwrap_or_default();
                println!("{:?} stands at {price}", quote.side);
            }
            Some(ExecType::Rejected | ExecType::ReplaceRejected) => {
                eprintln!("rejected: {}", report.text);
            }
            _ => {}
        }
        let state = report.order_status.and_then(rialto_protocol::Code::known);
        match state {
            Some(OrderState::New | OrderState::PartiallyFilled) => {
                let price = report.price;
                quote.price = price
                    .and_then(|price| convert::price(self.instrument.instrument(), price).ok());
            }
            Some(_) => quote.price = None,
            // A refused replace leaves the order as it was.
            None => {}
        }
    }

    /// The smallest quantity that may be quoted at the reference price, twice over.
    fn smallest_qty(&self) -> Qty {
        let spec = &self.instrument.instrument().spec;
        let lot_cost = self
            .instrument
            .instrument()
            .notional(spec.reference_price, Qty(1));
        let lots = lot_cost.map_or(1, |cost| 2 * spec.min_notional.0 / cost.0.max(1) + 1);
        Qty(lots.max(spec.min_qty.0).min(spec.max_qty.0))
    }
}
