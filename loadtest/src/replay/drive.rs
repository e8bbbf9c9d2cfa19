//! Driving a replay: what may be sent when, and what each message that comes back means.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rialto_client::{ClientError, ListedInstrument, Session, order};
use rialto_protocol::{
    ClientOrderIdText, Decimal, ExecType, ExecutionReport, Liquidity, Message, OrderState, Refused,
    convert,
};
use rialto_types::{ClientOrderId, ClientSeq, OrderRef, Qty, RejectReason, StpMode, TradeId};
use tokio::time::Instant;

use super::flow::FileOrder;
use super::outcome::{Outcome, Request};
use super::plan::{Action, Plan, Step};
use crate::progress::Progress;

/// How long nothing may come back while something is expected.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// What a pace makes up for at most.
const CATCH_UP: Duration = Duration::from_millis(10);

/// A replay under way.
pub(crate) struct Driver<'a> {
    plan: &'a Plan,
    instrument: ListedInstrument,
    maker: Session,
    taker: Session,
    /// The next step.
    next: usize,
    /// The maker's requests that are not acknowledged, with their lines.
    maker_waits: HashMap<ClientSeq, (Request, usize)>,
    /// The taker's order, while it is not at its end.
    taker_waits: Option<(ClientSeq, usize)>,
    outcome: Outcome,
}

/// When the next message may go.
struct Pace {
    due: Instant,
    period: Duration,
}

impl<'a> Driver<'a> {
    /// A replay of a plan on an instrument, with one session for the orders and one for what trades with
    /// them.
    pub(crate) fn new(
        plan: &'a Plan,
        instrument: ListedInstrument,
        maker: Session,
        taker: Session,
    ) -> Self {
        Self {
            plan,
            instrument,
            maker,
            taker,
            next: 0,
            maker_waits: HashMap::new(),
            taker_waits: None,
            outcome: Outcome::default(),
        }
    }

    /// Replays everything, then cancels what is left.
    ///
    /// # Errors
    /// When a session ends, nothing comes back, or the exchange refuses for want of capacity: the order of
    /// events would then no longer be that of the file.
    pub(crate) async fn run(
        mut self,
        window: NonZeroU32,
        rate: Option<NonZeroU32>,
    ) -> Result<Outcome> {
        let total = self.plan.steps.len();
        let mut progress = Progress::new("messages", total as u64);
        let started = Instant::now();
        let mut pace = rate.map(|rate| Pace {
            due: started,
            period: Duration::from_secs(1) / rate.get(),
        });
        let window = usize::try_from(window.get()).unwrap_or(usize::MAX);
        let at = |next: usize| format!("after {next} of {total} messages");
        while !self.is_finished() {
            let resume = self.send(window, pace.as_mut())?;
            self.flush().await.with_context(|| at(self.next))?;
            self.receive(resume).await.with_context(|| at(self.next))?;
            progress.at(self.next as u64);
        }
        self.outcome.elapsed = started.elapsed();
        let everything = order::mass_cancel(Some(self.instrument.id()), None);
        self.maker.mass_cancel(everything).await?;
        self.maker.log_out().await?;
        self.taker.log_out().await?;
        Ok(self.outcome)
    }

    fn is_finished(&self) -> bool {
        self.next == self.plan.steps.len()
            && self.maker_waits.is_empty()
            && self.taker_waits.is_none()
            && self.outcome.is_complete()
    }

    /// Queues every step that may go now. When nothing but the pace holds the next one, it returns until
    /// when; otherwise an answer does.
    fn send(&mut self, window: usize, mut pace: Option<&mut Pace>) -> Result<Option<Instant>> {
        let now = Instant::now();
        while let Some(step) = self.plan.steps.get(self.next) {
            let is_execution = matches!(step.action, Action::Execute { .. });
            let room = if is_execution { 1 } else { window };
            if self.taker_waits.is_some() || self.maker_waits.len() >= room {
                break;
            }
            if let Some(pace) = &mut pace {
                if pace.due > now {
                    return Ok(Some(pace.due));
                }
                // Timers are coarse, so a little is made up for; what an acknowledgement held up is not.
                pace.due = pace.due.max(now - CATCH_UP) + pace.period;
            }
            self.submit(*step)?;
            self.next += 1;
            self.outcome.sent += 1;
        }
        Ok(None)
    }

    fn submit(&mut self, step: Step) -> Result<()> {
        let instrument = &self.instrument;
        let id = name(step.order)?;
        let (request, client_seq) = match step.action {
            Action::Submit { side, price, qty } => {
                let order = order::named(order::limit(instrument, side, price, qty), id);
                // In true matching a submission may cross: it then trades, as between strangers.
                let order = order::with_stp(order, StpMode::None);
                (Request::Submission, self.maker.submit(order)?)
            }
            Action::Reduce { price, total, .. } => {
                let order = OrderRef::Client(id);
                let request = order::replace(instrument, order, price, total);
                (Request::Reduction, self.maker.submit(request)?)
            }
            Action::Delete => {
                let request = order::cancel(instrument.id(), OrderRef::Client(id));
                (Request::Deletion, self.maker.submit(request)?)
            }
            Action::Execute { taker, price, qty } => {
                let order = order::immediate(instrument, taker, price, qty);
                let client_seq = self.taker.submit(order)?;
                self.taker_waits = Some((client_seq, step.line));
                self.outcome.executions.push(Vec::new());
                return Ok(());
            }
        };
        self.maker_waits.insert(client_seq, (request, step.line));
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), ClientError> {
        self.maker.flush().await?;
        self.taker.flush().await
    }

    /// Waits until something arrives, or until sending may resume, and takes what has arrived.
    async fn receive(&mut self, resume: Option<Instant>) -> Result<()> {
        let gives_up = Instant::now() + ANSWER_TIMEOUT;
        tokio::select! {
            message = self.maker.next() => self.on_maker(&message?)?,
            message = self.taker.next() => self.on_taker(&message?)?,
            () = tokio::time::sleep_until(resume.unwrap_or(gives_up)) => {
                if resume.is_none() {
                    bail!("the exchange has not answered for {} s", ANSWER_TIMEOUT.as_secs());
                }
            }
        }
        while let Some(message) = self.maker.try_next()? {
            self.on_maker(&message)?;
        }
        while let Some(message) = self.taker.try_next()? {
            self.on_taker(&message)?;
        }
        Ok(())
    }

    fn on_maker(&mut self, message: &Message) -> Result<()> {
        match message {
            Message::Refused(refused) => {
                let waited = refused
                    .client_seq
                    .and_then(|seq| self.maker_waits.remove(&seq));
                self.on_refused(refused, waited)
            }
            Message::ExecutionReport(report) => self.on_maker_report(report),
            _ => Ok(()),
        }
    }

    fn on_maker_report(&mut self, report: &ExecutionReport) -> Result<()> {
        let is_ours = report.key_id == Some(self.maker.key_id());
        let seq = report.client_seq.filter(|_| is_ours);
        let waited = seq.and_then(|seq| self.maker_waits.remove(&seq));
        match report.exec_type.known() {
            Some(ExecType::New) => self.outcome.accepted += 1,
            Some(ExecType::Replaced) => self.outcome.replaced += 1,
            Some(ExecType::Cancelled) => self.outcome.cancelled += 1,
            Some(ExecType::Trade) if report.liquidity == Some(Liquidity::Maker.into()) => {
                let (trade, qty) = self.fill(report)?;
                self.outcome
                    .maker_fill(trade, file_order(&report.client_order_id)?, qty);
            }
            Some(ExecType::Rejected | ExecType::CancelRejected | ExecType::ReplaceRejected) => {
                let (request, _) = waited.context("a refusal of nothing that was asked for")?;
                self.outcome.refuse(request, reason(report));
            }
            _ => {}
        }
        Ok(())
    }

    fn on_taker(&mut self, message: &Message) -> Result<()> {
        match message {
            Message::Refused(refused) => {
                let waited = self.taker_waits.take();
                self.on_refused(refused, waited.map(|(_, line)| (Request::Execution, line)))
            }
            Message::ExecutionReport(report) => self.on_taker_report(report),
            _ => Ok(()),
        }
    }

    fn on_taker_report(&mut self, report: &ExecutionReport) -> Result<()> {
        match report.exec_type.known() {
            Some(ExecType::New) => self.outcome.accepted += 1,
            Some(ExecType::Trade) => {
                let (trade, _) = self.fill(report)?;
                self.outcome.taker_fill(trade);
            }
            Some(ExecType::Rejected) => {
                self.outcome.refuse(Request::Execution, reason(report));
                self.taker_waits = None;
            }
            _ => {}
        }
        let state = report.order_status.and_then(rialto_protocol::Code::known);
        if matches!(state, Some(OrderState::Filled | OrderState::Cancelled)) {
            self.taker_waits = None;
        }
        Ok(())
    }

    /// The gate refused a request. What it refuses for want of capacity cannot be sent again in its place.
    fn on_refused(&mut self, refused: &Refused, waited: Option<(Request, usize)>) -> Result<()> {
        let Some((request, line)) = waited else {
            bail!(
                "the exchange refused what was not asked for: {}",
                refused.text
            );
        };
        let reason = refused.reject_reason.unwrap_or_default();
        match reason.known() {
            Some(
                RejectReason::RateExceeded
                | RejectReason::AccountRateExceeded
                | RejectReason::AddressRateExceeded,
            ) => bail!(
                "line {line}: the exchange limits the rate ({}); replay more slowly with --rate, or \
                 start the exchange without limits (orders_per_second and cancels_per_second 0)",
                refused.text
            ),
            Some(RejectReason::Busy) => {
                bail!("line {line}: the exchange is too busy; replay with a smaller --window")
            }
            Some(RejectReason::ShuttingDown) => bail!("line {line}: the exchange is shutting down"),
            _ => self.outcome.refuse(request, reason.to_string()),
        }
        Ok(())
    }

    /// Number and quantity of a trade.
    fn fill(&self, report: &ExecutionReport) -> Result<(TradeId, Qty)> {
        let trade = report.trade_id.context("a trade without a number")?;
        let qty: Decimal = report.last_quantity.context("a trade without a quantity")?;
        Ok((trade, convert::qty(self.instrument.instrument(), qty)?))
    }
}

/// The reason of a core's refusal.
fn reason(report: &ExecutionReport) -> String {
    report.reject_reason.unwrap_or_default().to_string()
}

/// The client order id of a file's order: its number.
fn name(order: FileOrder) -> Result<ClientOrderId> {
    Ok(ClientOrderId::new(&order.0.to_string())?)
}

/// The file's order of a client order id.
fn file_order(text: &ClientOrderIdText) -> Result<FileOrder> {
    let unknown = || format!("a trade of an order that was not placed here: {text}");
    let number = str::from_utf8(text.trimmed()).with_context(unknown)?;
    Ok(FileOrder(number.parse().with_context(unknown)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_named_by_their_number() {
        for number in [0, 16_113_575, u64::MAX] {
            let text = ClientOrderIdText::from(name(FileOrder(number)).unwrap());
            assert_eq!(file_order(&text).unwrap(), FileOrder(number));
        }
        assert!(file_order(&ClientOrderIdText::cut("mine")).is_err());
        assert!(file_order(&ClientOrderIdText::NONE).is_err());
    }
}
