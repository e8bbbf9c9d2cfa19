"""A stop-loss: sells a position at the market should the price fall to a stop.

    python examples/stop_loss.py --symbol BTC-USDT --quantity 0.5 --stop 55000

The stop waits at the exchange, so it works also when this program is gone; the program tells what
becomes of it. With `--seconds` it waits so long and then takes the stop away.
"""

import argparse
import asyncio
from decimal import Decimal

from rialto_client import ApiKey, Client, Side


async def protect(client: Client, symbol: str, quantity: Decimal, stop: Decimal) -> None:
    """Places the stop and waits for its end; cancelled, it takes the stop away."""
    order = await client.place(symbol, Side.SELL, quantity=quantity, stop_price=stop)
    print(
        f"order {order.order_id} waits: sells {quantity} should {symbol} trade at {stop} or below"
    )
    try:
        await order.closed()
    except asyncio.CancelledError:
        await client.cancel(order)
    print(f"order {order.order_id}: {order.status}, sold {order.filled_quantity}")


async def run(arguments: argparse.Namespace) -> None:
    """Protects as long as the command line says."""
    key = ApiKey.load(arguments.keys, account=arguments.account)
    async with Client(arguments.address, key=key) as client:
        protecting = asyncio.create_task(
            protect(client, arguments.symbol, arguments.quantity, arguments.stop)
        )
        done, _ = await asyncio.wait({protecting}, timeout=arguments.seconds)
        if not done:
            protecting.cancel()
        await protecting


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Sells at the market below a price.")
    parser.add_argument("--address", default="127.0.0.1:7400")
    parser.add_argument("--keys", default="data/demo/demo-keys.json")
    parser.add_argument("--account", type=int, default=7, help="7 and 8 have no bot of the demo")
    parser.add_argument("--symbol", default="BTC-USDT")
    parser.add_argument("--quantity", type=Decimal, required=True)
    parser.add_argument("--stop", type=Decimal, required=True)
    parser.add_argument("--seconds", type=float, help="wait no longer than this")
    asyncio.run(run(parser.parse_args()))
