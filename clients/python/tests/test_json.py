"""The JSON endpoint: every message of a live exchange is one that docs/asyncapi.yaml describes.

And the other way round: what the file describes is seen here, so that it holds nothing stale.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import jsonschema
import websockets
import yaml

from .real_exchange import BUY, SELL, QuietMarket, RealExchange
from .support import REPOSITORY, asynchronous

DOCUMENT = yaml.safe_load((REPOSITORY / "docs" / "asyncapi.yaml").read_text(encoding="utf-8"))
MESSAGES: dict[str, dict[str, Any]] = DOCUMENT["components"]["messages"]
WAIT_S = 30.0

CHANNELS: list[str] = DOCUMENT["components"]["schemas"]["channel"]["enum"]
"""All that there are."""


def named(operation: str) -> set[str]:
    """The messages of an operation."""
    return {
        reference["$ref"].rpartition("/")[2]
        for reference in DOCUMENT["operations"][operation]["messages"]
    }


def check(name: str, message: object) -> None:
    """Holds a message against its schema."""
    schema = {**MESSAGES[name]["payload"], "components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(schema).validate(message)


class Reader:
    """A connection to the endpoint, and the types of the messages that it has seen."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        """Nothing has been seen yet."""
        self._socket = socket
        self.seen: set[str] = set()

    async def ask(self, **fields: object) -> None:
        """Sends a request, which is one of the document's."""
        check(str(fields["op"]), fields)
        await self._socket.send(json.dumps(fields))

    async def say(self, text: str | bytes) -> None:
        """Sends whatever it is."""
        await self._socket.send(text)

    async def next(self) -> dict[str, Any]:
        """The next message, which is one of the document's."""
        async with asyncio.timeout(WAIT_S):
            text = await self._socket.recv()
        assert isinstance(text, str)
        message: dict[str, Any] = json.loads(text)
        check(message["type"], message)
        self.seen.add(message["type"])
        return message

    async def until(self, **fields: object) -> dict[str, Any]:
        """The next message with these fields."""
        while True:
            message = await self.next()
            if all(message.get(name) == value for name, value in fields.items()):
                return message


@asynccontextmanager
async def reader(exchange: RealExchange) -> AsyncIterator[Reader]:
    """A connection for as long as the `async with` lasts."""
    async with websockets.connect(f"ws://{exchange.address}/ws/json") as socket:
        yield Reader(socket)


@asynchronous
async def test_every_message_is_described_and_every_description_is_seen(
    exchange: RealExchange, market: QuietMarket
) -> None:
    """A market that trades, halts and ends, on every channel."""
    seen: set[str] = set()
    async with (
        reader(exchange) as one,
        exchange.client(7) as client,
        exchange.client(8) as other,
        exchange.administrator() as operator,
    ):
        for number, channel in enumerate(CHANNELS, 1):
            await one.ask(op="subscribe", channel=channel, instrument=market.symbol, id=number)
            accepted = await one.until(type="accepted", id=number)
            assert (accepted["channel"], accepted["instrument"]) == (channel, market.symbol)
        await one.ask(op="ping", id=99)
        await one.until(type="pong", id=99)
        await client.place(market.symbol, SELL, quantity=3, price=101)
        update = await one.until(type="book_update", channel="book")
        assert (update["bids"], update["asks"]) == ([], [["101", "3", 1]])
        await other.place(market.symbol, BUY, quantity=2, price=101)
        trade = await one.until(type="trade")
        assert (trade["price"], trade["quantity"], trade["taker_side"]) == ("101", "2", "Buy")
        # What is conflated comes in the order of its clocks.
        waited = {"statistics", "candle", "checksum", "orders_update", "top"}
        while not waited <= one.seen:
            await one.next()
        await operator.administer(
            "SetInstrumentState",
            instrument_id=market.instrument_id,
            state="Halted",
        )
        assert (await one.until(type="status"))["state"] == "Halted"
        seen |= one.seen
    async with reader(exchange) as everything:
        await everything.ask(op="subscribe", channel="instruments")
        await everything.until(type="instrument", instrument=market.symbol)
        await everything.say(b"binary")
        end = await everything.until(type="end")
        assert end["reason"] == "ProtocolError"
        seen |= everything.seen
    async with reader(exchange) as wrong:
        await wrong.ask(op="subscribe", channel="trades")
        await wrong.until(type="accepted")
        for request, code in (
            ({"op": "subscribe", "channel": "trades"}, "already_subscribed"),
            ({"op": "unsubscribe", "channel": "book"}, "not_subscribed"),
            ({"op": "subscribe", "channel": "l9", "id": 4}, "unknown_channel"),
            ({"op": "subscribe", "channel": "top", "instrument": "NONE"}, "unknown_instrument"),
            ({"op": "buy"}, "invalid_request"),
            ({"op": "ping", "what": 1}, "invalid_request"),
        ):
            await wrong.say(json.dumps(request))
            error = await wrong.until(type="error")
            assert error["code"] == code, error
            assert error["id"] == request.get("id")
        for garbage in ("", "{", "null", "[" * 10_000):
            await wrong.say(garbage)
            assert (await wrong.until(type="error"))["code"] == "invalid_request"
        seen |= wrong.seen
    assert seen == named("tell")
    assert (
        named("tell") | named("request")
        == set(MESSAGES)
        == set(DOCUMENT["channels"]["marketData"]["messages"])
    )


@asynchronous
async def test_json_tells_the_book_that_the_binary_protocol_tells(exchange: RealExchange) -> None:
    """Rebuilt by the same rules, while the bots trade.

    Which of the two connections brings a change first is the machine's business, so the books of
    both are noted, and those that both had are compared.
    """
    symbol = "ETH-USDT"
    book: dict[str, dict[str, list[Any]]] = {"bids": {}, "asks": {}}
    found: dict[int, list[tuple[Decimal, Decimal, int]]] = {}
    told: dict[int, list[tuple[Decimal, Decimal, int]]] = {}
    async with exchange.client(7) as client, client.book(symbol) as feed, reader(exchange) as one:

        async def listen() -> None:
            async for whole in feed:
                seq = whole.book_seq
                assert seq is not None
                told[seq] = sorted((o.price, o.quantity, o.order_count) for o in whole.levels())

        listening = asyncio.create_task(listen())
        await one.ask(op="subscribe", channel="book", instrument=symbol)
        at = None
        while len(found.keys() & told.keys()) < 3:
            message = await one.next()
            if message["type"] not in ("book_snapshot", "book_update"):
                continue
            if message["type"] == "book_update" and message["first"]:
                assert message["previous_book_seq"] == at
            for side, levels in book.items():
                if message["type"] == "book_snapshot" and message["first"]:
                    levels.clear()
                levels |= {level[0]: level for level in message[side]}
            book = {s: {p: r for p, r in rows.items() if r[1] != "0"} for s, rows in book.items()}
            at = message["book_seq"] if message["last"] else None
            if at is not None:
                rows = [*book["bids"].values(), *book["asks"].values()]
                found[at] = sorted((Decimal(row[0]), Decimal(row[1]), row[2]) for row in rows)
        listening.cancel()
    for seq in found.keys() & told.keys():
        assert found[seq] == told[seq]
