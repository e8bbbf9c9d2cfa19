"""Requests about orders: what they send, what they wait for, and what refusals become."""

import asyncio
from decimal import Decimal

import pytest

from rialto_client import (
    BalanceUpdate,
    CaughtUp,
    Client,
    ExecutionReport,
    LogonTerms,
    MessageError,
    OrderState,
    OrderType,
    OutcomeUnknown,
    RejectReason,
    ReportGap,
    RequestRefused,
    SessionEnded,
    Side,
    TimeInForce,
    UsageError,
)
from rialto_client.codec import Message

from .fake_exchange import (
    KEY,
    Peer,
    answers,
    balance_update,
    exchange,
    report,
    session,
    unasked_balances,
)
from .support import asynchronous

RESTING = {"report_flags": {"Resting"}}


async def place(client: Client) -> object:
    """An order as good as any."""
    return await client.place("BTC-USDT", Side.BUY, quantity=2, price=100)


@asynchronous
async def test_the_kind_of_an_order_follows_from_its_prices() -> None:
    """And a time in force is filled in where the protocol needs one."""
    sent: list[Message] = []

    async def script(peer: Peer) -> None:
        await peer.log_on()
        for number in range(1, 6):
            sent.append(await peer.receive("NewOrder"))
            await peer.send(report("New", number, 44 + number, **answers(sent[-1]), **RESTING))
        await peer.wait_closed()

    async with session(script) as client:
        await client.place("BTC-USDT", Side.BUY, quantity=1, client_order_id="a")
        await client.place(1, Side.SELL, quantity="0.5", price=Decimal(3), post_only=True)
        await client.place(1, Side.SELL, quantity=1, price=3, expiry=99)
        await client.place(1, Side.BUY, quote_amount=1, stop_price=3)
        await client.place(1, Side.BUY, quantity=1, price=3, stop_price=2, client_seq=100)
        assert client.session.next_client_seq == 101
    kinds = [(message["order_type"], message["time_in_force"]) for message in sent]
    assert kinds == [
        ("Market", None),
        ("Limit", "Gtc"),
        ("Limit", "Gtd"),
        ("StopMarket", None),
        ("StopLimit", "Gtc"),
    ]
    assert [message["client_seq"] for message in sent] == [18, 19, 20, 21, 100]
    assert (sent[0]["instrument_id"], sent[0]["client_order_id"]) == (1, "a")
    assert (sent[1]["quantity"], sent[1]["order_flags"]) == (Decimal("0.5"), {"PostOnly"})
    assert (sent[3]["quote_amount"], sent[3]["quantity"]) == (1, None)


@asynchronous
async def test_placing_waits_for_what_matching_brings() -> None:
    """An order that trades and then rests is settled by the balances, which follow its reports."""
    placed = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.log_on()
        request = await peer.receive("NewOrder")
        trade = {"order_status": "PartiallyFilled", "cumulative_quantity": 1, "leaves_quantity": 1}
        await peer.send(report("New", 9, 45, **answers(request)))
        await peer.wait_for_test()
        assert not placed.is_set()
        await peer.send(report("Trade", 9, 46, **trade), balance_update(9))
        await peer.wait_closed()

    async with session(script) as client:

        async def place_and_tell() -> object:
            order = await place(client)
            placed.set()
            return order

        placing = asyncio.create_task(place_and_tell())
        await asyncio.sleep(0)
        await client.session.test()
        order = await placing
        assert [order] == list(client.orders)
        assert client.orders.get(1) is order
        (known,) = client.orders
        assert (known.status, known.filled_quantity) == (OrderState.PARTIALLY_FILLED, 1)
        assert (known.side, known.order_type) == (Side.BUY, OrderType.LIMIT)
        assert (known.time_in_force, known.leaves_quantity) == (TimeInForce.GTC, 1)


@asynchronous
async def test_an_order_is_settled_when_it_is_closed() -> None:
    """Also when no balance changes, as for one that is cancelled at once."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        request = await peer.receive("NewOrder")
        end = {"order_status": "Cancelled", "cancel_reason": "FokUnfilled", "leaves_quantity": 0}
        await peer.send(report("New", 9, 45, **answers(request)), report("Cancelled", 9, 46, **end))
        await peer.wait_closed()

    async with session(script) as client:
        order = await client.place(1, Side.BUY, quantity=1, price=1, time_in_force=TimeInForce.FOK)
        assert (order.status, order.cancel_reason) == (OrderState.CANCELLED, "FokUnfilled")
        assert order.is_closed
        assert list(client.orders) == []


@asynchronous
async def test_an_order_is_a_live_view() -> None:
    """It changes as reports come, whoever asked, and can be waited for."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        request = await peer.receive("NewOrder")
        await peer.send(report("New", 9, 45, **answers(request), **RESTING))
        await peer.wait_for_test()
        filled = {"order_status": "Filled", "cumulative_quantity": 2, "leaves_quantity": 0}
        await peer.send(report("Trade", 10, 46, **filled), balance_update(10))
        await peer.wait_closed()

    async with session(script) as client:
        order = await client.place(1, Side.BUY, quantity=2, price=100)
        assert (order.status, order.is_settled) == (OrderState.NEW, True)
        with pytest.raises(ZeroDivisionError):
            await asyncio.gather(order.until(lambda _: bool(1 // 0)), client.session.test())
        await order.closed()
        assert (order.status, order.filled_quantity) == (OrderState.FILLED, 2)


@asynchronous
async def test_refusals_of_core_and_gateway_are_told_apart() -> None:
    """Both have the reason, the values and the text; the core's has used its sequence."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        request = await peer.receive("NewOrder")
        why: dict[str, object] = {
            "value": 6_000_000_500_000,
            "limit": 1_000_000,
            "text": "off the tick",
        }
        gate: dict[str, object] = {"ref_template_id": 20, "client_seq": request["client_seq"]}
        await peer.send(("Refused", gate | {"reject_reason": "PriceOffTick"} | why))
        request = await peer.receive("NewOrder")
        core = answers(request, reject_reason="InsufficientFunds", order_id=None) | why
        await peer.send(report("Rejected", 9, 45, order_status="Rejected", **core))
        request = await peer.receive("CancelOrder")
        gate = {"ref_template_id": 21, "client_seq": request["client_seq"], "value": 0, "limit": 0}
        await peer.send(("Refused", gate | {"message_error": "NotLoggedOn"}))
        await peer.wait_closed()

    async with session(script) as client:
        with pytest.raises(RequestRefused, match="refused: PriceOffTick: off the tick") as gateway:
            await place(client)
        with pytest.raises(RequestRefused, match="InsufficientFunds") as core:
            await place(client)
        with pytest.raises(RequestRefused) as unknown:
            await client.cancel("bid-1", "BTC-USDT")
        assert list(client.orders) == []
    assert (gateway.value.reason, gateway.value.by_core) == (RejectReason.PRICE_OFF_TICK, False)
    assert (gateway.value.value, gateway.value.limit) == (6_000_000_500_000, 1_000_000)
    assert (core.value.reason, core.value.by_core) == (RejectReason.INSUFFICIENT_FUNDS, True)
    assert (gateway.value.client_seq, core.value.client_seq) == (18, 19)
    assert unknown.value.reason == MessageError.NOT_LOGGED_ON


@pytest.mark.parametrize("by_core", [True, False])
@asynchronous
async def test_the_same_sequence_sent_twice_gets_two_answers(by_core: bool) -> None:
    """The second is the duplicate, also when the gateway sees that before the core has answered."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        first, second = await peer.receive("NewOrder"), await peer.receive("NewOrder")
        accepted = report("New", 9, 45, **answers(first), **RESTING)
        why: dict[str, object] = {"reject_reason": "DuplicateSequence"}
        if by_core:
            duplicate = answers(second, order_id=None) | why
            await peer.send(accepted)
            await peer.send(report("Rejected", 10, 46, order_status="Rejected", **duplicate))
        else:
            named = {"ref_template_id": 20, "client_seq": second["client_seq"]}
            await peer.send(("Refused", named | why | {"value": 50, "limit": 50}))
            await peer.send(accepted)
        await peer.wait_closed()

    async with session(script) as client:

        async def placing() -> object:
            return await client.place(1, Side.BUY, quantity=2, price=100, client_seq=50)

        order, refused = await asyncio.gather(placing(), placing(), return_exceptions=True)
        assert order is client.orders.get(1)
        assert isinstance(refused, RequestRefused)
        assert refused.reason == RejectReason.DUPLICATE_SEQUENCE


@asynchronous
async def test_reports_of_other_keys_answer_nothing_here() -> None:
    """Each key counts for itself, so another one's sequence may be the same."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        request = await peer.receive("NewOrder")
        theirs = answers(request) | {"key_id": 4, "order_id": 2}
        await peer.send(report("New", 9, 45, **theirs, **RESTING))
        await peer.send(report("New", 10, 46, **answers(request), **RESTING))
        await peer.wait_closed()

    async with session(script) as client:
        order = await client.place(1, Side.BUY, quantity=2, price=100)
        assert order.order_id == 1
        assert sorted(known.order_id for known in client.orders) == [1, 2]


@asynchronous
async def test_sending_an_old_sequence_again_leaves_the_next_as_it_is() -> None:
    """So that the commands after it are no duplicates."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.receive("NewOrder")
        await peer.wait_closed()

    async with session(script) as client:
        client.session.answer_timeout_s = 0.1
        with pytest.raises(OutcomeUnknown):
            await client.place(1, Side.BUY, quantity=1, price=1, client_seq=5)
        assert client.session.next_client_seq == 18


@asynchronous
async def test_cancel_replace_and_mass_cancel() -> None:
    """Each names what it means and waits for its own report."""
    sent: list[Message] = []

    async def script(peer: Peer) -> None:
        await peer.log_on()
        sent.append(await peer.receive("NewOrder"))
        await peer.send(report("New", 9, 45, **answers(sent[-1]), **RESTING))
        sent.append(await peer.receive("ReplaceOrder"))
        changed = {"price": 101, "order_quantity": 3}
        await peer.send(report("Replaced", 10, 46, **answers(sent[-1]), **RESTING, **changed))
        sent.append(await peer.receive("CancelOrder"))
        ended = {"order_status": "Cancelled", "cancel_reason": "Requested", "leaves_quantity": 0}
        await peer.send(report("Cancelled", 11, 47, **answers(sent[-1]), **ended))
        sent.append(await peer.receive("MassCancel"))
        numbers = {"core_seq": 12, "event_index": 0, "transact_time": 12, "report_seq": 48}
        done = {"account_id": 7, "cancelled_count": 5, "value": 0, "limit": 0}
        await peer.send(("MassCancelReport", answers(sent[-1]) | numbers | done))
        await peer.wait_closed()

    async with session(script) as client:
        order = await client.place(1, Side.BUY, quantity=2, price=100)
        assert await client.replace(order, price=101, quantity=3) is order
        assert (order.price, order.quantity) == (101, 3)
        assert await client.cancel(order) is order
        assert order.status == OrderState.CANCELLED
        assert await client.mass_cancel("BTC-USDT", Side.SELL) == 5
        with pytest.raises(UsageError, match="needs its instrument"):
            await client.cancel(5)
    _, replaced, cancelled, mass_cancelled = sent
    assert (replaced["order_id"], replaced["quantity"]) == (1, 3)
    assert (cancelled["order_id"], cancelled["client_order_id"]) == (1, None)
    assert (mass_cancelled["instrument_id"], mass_cancelled["side"]) == (1, "Sell")


@asynchronous
async def test_missing_reports_are_told() -> None:
    """Whether the exchange says that they are gone, or a number shows it."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        await peer.send(("ReportGap", {"first_missed": 42, "first_available": 45}))
        await peer.send(report("New", 9, 45), balance_update(9), report("New", 10, 48))
        await peer.wait_closed()

    async with exchange(script) as address:
        client = Client(address, key=KEY, terms=LogonTerms(last_report_seq=41))
        reports = client.reports()
        async with client:
            found = [await anext(reports) for _ in range(5)]
        assert found[0] == ReportGap(42, 45)
        assert isinstance(found[1], ExecutionReport)
        assert isinstance(found[2], BalanceUpdate)
        assert found[3] == ReportGap(46, 48)
        assert client.last_report_seq == 48


@asynchronous
async def test_the_end_of_what_was_missed_is_told() -> None:
    """Among the reports, to whoever awaits it, and by the number that the next logon states."""
    go_on = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.log_on(next_report_seq=48)
        await peer.send(report("New", 9, 45))
        await go_on.wait()
        await peer.send(("CaughtUp", {"last_report_seq": 47}))
        await peer.wait_closed()

    async with exchange(script) as address:
        client = Client(address, key=KEY, terms=LogonTerms(last_report_seq=44))
        reports = client.reports()
        async with client:
            assert isinstance(await anext(reports), ExecutionReport)
            assert not client.session.is_caught_up
            assert client.last_report_seq == 45
            go_on.set()
            await client.caught_up()
            assert client.session.is_caught_up
            assert await anext(reports) == CaughtUp(47)
            assert client.last_report_seq == 47


CATCHING_UP = LogonTerms(last_report_seq=44)
TRADED = {"order_status": "PartiallyFilled", "cumulative_quantity": 1, "leaves_quantity": 1}


@pytest.mark.parametrize("has_balances", [True, False])
@asynchronous
async def test_an_order_placed_while_catching_up_is_settled_by_its_end(has_balances: bool) -> None:
    """No update of balances comes then: those told unasked settle it, or the end itself."""
    seen, placed = asyncio.Event(), asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.log_on(next_report_seq=45)
        request = await peer.receive("NewOrder")
        await peer.send(report("New", 9, 45, **answers(request)), report("Trade", 9, 46, **TRADED))
        await peer.send(unasked_balances(8))
        await peer.wait_for_test()
        await seen.wait()
        if has_balances:
            await peer.send(unasked_balances(9))
            await placed.wait()
        await peer.send(("CaughtUp", {"last_report_seq": 46}))
        await peer.wait_closed()

    async with session(script, CATCHING_UP) as client:
        reports = client.reports()
        placing = asyncio.create_task(client.place(1, Side.BUY, quantity=2, price=100))
        await asyncio.sleep(0)
        await client.session.test()
        known = client.orders.get(1)
        assert known is not None
        assert not known.is_settled
        seen.set()
        assert await placing is known
        assert (known.status, known.filled_quantity) == (OrderState.PARTIALLY_FILLED, 1)
        assert client.session.is_caught_up != has_balances
        placed.set()
        await client.caught_up()
        assert [type(await anext(reports)) for _ in range(2)] == [ExecutionReport] * 2
        assert await anext(reports) == CaughtUp(46)


@asynchronous
async def test_a_key_that_may_only_trade_places_while_catching_up() -> None:
    """It is told of no balances: its order is settled with the first report, as always."""

    async def script(peer: Peer) -> None:
        await peer.log_on(next_report_seq=45, permissions={"Trade"})
        request = await peer.receive("NewOrder")
        await peer.send(report("New", 9, 45, **answers(request)), report("Trade", 9, 46, **TRADED))
        await peer.send(("CaughtUp", {"last_report_seq": 46}))
        await peer.wait_closed()

    async with session(script, CATCHING_UP) as client:
        order = await client.place(1, Side.BUY, quantity=2, price=100)
        assert order.is_settled
        await client.caught_up()
        assert (order.status, order.filled_quantity) == (OrderState.PARTIALLY_FILLED, 1)


@asynchronous
async def test_after_report_0_all_is_missed() -> None:
    """It comes from the first report on, and what is missing among it is told."""

    async def script(peer: Peer) -> None:
        logon = await peer.log_on(next_report_seq=4)
        assert logon["last_report_seq"] == 0
        await peer.send(report("New", 9, 1), report("Trade", 9, 3, **TRADED))
        await peer.send(("CaughtUp", {"last_report_seq": 3}))
        await peer.wait_closed()

    async with exchange(script) as address:
        client = Client(address, key=KEY, terms=LogonTerms(last_report_seq=0))
        reports = client.reports()
        async with client:
            assert isinstance(await anext(reports), ExecutionReport)
            assert await anext(reports) == ReportGap(2, 3)
            await client.caught_up()
            assert client.last_report_seq == 3


@asynchronous
async def test_who_waits_for_the_end_learns_that_it_will_not_come() -> None:
    """And who has asked for nothing does not wait."""

    async def script(peer: Peer) -> None:
        await peer.log_on()

    terms = LogonTerms(last_report_seq=44)
    async with session(script, terms) as client:
        with pytest.raises(SessionEnded):
            await client.caught_up()
    async with session(script) as client:
        await client.caught_up()


@asynchronous
async def test_answers_to_questions() -> None:
    """Orders are those of the table, and an answer older than a report does not undo it."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        asked = await peer.receive("OpenOrdersRequest")
        await peer.send(report("New", 9, 45), report("New", 20, 46, order_id=2, price=7))
        await peer.send(status(asked, 10, 1), status(asked, 10, 2), status(asked, 10, 3, last=True))
        asked = await peer.receive("OrderStatusRequest")
        await peer.send(status(asked, 20, 0, found=False))
        asked = await peer.receive("BalancesRequest")
        entry = {"asset_id": 1, "available": "0.5", "held": 10**12}
        common = {"request_id": asked["request_id"], "account_id": 7}
        numbers = {"last_report_seq": 1, "core_seq": 1, "list_flags": {"Found"}}
        first, last = {"balances": [entry]}, {"balances": [entry | {"asset_id": 9}]}
        await peer.send(("Balances", common | numbers | first))
        await peer.send(("Balances", common | numbers | last | {"list_flags": {"Found", "Last"}}))
        await peer.wait_closed()

    def status(
        asked: Message, core_seq: int, order_id: int, *, found: bool = True, last: bool = False
    ) -> tuple[str, dict[str, object]]:
        flags = {"Found"} if found else set()
        return "OrderStatus", {
            "request_id": asked["request_id"],
            "account_id": 7,
            "last_report_seq": 1,
            "core_seq": core_seq,
            "order_id": order_id if found else None,
            "instrument_id": 1,
            "price": 55,
            "order_status": "New",
            "list_flags": flags | ({"Last"} if last else set()),
        }

    async with session(script) as client:
        first, second, third = await client.open_orders()
        assert (first.price, second.price, third.price) == (55, 7, 55)
        assert client.orders.get(1) is first
        assert client.orders.get(2) is second
        assert client.orders.get(3) is None
        assert await client.order_status("gone") is None
        balances = await client.balances()
        assert balances["BTC"].available == Decimal("0.5")
        assert balances["9"].held == 10**12


@asynchronous
async def test_commands_of_many_tasks_go_out_in_order() -> None:
    """Each with the next number, whoever came first."""
    sent: list[object] = []

    async def script(peer: Peer) -> None:
        await peer.log_on()
        for number in range(50):
            request = await peer.receive("NewOrder")
            sent.append(request["client_seq"])
            numbers = {"order_id": number + 1}
            await peer.send(report("New", number, 45, **answers(request), **RESTING, **numbers))
        await peer.wait_closed()

    async with session(script) as client:
        placed = await asyncio.gather(
            *(client.place(1, Side.BUY, quantity=1, price=1) for _ in range(50))
        )
        assert [order.order_id for order in placed] == list(range(1, 51))
    assert sent == list(range(18, 68))


@asynchronous
async def test_an_order_whose_outcome_is_cut_off() -> None:
    """Its sequence is told, so that the same can be sent again."""

    async def script(peer: Peer) -> None:
        await peer.log_on()
        request = await peer.receive("NewOrder")
        await peer.send(report("New", 9, 45, **answers(request)))
        peer.socket.transport.abort()

    async with session(script) as client:
        with pytest.raises(OutcomeUnknown) as unknown:
            await place(client)
        assert unknown.value.client_seq == 18
