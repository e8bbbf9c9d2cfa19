//! matchcore: a single-threaded, deterministic engine with immediate-or-cancel and replace of its own. Orders
//! are named by the number of the command that placed them.

use matchcore::{
    AmendCmd, AmendPatch, CancelCmd, Command, CommandEffects, CommandKind, CommandMeta,
    CommandOutcome, CommandReport, LimitOrder, LimitOrderPatch, NewOrder, OrderBook, OrderFlags,
    OrderId, OrderKind, Price, Quantity, QuantityPolicy, SequenceNumber, Side as TheirSide,
    SubmitCmd, TimeInForce, Timestamp,
};
use rialto_benches::measure::Player;
use rialto_types::Side;

use super::Engine;
use crate::reports::{Outcome, Reports};
use crate::steps::{Flow, Step};

/// The engine and what it reports.
pub(crate) struct Matchcore {
    book: OrderBook,
    reports: Reports,
}

impl Engine for Matchcore {
    const NAME: &'static str = "matchcore 0.4.0";

    fn translate(flow: &Flow) -> (Vec<Command>, Vec<Command>) {
        let mut translator = Translator {
            sent: 0,
            ids: vec![OrderId(0)],
        };
        let mut commands =
            |steps: &[Step]| steps.iter().map(|step| translator.command(step)).collect();
        (commands(&flow.warm_up), commands(&flow.steps))
    }

    fn new() -> Self {
        Self {
            book: OrderBook::new("BTC-USDT"),
            reports: Reports::new(),
        }
    }

    fn outcome(&self) -> Outcome {
        self.reports.outcome()
    }
}

impl Player for Matchcore {
    type Item = Command;

    #[inline]
    fn play(&mut self, command: &Command) {
        let number = command.meta.sequence_number.0;
        match self.book.execute(command) {
            CommandOutcome::Applied(
                CommandReport::Submit(effects) | CommandReport::Amend(effects),
            ) => self.fills(&effects),
            CommandOutcome::Applied(CommandReport::Cancel) => {}
            CommandOutcome::Rejected(_) => self.reports.refused(),
        }
        self.reports.done(number);
    }
}

impl Matchcore {
    #[inline]
    fn fills(&mut self, effects: &CommandEffects) {
        let target = effects.target_order();
        let Some(result) = target.match_result() else {
            return;
        };
        for trade in result.trades() {
            let maker = trade.maker_order_id().0;
            let (price, lots) = (trade.price().0, trade.quantity().0);
            self.reports.fill(target.order_id().0, maker, price, lots);
        }
    }
}

/// Numbers the commands.
struct Translator {
    sent: u64,
    /// The ids that its engine gives the orders, by our numbers.
    ids: Vec<OrderId>,
}

impl Translator {
    fn command(&mut self, step: &Step) -> Command {
        let sequence_number = SequenceNumber(self.sent);
        let meta = CommandMeta {
            sequence_number,
            timestamp: Timestamp(self.sent),
        };
        self.sent += 1;
        let kind = match *step {
            Step::Place {
                side,
                price,
                lots,
                is_ioc,
                ..
            } => {
                self.ids.push(OrderId::from(sequence_number));
                CommandKind::Submit(submit(side, price, lots, is_ioc))
            }
            Step::Cancel { order } => CommandKind::Cancel(CancelCmd {
                order_id: self.ids[order as usize],
                order_kind: OrderKind::Limit,
            }),
            Step::Move {
                order, price, lots, ..
            } => CommandKind::Amend(AmendCmd {
                order_id: self.ids[order as usize],
                patch: AmendPatch::Limit(
                    LimitOrderPatch::new()
                        .with_price(Price(price))
                        .with_quantity_policy(standard(lots)),
                ),
            }),
        };
        Command { meta, kind }
    }
}

fn submit(side: Side, price: u64, lots: u64, is_ioc: bool) -> SubmitCmd {
    let side = match side {
        Side::Buy => TheirSide::Buy,
        Side::Sell => TheirSide::Sell,
    };
    let tif = if is_ioc {
        TimeInForce::Ioc
    } else {
        TimeInForce::Gtc
    };
    let flags = OrderFlags::new(side, false, tif);
    let order = LimitOrder::new(Price(price), standard(lots), flags);
    SubmitCmd {
        order: NewOrder::Limit(order),
    }
}

fn standard(lots: u64) -> QuantityPolicy {
    QuantityPolicy::Standard {
        quantity: Quantity(lots),
    }
}
