//! Order requests that wait for their answer: for people and for programs that do one thing at a time.
//!
//! An answer belongs to a request by the key and client sequence that it names. What happens to an order
//! in the command that placed or replaced it is collected; what happens to it later comes out of
//! [`Session::next`], like everything else that arrives meanwhile.

use rialto_protocol::{
    ArmCancelOnDisconnect, Boolean, CancelOrder, Code, ExecType, ExecutionReport, MassCancel,
    Message, NewOrder, OrderState, Permissions, Refused, ReplaceOrder, ReportFlags,
};
use rialto_types::{ClientSeq, KeyId, OrderId};

use crate::connection::Sorted;
use crate::{ClientError, Rejection, Session};

/// The request id of balances that nobody asked for.
const UNASKED: u64 = 0;

/// What became of an order in the command that placed or replaced it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderOutcome {
    /// The reports in their order, at least one.
    reports: Vec<ExecutionReport>,
}

impl OrderOutcome {
    /// The reports in their order: the acceptance first, then trades and the order's end, if it ended.
    pub fn reports(&self) -> &[ExecutionReport] {
        &self.reports
    }

    /// The last report: how the order stands.
    ///
    /// # Panics
    /// Never: there is at least one.
    pub fn last(&self) -> &ExecutionReport {
        self.reports.last().expect("an outcome has a report")
    }

    /// The trades, as fills of this order.
    pub fn trades(&self) -> impl Iterator<Item = &ExecutionReport> {
        let reports = self.reports.iter();
        reports.filter(|report| report.exec_type == ExecType::Trade)
    }

    /// The id that the exchange gave the order.
    pub fn order_id(&self) -> Option<OrderId> {
        self.last().order_id
    }

    /// Where the order stands; the null code when the exchange does not say.
    pub fn state(&self) -> Code<OrderState> {
        self.last().order_status.unwrap_or_default()
    }

    /// Whether something of the order is still open.
    pub fn is_open(&self) -> bool {
        !is_closed(self.last())
    }
}

/// Whether nothing is left of the order after this report.
fn is_closed(report: &ExecutionReport) -> bool {
    let state = report.order_status.and_then(Code::known);
    matches!(
        state,
        Some(
            OrderState::Filled | OrderState::Cancelled | OrderState::Expired | OrderState::Rejected
        )
    )
}

/// Whether the report says that a request was refused.
fn is_refusal(report: &ExecutionReport) -> bool {
    matches!(
        report.exec_type.known(),
        Some(ExecType::Rejected | ExecType::CancelRejected | ExecType::ReplaceRejected)
    )
}

/// Whether a message shows that all reports of a command have come, `first` and whatever followed it.
///
/// New balances follow the reports of each command. A session that is still being told what it missed gets none
/// of those: there the balances that it is told unasked follow, and [`CaughtUp`](rialto_protocol::CaughtUp).
fn is_end(message: &Message, first: &ExecutionReport) -> bool {
    match message {
        Message::BalanceUpdate(update) => update.core_seq == first.core_seq,
        Message::Balances(told) => told.request_id == UNASKED && told.core_seq >= first.core_seq,
        Message::CaughtUp(_) => true,
        _ => false,
    }
}

/// Who asked, and under which number: what an answer is recognised by.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    key_id: KeyId,
    client_seq: ClientSeq,
}

impl Asked {
    /// Whether a report names this request.
    pub(crate) fn is(self, key_id: Option<KeyId>, client_seq: Option<ClientSeq>) -> bool {
        (key_id, client_seq) == (Some(self.key_id), Some(self.client_seq))
    }

    /// Whether the gate refuses this request.
    pub(crate) fn is_refused(self, refused: &Refused) -> bool {
        refused.client_seq == Some(self.client_seq)
    }
}

impl Session {
    /// The mark of a request just submitted.
    pub(crate) const fn asked(&self, client_seq: ClientSeq) -> Asked {
        let key_id = self.key_id();
        Asked { key_id, client_seq }
    }

    /// Places an order and waits for what becomes of it at once. That may be done before the session has
    /// [caught up](Session::is_caught_up); then what it missed comes first, out of [`Session::next`].
    ///
    /// A key without the permission Read is told of no balances, which is how the end of an outcome shows
    /// when something rests after a trade. Its outcome is the acceptance alone, unless that says that the
    /// order rests whole; trades of the same command come out of [`Session::next`].
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the reason, and as [`Session::next`].
    pub async fn place(&mut self, order: NewOrder) -> Result<OrderOutcome, ClientError> {
        let client_seq = self.submit(order)?;
        self.outcome("NewOrder", client_seq).await
    }

    /// Changes price and total quantity of an order and waits for what becomes of it at once, as
    /// [`Session::place`] does.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the reason; the order is then as it was. And as [`Session::next`].
    pub async fn replace(&mut self, request: ReplaceOrder) -> Result<OrderOutcome, ClientError> {
        let client_seq = self.submit(request)?;
        self.outcome("ReplaceOrder", client_seq).await
    }

    /// Collects the reports of one order from one command.
    ///
    /// They end with the order, with the report that it rests, or, when something of it rests after a
    /// trade, with what [`is_end`] says. Without the permission to be told of balances they end with the first.
    async fn outcome(
        &mut self,
        what: &'static str,
        client_seq: ClientSeq,
    ) -> Result<OrderOutcome, ClientError> {
        let asked = self.asked(client_seq);
        let is_told_balances = self.permissions().contains(Permissions::READ);
        let mut reports: Vec<ExecutionReport> = Vec::new();
        self.answer(what, |message| match (message, reports.first()) {
            (Message::Refused(refused), _) if asked.is_refused(&refused) => {
                Err(Rejection::from(&refused).into())
            }
            (Message::ExecutionReport(report), None)
                if asked.is(report.key_id, report.client_seq) =>
            {
                if is_refusal(&report) {
                    return Err(Rejection::from(&report).into());
                }
                let is_resting = report.report_flags.contains(ReportFlags::RESTING);
                let is_over = is_resting || !is_told_balances || is_closed(&report);
                reports.push(report);
                Ok(part(is_over, &mut reports))
            }
            (Message::ExecutionReport(report), Some(first))
                if (report.core_seq, report.order_id) == (first.core_seq, first.order_id) =>
            {
                let is_over = is_closed(&report);
                reports.push(report);
                Ok(part(is_over, &mut reports))
            }
            (other, Some(first)) if is_end(&other, first) => {
                Ok(Sorted::Mark(finished(&mut reports), other))
            }
            (other, _) => Ok(Sorted::Other(other)),
        })
        .await
    }

    /// Cancels an order and waits for the report.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the reason, and as [`Session::next`].
    pub async fn cancel(&mut self, request: CancelOrder) -> Result<ExecutionReport, ClientError> {
        let client_seq = self.submit(request)?;
        let asked = self.asked(client_seq);
        self.answer("CancelOrder", |message| match message {
            Message::Refused(refused) if asked.is_refused(&refused) => {
                Err(Rejection::from(&refused).into())
            }
            Message::ExecutionReport(report) if asked.is(report.key_id, report.client_seq) => {
                if is_refusal(&report) {
                    return Err(Rejection::from(&report).into());
                }
                Ok(Sorted::Answer(report))
            }
            other => Ok(Sorted::Other(other)),
        })
        .await
    }

    /// Cancels many orders and waits until it is done; returns how many. The reports of the single orders
    /// come out of [`Session::next`].
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the reason, and as [`Session::next`].
    pub async fn mass_cancel(&mut self, request: MassCancel) -> Result<u32, ClientError> {
        let client_seq = self.submit(request)?;
        let asked = self.asked(client_seq);
        self.answer("MassCancel", |message| match message {
            Message::Refused(refused) if asked.is_refused(&refused) => {
                Err(Rejection::from(&refused).into())
            }
            Message::MassCancelReport(report) if asked.is(report.key_id, report.client_seq) => {
                match report.cancelled_count {
                    Some(count) if report.reject_reason.is_none() => Ok(Sorted::Answer(count)),
                    _ => Err(Rejection::from(&report).into()),
                }
            }
            other => Ok(Sorted::Other(other)),
        })
        .await
    }

    /// Arms or disarms cancel-on-disconnect for the session's key and waits until it is done.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the reason, and as [`Session::next`].
    pub async fn arm_cancel_on_disconnect(&mut self, armed: bool) -> Result<(), ClientError> {
        let wanted = if armed { Boolean::True } else { Boolean::False };
        let client_seq = self.submit(ArmCancelOnDisconnect {
            armed: wanted.into(),
            ..ArmCancelOnDisconnect::default()
        })?;
        let asked = self.asked(client_seq);
        self.answer("ArmCancelOnDisconnect", |message| match message {
            Message::Refused(refused) if asked.is_refused(&refused) => {
                Err(Rejection::from(&refused).into())
            }
            Message::CancelOnDisconnectReport(report)
                if asked.is(report.key_id, report.client_seq) =>
            {
                match report.reject_reason {
                    None => Ok(Sorted::Answer(())),
                    Some(_) => Err(Rejection::from(&report).into()),
                }
            }
            other => Ok(Sorted::Other(other)),
        })
        .await
    }
}

/// The collected outcome when it is complete, otherwise that more follows.
fn part(is_over: bool, reports: &mut Vec<ExecutionReport>) -> Sorted<OrderOutcome> {
    if is_over {
        Sorted::Answer(finished(reports))
    } else {
        Sorted::Part
    }
}

fn finished(reports: &mut Vec<ExecutionReport>) -> OrderOutcome {
    OrderOutcome {
        reports: std::mem::take(reports),
    }
}
