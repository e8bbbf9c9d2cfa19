//! The wire to an exchange: a session that trades, with the mix of its messages.

use std::pin::pin;
use std::task::{Context, Poll, ready};

use anyhow::{Result, bail};
use rialto_client::{ApiKey, Connection, ListedInstrument, LogonOptions, Session, Trust, order};
use rialto_protocol::{
    Coded, ExecType, ExecutionReport, Message, OrderState, Refused, ReportFlags,
};
use rialto_types::{ClientSeq, OrderRef, Price, Qty, Side, StpMode};

use super::mix::{Action, Mixer};
use super::recorder::Kind;
use super::wire::{Answer, Arrived, Outstanding, Pending, Wire};

/// What stands for a message that could not be acted on at all: the code of no reject reason.
const NOT_ACTED_ON: u8 = 0;
/// Orders of one frame while the book is filled.
const FILL_BATCH: u32 = 32;

/// A session under load.
pub(super) struct VenueWire {
    session: Session,
    instrument: ListedInstrument,
    mixer: Mixer,
    /// Messages of one frame.
    batch: u32,
    outstanding: Outstanding,
}

impl VenueWire {
    /// Connects, and fills the book with the orders that are to rest there.
    pub(super) async fn connect(
        (address, trust): (&str, &Trust),
        key: &ApiKey,
        instrument: ListedInstrument,
        (mut mixer, resting, batch): (Mixer, u32, u32),
    ) -> Result<Self> {
        let connection = Connection::open_trusting(address, trust).await?;
        let session = connection.log_on(key, LogonOptions::default()).await?;
        let mut orders: Vec<Action> = (0..resting).map(|_| mixer.add()).collect();
        let mut wire = Self {
            session,
            instrument,
            mixer,
            batch,
            outstanding: Outstanding::default(),
        };
        while !orders.is_empty() {
            let rest = orders.split_off(orders.len().min(FILL_BATCH as usize));
            for action in std::mem::replace(&mut orders, rest) {
                wire.submit(action, 0)?;
            }
            wire.session.flush().await?;
            while wire.in_flight() > 0 {
                let arrived = std::future::poll_fn(|context| wire.poll_arrived(context)).await?;
                if let Arrived::Answer(Answer {
                    refusal: Some(code),
                    ..
                }) = arrived
                {
                    let name =
                        rialto_types::RejectReason::from_code(code).map_or("an error", Coded::name);
                    bail!("the book cannot be filled: the exchange refuses an order for {name}");
                }
            }
        }
        Ok(wire)
    }

    /// Takes the connection's orders out of the book and says goodbye.
    pub(super) async fn close(mut self) -> Result<()> {
        let request = order::mass_cancel(Some(self.instrument.id()), None);
        self.session.mass_cancel(request).await?;
        Ok(self.session.log_out().await?)
    }

    fn submit(&mut self, action: Action, intended_ns: u64) -> Result<()> {
        let (kind, number) = match action {
            Action::Add { side, price, qty } => {
                (Kind::Add, self.place(order::limit, (side, price, qty))?)
            }
            Action::Cross { side, price, qty } => (
                Kind::Cross,
                self.place(order::immediate, (side, price, qty))?,
            ),
            Action::Cancel(id) => {
                let request = order::cancel(self.instrument.id(), OrderRef::Id(id));
                (Kind::Cancel, self.session.submit(request)?)
            }
        };
        let pending = Pending { intended_ns, kind };
        self.outstanding.sent(number.0, pending);
        Ok(())
    }

    fn place(
        &mut self,
        new: impl Fn(&ListedInstrument, Side, Price, Qty) -> rialto_protocol::NewOrder,
        (side, price, qty): (Side, Price, Qty),
    ) -> Result<ClientSeq> {
        let order = new(&self.instrument, side, price, qty);
        // A connection alone with its orders trades with itself, or nothing would ever trade.
        let order = order::with_stp(order, StpMode::None);
        Ok(self.session.submit(order)?)
    }

    fn report(&mut self, report: &ExecutionReport) -> Option<Arrived> {
        let state = report.order_status.and_then(rialto_protocol::Code::known);
        if let Some(id) = report.order_id {
            let is_closed = matches!(
                state,
                Some(OrderState::Filled | OrderState::Cancelled | OrderState::Expired)
            );
            if is_closed {
                self.mixer.gone(id);
            } else if report.report_flags.contains(ReportFlags::RESTING) {
                self.mixer.rests(id);
            }
        }
        let own = report.key_id == Some(self.session.key_id());
        let number = report.client_seq.filter(|_| own);
        let pending = number.and_then(|number| self.outstanding.answered(number.0));
        let exec_type = report.exec_type.known();
        let Some(pending) = pending else {
            return (exec_type == Some(ExecType::Trade)).then_some(Arrived::Fill);
        };
        let is_refusal = matches!(
            exec_type,
            Some(ExecType::Rejected | ExecType::CancelRejected)
        );
        let refusal = is_refusal.then(|| {
            report
                .reject_reason
                .map_or(NOT_ACTED_ON, rialto_protocol::Code::raw)
        });
        Some(answer(pending, refusal))
    }

    fn refused(&mut self, refused: &Refused) -> Option<Arrived> {
        let pending = self.outstanding.answered(refused.client_seq?.0)?;
        let reason = refused
            .reject_reason
            .map_or(NOT_ACTED_ON, rialto_protocol::Code::raw);
        Some(answer(pending, Some(reason)))
    }
}

fn answer(pending: Pending, refusal: Option<u8>) -> Arrived {
    Arrived::Answer(Answer {
        intended_ns: pending.intended_ns,
        kind: pending.kind,
        refusal,
    })
}

impl Wire for VenueWire {
    fn queue_frame(&mut self, intended_ns: u64) -> Result<u32> {
        for _ in 0..self.batch {
            let action = self.mixer.next();
            self.submit(action, intended_ns)?;
        }
        Ok(self.batch)
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        // The client promises that a flush which is dropped while it waits loses nothing.
        let flushed = ready!(pin!(self.session.flush()).poll(context));
        Poll::Ready(Ok(flushed?))
    }

    fn poll_arrived(&mut self, context: &mut Context<'_>) -> Poll<Result<Arrived>> {
        loop {
            // As above.
            let message = ready!(pin!(self.session.next()).poll(context))?;
            let arrived = match &message {
                Message::ExecutionReport(report) => self.report(report),
                Message::Refused(refused) => self.refused(refused),
                _ => None,
            };
            if let Some(arrived) = arrived {
                return Poll::Ready(Ok(arrived));
            }
        }
    }

    fn in_flight(&self) -> usize {
        self.outstanding.count()
    }
}
