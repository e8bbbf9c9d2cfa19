"""First steps: log on, look at the book, trade, let an order rest, and cancel it.

With an exchange started by `make run`:

    python examples/quickstart.py --keys data/demo/demo-keys.json
"""

import argparse
import asyncio
from decimal import ROUND_CEILING, Decimal

from rialto_client import (
    ApiKey,
    Client,
    InstrumentDefinition,
    LocalBook,
    RequestRefused,
    Side,
)


async def quickstart(address: str, key: ApiKey, symbol: str) -> None:
    """Does all of it once."""
    async with Client(address, key=key) as client:
        assert client.logon is not None, "a client with a key is logged on"
        print(
            f"Logged on to {client.challenge.exchange_name} as account {client.logon.account_id}."
        )
        for asset, balance in (await client.balances()).items():
            print(f"  {asset:5} {balance.available} available, {balance.held} held")

        instrument = await client.directory.instrument(symbol)
        async with client.book(symbol) as feed:
            book = await feed.changed()
            print(f"The book of {symbol}:")
            show(book)

            if book.best_ask is not None:
                print("Buy a little at the best ask: it fills, unless somebody was faster.")
                price = book.best_ask.price
                order = await client.place(
                    symbol, Side.BUY, quantity=smallest(instrument, price), price=price
                )
                print(f"  {order.status}: {order.filled_quantity} at {order.average_price}")
                if not order.is_closed:
                    await client.cancel(order)

            print("Bid half of the reference price: it rests, and the book shows it.")
            price = instrument.reference_price / 2 // instrument.tick * instrument.tick
            order = await client.place(
                symbol, Side.BUY, quantity=smallest(instrument, price), price=price
            )
            print(f"  order {order.order_id}: {order.status} at {order.price}")
            async for book in feed:
                level = next((level for level in book.bids() if level.price == price), None)
                if level is not None:
                    print(f"  the book has {level.quantity} at {level.price}")
                    break

            order = await client.cancel(order)
            print(f"  {order.status}: {order.cancel_reason}")

        try:
            await client.place(symbol, Side.BUY, quantity=1, price=price + instrument.tick / 2)
        except RequestRefused as refused:
            print(f"What is wrong is said: {refused.reason}: {refused.text}")


def smallest(instrument: InstrumentDefinition, price: Decimal) -> Decimal:
    """The smallest quantity that may be ordered at a price: both limits hold, in whole lots."""
    needed = max(instrument.min_quantity, instrument.min_notional / price)
    lots = (needed / instrument.lot).to_integral_value(ROUND_CEILING)
    return lots * instrument.lot


def show(book: LocalBook) -> None:
    """Prints the best three levels of each side."""
    for level in list(book.asks())[2::-1]:
        print(f"  {level.quantity:>12} asked at   {level.price}")
    for level in list(book.bids())[:3]:
        print(f"  {level.quantity:>12} bid at     {level.price}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="First steps with an exchange.")
    parser.add_argument("--address", default="127.0.0.1:7400")
    parser.add_argument("--keys", default="data/demo/demo-keys.json")
    parser.add_argument("--account", type=int, default=7, help="7 and 8 have no bot of the demo")
    parser.add_argument("--symbol", default="BTC-USDT")
    arguments = parser.parse_args()
    key = ApiKey.load(arguments.keys, account=arguments.account)
    asyncio.run(quickstart(arguments.address, key, arguments.symbol))
