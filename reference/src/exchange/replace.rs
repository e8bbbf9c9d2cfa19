//! Replacing an order's price and total quantity: section 6 of docs/MATCHING.md.

use rialto_types::{
    AccountId, CancelReason, EventBody, OrderKind, OrderReplaced, Origin, Qty, Refusal,
    RejectReason, ReplaceOrder,
};

use super::book::Order;
use super::place::{
    check_collar, check_funds, check_notional, check_prices, check_rests, check_size, hold_rule,
};
use super::{ReferenceExchange, clamp};

impl ReferenceExchange {
    pub(super) fn replace(
        &mut self,
        origin: Origin,
        account: AccountId,
        request: &ReplaceOrder,
    ) -> Result<(), Refusal> {
        self.check_account_trades(account)?;
        let book = self.check_takes_orders(request.instrument)?;
        let old = self.check_order(account, request.instrument, request.order)?;
        let not_replaceable = Refusal::new(RejectReason::NotReplaceable, clamp(old.id.0), 0);
        let kind = with_terms(old.kind, request).ok_or(not_replaceable)?;
        if request.qty.0 < 1 {
            let reason = RejectReason::InvalidQty;
            return Err(Refusal::new(reason, request.qty.0, 1));
        }
        if request.qty <= old.filled {
            self.cancel_open(old.id, CancelReason::ReplacedBelowFilled, origin);
            return Ok(());
        }
        check_size(book, kind.size())?;
        check_prices(&kind)?;
        check_notional(book, &kind)?;
        check_collar(book, old.side, &kind)?;
        check_rests(book, old.side, &kind)?;

        let mut new = old.clone();
        new.kind = kind;
        new.leaves = request.qty.0 - old.filled.0;
        new.hold = hold_rule(book, old.side, &kind);
        let increase = new.held() - old.held();
        check_funds(increase, self.available(account, self.gives(old)))?;
        let old_total = old.leaves + old.filled.0;
        let kept = old.kind.price() == kind.price() && request.qty.0 <= old_total;
        self.carry_out(origin, new, increase, kept);
        Ok(())
    }

    /// Past all checks.
    fn carry_out(&mut self, origin: Origin, new: Order, increase: i128, kept_priority: bool) {
        self.hold(&new, increase);
        let waits = new.kind.stop().is_some();
        let book = self.book(new.instrument);
        let price = new.kind.price().expect("a replaceable order has a price");
        let resting = waits || book.crossed_by(new.side, price).is_none();
        let report = self.next_report(new.account);
        self.events.push(EventBody::Replaced(OrderReplaced {
            origin,
            account: new.account,
            report,
            instrument: new.instrument,
            order_id: new.id,
            price,
            leaves: Qty(new.leaves),
            kept_priority,
            resting,
        }));
        let book = self.book_mut(new.instrument);
        if kept_priority {
            book.put_back(new);
            return;
        }
        book.remove(new.id);
        if waits {
            book.wait(new);
        } else {
            self.enter(new, price);
        }
    }
}

/// The kind with new price and total quantity; `None` for market and stop-market orders.
fn with_terms(kind: OrderKind, request: &ReplaceOrder) -> Option<OrderKind> {
    let (new_price, new_qty) = (request.price, request.qty);
    match kind {
        OrderKind::Limit { tif, post_only, .. } => Some(OrderKind::Limit {
            price: new_price,
            qty: new_qty,
            tif,
            post_only,
        }),
        OrderKind::StopLimit { stop, tif, .. } => Some(OrderKind::StopLimit {
            stop,
            price: new_price,
            qty: new_qty,
            tif,
        }),
        OrderKind::Market { .. } | OrderKind::StopMarket { .. } => None,
    }
}
