//! A client with manners, that trades while others misbehave.

use rialto_client::{ClientError, Directory, ListedInstrument, Session, order};
use rialto_protocol::{ExecType, ExecutionReport};
use rialto_types::{OrderRef, Price, Qty, Side, TimeInForce, Timestamp};

use crate::process::Process;

/// A session of one account of the demo, that trades BTC-USDT.
#[derive(Debug)]
pub(crate) struct Honest {
    session: Session,
    instrument: ListedInstrument,
    /// Commands that it has given to the core.
    pub(crate) command_count: u64,
}

impl Honest {
    pub(crate) async fn new(process: &Process, account: u32) -> Self {
        let mut session = process.log_on(account).await;
        let directory = Directory::load(session.connection()).await.unwrap();
        let instrument = *directory.by_symbol("BTC-USDT").unwrap();
        Self {
            session,
            instrument,
            command_count: 0,
        }
    }

    /// Places a limit order, good till cancelled.
    pub(crate) async fn limit(&mut self, side: Side, price: Price, qty: Qty) -> ExecutionReport {
        let placed = order::limit(&self.instrument, side, price, qty);
        let outcome = self.session.place(placed).await.unwrap();
        self.command_count += 1;
        outcome.last().clone()
    }

    /// Places a limit order for ten lots that is good until `expiry`.
    pub(crate) async fn limit_until(
        &mut self,
        side: Side,
        price: Price,
        expiry: Timestamp,
    ) -> Result<(), ClientError> {
        let tif = TimeInForce::Gtd(expiry);
        let placed = order::limit_until(&self.instrument, side, price, Qty(10), tif);
        self.command_count += 1;
        self.session.place(placed).await.map(|_| ())
    }

    /// Places an order and cancels it: two commands. Both must go well.
    pub(crate) async fn trade(&mut self) {
        let placed = self.limit(Side::Buy, Price(5_900_000), Qty(10)).await;
        assert_eq!(placed.exec_type, ExecType::New);
        let (instrument, id) = (placed.instrument_id.unwrap(), placed.order_id.unwrap());
        let cancel = order::cancel(instrument, OrderRef::Id(id));
        let cancelled = self.session.cancel(cancel).await.unwrap();
        self.command_count += 1;
        assert_eq!(cancelled.exec_type, ExecType::Cancelled);
    }
    /// Ends: an exchange that drains would wait for it to read the last words.
    pub(crate) async fn log_out(self) {
        self.session.log_out().await.unwrap();
    }
}
