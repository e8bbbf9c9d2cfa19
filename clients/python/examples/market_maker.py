"""A market maker: quotes both sides of the middle, and leans against what it bought or sold.

    python examples/market_maker.py --keys data/demo/demo-keys.json --quotes 100

Its orders are post-only, so it never pays the spread; and cancel-on-disconnect is armed, so that no
quote outlives the program. It shows how to use the client, not how to make money.
"""

import argparse
import asyncio
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from rialto_client import (
    ApiKey,
    Client,
    ExecType,
    ExecutionReport,
    InstrumentDefinition,
    LocalBook,
    LogonTerms,
    Order,
    RejectReason,
    RequestRefused,
    Side,
)

PASSING = frozenset({RejectReason.POST_ONLY_WOULD_TRADE, RejectReason.UNKNOWN_ORDER})
"""Refusals that only mean that the market was faster: the next quote is another try."""


@dataclass(frozen=True)
class Style:
    """How to quote: size in smallest orders, distances as parts of the price, position in sizes."""

    smallest_orders: int = 5
    half_spread: Decimal = Decimal("0.0005")
    lean: Decimal = Decimal("0.0001")
    position_max: int = 20


class MarketMaker:
    """Keeps one bid and one ask in the book of one instrument."""

    def __init__(self, client: Client, instrument: InstrumentDefinition, style: Style) -> None:
        """Has no orders and no position."""
        self.client = client
        self.instrument = instrument
        self.style = style
        self.size = smallest(instrument) * style.smallest_orders
        self.position = Decimal(0)
        self.quotes: dict[Side, Order] = {}
        self.quote_count = 0

    def prices(self, book: LocalBook) -> dict[Side, Decimal]:
        """Where to quote; a side that would make the position too large is left out."""
        if book.best_bid is None or book.best_ask is None:
            return {}
        middle = (book.best_bid.price + book.best_ask.price) / 2
        sizes = self.position / self.size
        middle *= 1 - sizes * self.style.lean
        prices = {}
        if sizes < self.style.position_max:
            prices[Side.BUY] = self.on_tick(middle * (1 - self.style.half_spread), ROUND_FLOOR)
        if sizes > -self.style.position_max:
            prices[Side.SELL] = self.on_tick(middle * (1 + self.style.half_spread), ROUND_CEILING)
        return prices

    def on_tick(self, price: Decimal, rounding: str) -> Decimal:
        """The price as a multiple of the tick."""
        ticks = (price / self.instrument.tick).to_integral_value(rounding)
        return ticks * self.instrument.tick

    async def quote(self, book: LocalBook) -> None:
        """Brings the orders to where they should be."""
        prices = self.prices(book)
        await asyncio.gather(*(self.quote_side(side, prices.get(side)) for side in Side))

    async def quote_side(self, side: Side, price: Decimal | None) -> None:
        """Places, moves or cancels the order of one side."""
        order = self.quotes.get(side)
        if order is not None and order.is_closed:
            order = None
        try:
            if order is None and price is not None:
                self.quotes[side] = await self.client.place(
                    self.instrument, side, quantity=self.size, price=price, post_only=True
                )
            elif order is not None and price is None:
                await self.client.cancel(order)
            elif order is not None and price is not None and order.price != price:
                total = order.filled_quantity + self.size
                await self.client.replace(order, price=price, quantity=total)
            else:
                return
            self.quote_count += 1
        except RequestRefused as refused:
            if refused.reason not in PASSING:
                raise

    async def count_fills(self) -> None:
        """Follows what its orders bought and sold."""
        async for report in self.client.reports():
            if not isinstance(report, ExecutionReport) or report.exec_type != ExecType.TRADE:
                continue
            quantity = report.last_quantity or Decimal(0)
            self.position += quantity if report.side == Side.BUY else -quantity
            print(
                f"{report.side} {quantity} at {report.last_price}, {report.liquidity};"
                f" position {self.position}"
            )


def smallest(instrument: InstrumentDefinition) -> Decimal:
    """A quantity that may be ordered at any price from half of the reference on, in whole lots."""
    needed = max(instrument.min_quantity, 2 * instrument.min_notional / instrument.reference_price)
    lots = (needed / instrument.lot).to_integral_value(ROUND_CEILING)
    return lots * instrument.lot


async def make_market(address: str, key: ApiKey, symbol: str, quotes: int) -> None:
    """Quotes so many times, then cancels everything."""
    terms = LogonTerms(cancel_on_disconnect=True)
    async with Client(address, key=key, terms=terms) as client:
        instrument = await client.directory.instrument(symbol)
        maker = MarketMaker(client, instrument, Style())
        fills = asyncio.create_task(maker.count_fills())
        try:
            async with client.book(symbol) as feed:
                async for book in feed:
                    await maker.quote(book)
                    if maker.quote_count >= quotes:
                        break
            cancelled = await client.mass_cancel(symbol)
            print(f"Quoted {maker.quote_count} times, cancelled the last {cancelled} orders.")
        finally:
            fills.cancel()
            await asyncio.gather(fills, return_exceptions=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Quotes both sides of an instrument.")
    parser.add_argument("--address", default="127.0.0.1:7400")
    parser.add_argument("--keys", default="data/demo/demo-keys.json")
    parser.add_argument("--account", type=int, default=7, help="7 and 8 have no bot of the demo")
    parser.add_argument("--symbol", default="BTC-USDT")
    parser.add_argument("--quotes", type=int, default=100, help="stop after so many")
    arguments = parser.parse_args()
    key = ApiKey.load(arguments.keys, account=arguments.account)
    asyncio.run(make_market(arguments.address, key, arguments.symbol, arguments.quotes))
