"""Requests about orders and balances: what `Client` can do once it is logged on.

Each method sends one message and awaits what becomes of it. A refusal, by the gateway or by the
core, is a `RequestRefused` with its reason; a lost answer is an `OutcomeUnknown` with the client
sequence under which the same may safely be sent again.
"""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias, TypeVar

from .codes import ExecType, OrderFlag, OrderType, RejectReason, Side, StpMode, TimeInForce
from .directory import Directory
from .errors import OutcomeUnknown, RequestRefused, SessionEnded, UsageError
from .marketdata import InstrumentDefinition
from .orders import REFUSALS, Order, OrderTable
from .pending import CommandAnswer, Read
from .reports import (
    AdminReport,
    Balance,
    Balances,
    CancelOnDisconnectReport,
    ExecutionReport,
    MassCancelReport,
    OrderStatus,
)
from .session import Session

Number: TypeAlias = Decimal | int | str
"""An exact number. Floats are refused: 0.1 as a float is not 0.1."""

Instrument: TypeAlias = str | int | InstrumentDefinition
"""An instrument by its symbol, by its id, or by its definition."""


Done = TypeVar("Done", MassCancelReport, CancelOnDisconnectReport, AdminReport)


class Trading:
    """Orders and balances of the account that the session acts for."""

    def __init__(self) -> None:
        """Nothing is known until the session is open."""
        self.directory = Directory()
        self.orders = OrderTable()

    @property
    def session(self) -> Session:
        """The session below, for whatever has no method of its own."""
        raise NotImplementedError

    async def place(
        self,
        instrument: Instrument,
        side: Side,
        *,
        quantity: Number | None = None,
        price: Number | None = None,
        stop_price: Number | None = None,
        quote_amount: Number | None = None,
        time_in_force: TimeInForce | None = None,
        expiry: int | None = None,
        post_only: bool = False,
        stp_mode: StpMode | None = None,
        client_order_id: str | None = None,
        order_type: OrderType | None = None,
        client_seq: int | None = None,
    ) -> Order:
        """Places an order and gives it when the whole outcome of placing it is known.

        The kind follows from the prices, unless it is stated: with a price it is a limit order,
        with a stop price a stop order, with both a stop-limit order, with neither a market order.
        One with a price stays until it is cancelled, unless a time in force or an expiry says
        otherwise.
        """
        kind = order_type or _KINDS[price is not None, stop_price is not None]
        if time_in_force is None and kind in (OrderType.LIMIT, OrderType.STOP_LIMIT):
            time_in_force = TimeInForce.GTC if expiry is None else TimeInForce.GTD
        fields = {
            "instrument_id": await self.instrument_id(instrument),
            "side": side,
            "order_type": kind,
            "quantity": quantity,
            "price": price,
            "stop_price": stop_price,
            "quote_amount": quote_amount,
            "time_in_force": time_in_force,
            "expiry": expiry,
            "stp_mode": stp_mode,
            "order_flags": {OrderFlag.POST_ONLY} if post_only else set(),
            "client_order_id": client_order_id,
        }
        placed = await self.session.command(
            "NewOrder", self._reads(ExecType.NEW), fields, client_seq
        )
        return await self._settled(placed)

    async def cancel(
        self,
        order: Order | int | str,
        instrument: Instrument | None = None,
        client_seq: int | None = None,
    ) -> Order:
        """Cancels an order and gives it as it ended.

        An order named by its id or its client order id needs its instrument.
        """
        names = await self._names(order, instrument)
        cancelled = await self.session.command(
            "CancelOrder", self._reads(ExecType.CANCELLED), names, client_seq
        )
        return await self._settled(cancelled)

    async def replace(
        self,
        order: Order | int | str,
        *,
        price: Number,
        quantity: Number,
        instrument: Instrument | None = None,
        client_seq: int | None = None,
    ) -> Order:
        """Gives an order a new price and a new total quantity, what is filled of it included.

        At or below what is filled, the rest is cancelled. An order named by its id or its client
        order id needs its instrument.
        """
        names = await self._names(order, instrument)
        replaced = await self.session.command(
            "ReplaceOrder",
            self._reads(ExecType.REPLACED, ExecType.CANCELLED),
            {**names, "price": price, "quantity": quantity},
            client_seq,
        )
        return await self._settled(replaced)

    async def mass_cancel(
        self,
        instrument: Instrument | None = None,
        side: Side | None = None,
        client_seq: int | None = None,
    ) -> int:
        """Cancels all open orders of the account, or those of an instrument or side.

        Gives their count.
        """
        instrument_id = None if instrument is None else await self.instrument_id(instrument)
        fields = {"instrument_id": instrument_id, "side": side}
        report = await self.session.command("MassCancel", _mass_cancelled, fields, client_seq)
        return report.cancelled_count or 0

    async def arm_cancel_on_disconnect(self, armed: bool, client_seq: int | None = None) -> None:
        """Sets whether losing the session cancels the orders that its key placed."""
        fields = {"armed": armed}
        await self.session.command("ArmCancelOnDisconnect", _armed, fields, client_seq)

    async def administer(self, name: str, **fields: object) -> AdminReport:
        """Sends an administrative message, named as in the schema, and gives its report."""
        return await self.session.command(name, _administered, fields)

    async def order_status(self, order: int | str) -> Order | None:
        """How an open order stands, by its id or its client order id; None when there is none."""
        by_id = isinstance(order, int)
        answers = await self.session.question(
            "OrderStatusRequest",
            several=False,
            order_id=order if by_id else None,
            client_order_id=None if by_id else order,
        )
        found = [
            self.orders.answer(answer) for answer in answers if isinstance(answer, OrderStatus)
        ]
        return found[0] if found else None

    async def open_orders(self, instrument: Instrument | None = None) -> list[Order]:
        """All open orders of the account, or those of one instrument, by ascending id."""
        instrument_id = None if instrument is None else await self.instrument_id(instrument)
        answers = await self.session.question(
            "OpenOrdersRequest", several=True, instrument_id=instrument_id
        )
        found = (
            self.orders.answer(answer) for answer in answers if isinstance(answer, OrderStatus)
        )
        return [order for order in found if order is not None]

    async def balances(self) -> Mapping[str, Balance]:
        """The balances of the account by the symbol of the asset.

        Assets it never had are left out.
        """
        answers = await self.session.question("BalancesRequest", several=True)
        return {
            self.directory.symbol_of_asset(balance.asset_id): balance
            for answer in answers
            if isinstance(answer, Balances)
            for balance in answer.balances
        }

    async def instrument_id(self, instrument: Instrument) -> int:
        """The number of an instrument; a `UsageError` when there is none of this symbol."""
        if isinstance(instrument, str):
            instrument = await self.directory.instrument(instrument)
        return instrument if isinstance(instrument, int) else instrument.instrument_id

    def _reads(self, *kinds: ExecType) -> Read[tuple[Order, int]]:
        """Reads the report that answers a request about an order.

        The order, and the request's number.
        """

        def read(answer: CommandAnswer) -> tuple[Order, int] | None:
            if not isinstance(answer, ExecutionReport):
                return None
            if answer.exec_type in REFUSALS:
                raise _refusal(answer)
            order = self.orders.latest
            if order is None or answer.exec_type not in kinds:
                return None
            return order, answer.client_seq or 0

        return read

    async def _settled(self, answer: tuple[Order, int]) -> Order:
        """Awaits what matching brings, trades and all; an `OutcomeUnknown` if it does not come."""
        order, client_seq = answer
        try:
            async with asyncio.timeout(self.session.answer_timeout_s):
                await order.settled()
        except (SessionEnded, TimeoutError) as error:
            raise OutcomeUnknown(client_seq, error) from error
        return order

    async def _names(
        self, order: Order | int | str, instrument: Instrument | None
    ) -> dict[str, object]:
        """The fields that name an order."""
        if isinstance(order, Order):
            return {"order_id": order.order_id, "instrument_id": order.instrument_id}
        if instrument is None:
            raise UsageError(f"order {order!r} needs its instrument")
        name = "order_id" if isinstance(order, int) else "client_order_id"
        return {name: order, "instrument_id": await self.instrument_id(instrument)}


_KINDS = {
    (False, False): OrderType.MARKET,
    (True, False): OrderType.LIMIT,
    (False, True): OrderType.STOP_MARKET,
    (True, True): OrderType.STOP_LIMIT,
}


def _mass_cancelled(answer: CommandAnswer) -> MassCancelReport | None:
    return _done(answer) if isinstance(answer, MassCancelReport) else None


def _armed(answer: CommandAnswer) -> CancelOnDisconnectReport | None:
    return _done(answer) if isinstance(answer, CancelOnDisconnectReport) else None


def _administered(answer: CommandAnswer) -> AdminReport | None:
    return _done(answer) if isinstance(answer, AdminReport) else None


def _done(answer: Done) -> Done:
    if answer.reject_reason is not None:
        raise _refusal(answer)
    return answer


def _refusal(answer: CommandAnswer) -> RequestRefused:
    """What the core refused, as an error."""
    return RequestRefused(
        answer.reject_reason or RejectReason.of("Unstated"),
        answer.text,
        value=answer.value,
        limit=answer.limit,
        client_seq=answer.client_seq,
        by_core=True,
    )
