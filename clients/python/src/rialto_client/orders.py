"""Orders as their reports tell them, and the table of an account's open orders.

Why: a report says what happened, a program wants to know how its order stands. Each `Order` is a
live view: it changes as reports come, and can be waited for. The table holds what is open; an order
that has closed stays as it is for whoever holds it.

Every session of an account gets all its reports, so orders of other keys are in here as well. A
report carries all of its order, so one that was placed before this session appears with its first
report, or with the answer to a question.

Invariant: an order never goes back to what it was at an earlier command.
"""

import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal

from .codes import (
    CancelReason,
    ExecType,
    ListFlag,
    OrderState,
    OrderType,
    ReportFlag,
    Side,
    TimeInForce,
)
from .errors import SessionEnded
from .reports import Balances, BalanceUpdate, ExecutionReport, OrderStatus

CLOSED = frozenset(
    {OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED, OrderState.EXPIRED}
)
"""The states from which no order comes back."""

REFUSALS = frozenset({ExecType.REJECTED, ExecType.CANCEL_REJECTED, ExecType.REPLACE_REJECTED})
"""Reports that say that nothing was done."""


class Order:
    """One order of the account, as of the last report about it.

    What does not apply to its kind is None, as in the reports. Amounts of an order by quote amount
    are in `quote_amount` and `leaves_quote`, of any other in `quantity` and `leaves_quantity`.
    """

    def __init__(self, order_id: int, instrument_id: int) -> None:
        """For `OrderTable`: nothing else is known yet."""
        self.order_id = order_id
        self.instrument_id = instrument_id
        self.client_order_id: str | None = None
        self.side: Side | None = None
        self.order_type: OrderType | None = None
        self.time_in_force: TimeInForce | None = None
        self.price: Decimal | None = None
        self.stop_price: Decimal | None = None
        self.quantity: Decimal | None = None
        self.quote_amount: Decimal | None = None
        self.expiry: int | None = None
        self.status: OrderState | None = None
        self.cancel_reason: CancelReason | None = None
        self.filled_quantity = Decimal(0)
        self.filled_quote = Decimal(0)
        self.average_price: Decimal | None = None
        self.leaves_quantity: Decimal | None = None
        self.leaves_quote: Decimal | None = None
        self.core_seq = 0
        self._unsettled: int | None = None
        self._waiting: list[tuple[Callable[[Order], bool], asyncio.Future[None]]] = []
        self._end: SessionEnded | None = None

    def __repr__(self) -> str:
        """For people."""
        size = self.quote_amount if self.quantity is None else self.quantity
        return f"<Order {self.order_id} {self.side} {size} at {self.price}: {self.status}>"

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in CLOSED

    @property
    def is_settled(self) -> bool:
        """Whether all that the last command to it brought about is known here."""
        return self._unsettled is None or self.is_closed

    async def until(self, condition: Callable[["Order"], bool]) -> None:
        """Waits until the condition holds. It is looked at after each report about the order.

        When the session ends before that, its `SessionEnded` is raised.
        """
        if condition(self):
            return
        if self._end is not None:
            raise self._end.with_traceback(None)
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (condition, waiting)
        self._waiting.append(entry)
        try:
            await waiting
        finally:
            self._waiting.remove(entry)

    async def closed(self) -> None:
        """Waits until the order is filled, cancelled or expired; errors as `until`."""
        await self.until(lambda order: order.is_closed)

    async def settled(self) -> None:
        """Waits until the whole outcome of the last command to it is known; errors as `until`."""
        await self.until(lambda order: order.is_settled)

    def _report(self, report: ExecutionReport, balances_follow: bool) -> None:
        self._state(report)
        self.cancel_reason = report.cancel_reason
        rests = ReportFlag.RESTING in report.report_flags or not balances_follow
        if report.exec_type in (ExecType.NEW, ExecType.REPLACED):
            self._unsettled = None if rests else report.core_seq
        elif self._unsettled is not None and report.core_seq > self._unsettled:
            self._unsettled = None
        self._notify()

    def _answer(self, status: OrderStatus) -> None:
        self._state(status)
        self._notify()

    def _state(self, said: ExecutionReport | OrderStatus) -> None:
        self.core_seq = said.core_seq
        self.client_order_id = said.client_order_id
        self.side = said.side
        self.order_type = said.order_type
        self.time_in_force = said.time_in_force
        self.price = said.price
        self.stop_price = said.stop_price
        self.quantity = said.order_quantity
        self.quote_amount = said.quote_amount
        self.expiry = said.expiry
        self.status = said.order_status
        self.filled_quantity = said.cumulative_quantity or Decimal(0)
        self.filled_quote = said.cumulative_quote or Decimal(0)
        self.average_price = said.average_price
        self.leaves_quantity = said.leaves_quantity
        self.leaves_quote = said.leaves_quote

    def _settle(self, core_seq: int) -> None:
        """All reports of this command and of those before it have come."""
        if self._unsettled is not None and self._unsettled <= core_seq:
            self._unsettled = None
            self._notify()

    def _fail(self, end: SessionEnded) -> None:
        self._end = end
        for _, waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(end)

    def _notify(self) -> None:
        for condition, waiting in self._waiting:
            if waiting.done():
                continue
            try:
                if condition(self):
                    waiting.set_result(None)
            except Exception as error:
                # The condition is the caller's, and so are its errors; the session goes on.
                waiting.set_exception(error)


class OrderTable:
    """The open orders of the session's account, as far as reports and answers have told."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._open: dict[int, Order] = {}
        self._unsettled: dict[int, Order] = {}
        self._newest = 0
        self.latest: Order | None = None

    def __iter__(self) -> Iterator[Order]:
        """The open orders known, in no particular order."""
        return iter(list(self._open.values()))

    def get(self, order_id: int) -> Order | None:
        """An open order; None when none of this id is known."""
        return self._open.get(order_id)

    def report(self, report: ExecutionReport, balances_follow: bool) -> None:
        """Takes a report; `latest` is the order that it is about, or None for a refusal.

        `balances_follow`: whether the reports of a command are followed by balances, which say that
        they are complete; while a session catches up they are not, and what ends that says so. A
        key without the permission Read gets none; its orders count as settled with the first
        report.
        """
        self._newest = max(self._newest, report.core_seq)
        self.latest = None
        if report.exec_type in REFUSALS or report.order_id is None or report.instrument_id is None:
            return
        order = self._open.get(report.order_id) or Order(report.order_id, report.instrument_id)
        order._report(report, balances_follow)
        self._keep(order)
        self.latest = order

    def answer(self, status: OrderStatus) -> Order | None:
        """Takes an answer, unless it is older than what is known.

        Gives the order, if there is one.
        """
        if ListFlag.FOUND not in status.list_flags or status.order_id is None:
            return None
        order = self._open.get(status.order_id)
        if order is None:
            order = Order(status.order_id, status.instrument_id or 0)
            order._answer(status)
            if status.core_seq >= self._newest:
                self._keep(order)
        elif status.core_seq >= order.core_seq:
            order._answer(status)
        return order

    def balance(self, told: BalanceUpdate | Balances) -> None:
        """Takes balances that come unasked: they follow the last report of their command.

        An update after each command; `Balances` once, after the reports that a session had missed.
        """
        self._newest = max(self._newest, told.core_seq)
        self._settle(told.core_seq)

    def caught_up(self) -> None:
        """Takes note that all was told that the session had missed: whole commands, always."""
        self._settle(self._newest)

    def fail(self, end: SessionEnded) -> None:
        """Tells whoever waits for an order that the session is over."""
        for order in (*self._open.values(), *self._unsettled.values()):
            order._fail(end)

    def _settle(self, core_seq: int) -> None:
        """All reports of this command and of those before it have come."""
        for order in list(self._unsettled.values()):
            order._settle(core_seq)
            self._keep(order)

    def _keep(self, order: Order) -> None:
        """Puts the order where it belongs now."""
        if order.is_closed:
            self._open.pop(order.order_id, None)
        else:
            self._open[order.order_id] = order
        if order.is_settled:
            self._unsettled.pop(order.order_id, None)
        else:
            self._unsettled[order.order_id] = order
