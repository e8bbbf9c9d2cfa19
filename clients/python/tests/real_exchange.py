"""A real exchange for the tests: the binary with its demo, on a free port, in its own directory.

`RIALTO_BIN` names the binary; otherwise it is the one that cargo built last. Without one these
tests fail; only RIALTO_BIN=none leaves them out, for machines that cannot build it.
"""

import json
import os
import signal
import subprocess
import threading
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO

import pytest

from rialto_client import ApiKey, Client, LogonTerms, Side

from .support import REPOSITORY

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0

TRANSFER_SOURCE = 500
"""The tests' own source of transfers."""


def binary() -> Path:
    """The binary to test."""
    named = os.environ.get("RIALTO_BIN")
    if named == "none":
        pytest.skip("RIALTO_BIN=none: no exchange to test against")
    if named:
        path = Path(named)
        assert path.is_file(), f"RIALTO_BIN={named} is no file"
        return path
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    built = [target / profile / "rialto" for profile in ("release", "debug")]
    built = [path for path in built if path.is_file()]
    assert built, f"no binary in {target}: cargo build -p rialto-exchange, or set RIALTO_BIN"
    return max(built, key=lambda path: path.stat().st_mtime)


class RealExchange:
    """A process that serves, from `start` to `stop` or `kill`; it can be started again."""

    def __init__(self, directory: Path, tls: tuple[Path, Path] | None = None) -> None:
        """Keeps its data in this directory; with certificate and key it speaks TLS."""
        self.directory = directory
        self.tls = tls
        self.address = ""
        self._process: subprocess.Popen[str] | None = None
        self._drain = threading.Thread()

    def start(self) -> None:
        """Returns when it is open."""
        command = [str(binary()), "serve", "--demo", "--log", "json"]
        command += ["--listen", "127.0.0.1:0", "--data", str(self.directory)]
        if self.tls is not None:
            certificate, key = self.tls
            command += ["--tls-certificate", str(certificate), "--tls-key", str(key)]
        self._process = subprocess.Popen(  # noqa: S603 - the binary under test
            command,
            cwd=self.directory.parent,
            env={"PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        # Reading its log is what waits; this ends the wait if it never opens.
        limit = threading.Timer(START_TIMEOUT_S, self._process.kill)
        limit.start()
        log = self._process.stderr
        assert log is not None, "it was asked for"
        scheme = "" if self.tls is None else "wss://"
        self.address = scheme + self._read_until_open(log)
        limit.cancel()
        self._drain = threading.Thread(target=_discard, args=(log,))
        self._drain.start()

    def stop(self) -> None:
        """Asks it to end, which it has to do without an error."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            code = self._process.wait(STOP_TIMEOUT_S)
            self._drain.join()
            assert code == 0

    def kill(self) -> None:
        """Ends it at once, as a crash would."""
        assert self._process is not None, "it was started"
        self._process.kill()
        self._process.wait(STOP_TIMEOUT_S)
        self._drain.join()

    def key(self, account: int) -> ApiKey:
        """The key of a demo account; those of 7 and 8 belong to nobody else."""
        return ApiKey.load(self.directory / "demo-keys.json", account=account)

    def client(self, account: int, terms: LogonTerms | None = None) -> Client:
        """A client for a demo account, not yet open."""
        return Client(self.address, key=self.key(account), terms=terms)

    def administrators_key(self) -> ApiKey:
        """The key of the operator of the venue."""
        return ApiKey.load(self.directory / "admin-key.json")

    def administrator(self) -> Client:
        """A client for the operator of the venue, not yet open."""
        return Client(self.address, key=self.administrators_key())

    def _read_until_open(self, log: IO[str]) -> str:
        lines = []
        for line in log:
            lines.append(line)
            entry = json.loads(line) if line.startswith("{") else {}
            if entry.get("message") == "open":
                address: str = entry["address"]
                return address
        raise AssertionError("the exchange did not open:\n" + "".join(lines))


def _discard(log: IO[str]) -> None:
    """Reads on, so that the exchange never waits for its log to be read."""
    with log:
        for _ in log:
            pass


@dataclass(frozen=True)
class QuietMarket:
    """An instrument that nobody else trades, with funds for accounts 7 and 8.

    A tick of 0.01, a lot of 0.001, at least 1 USDT and at most 100 for one order, a reference price
    of 100, a collar of 10 %, a maker's fee of 0.1 % and a taker's of 0.2 %.
    """

    symbol: str
    base: str
    quote: str
    instrument_id: int


async def list_quiet_market(exchange: RealExchange, base: str) -> QuietMarket:
    """Makes an asset, an instrument, and funds: 1,000 of the base asset for each of 7 and 8."""
    quote, symbol = "USDT", f"{base}-USDT"
    async with exchange.administrator() as operator:
        await operator.directory.instrument("BTC-USDT")
        added = await operator.administer("AddAsset", decimals=6, symbol=base)
        listed = await operator.administer(
            "ListInstrument",
            symbol=symbol,
            base_asset_id=added.asset_id,
            quote_asset_id=operator.directory.assets[quote].asset_id,
            tick="0.01",
            lot="0.001",
            min_quantity="0.001",
            max_quantity=100,
            min_notional=1,
            max_notional=10_000,
            reference_price=100,
            collar=100_000,
            maker_fee=1_000,
            taker_fee=2_000,
        )
        (source,) = await operator.session.question(
            "TransferSourceRequest", several=False, source_id=TRANSFER_SOURCE
        )
        last: int = getattr(source, "last_transfer_seq")  # noqa: B009 - one kind of answer has it
        for transfer_seq, account in enumerate((7, 8), start=last + 1):
            await operator.administer(
                "Transfer",
                source_id=TRANSFER_SOURCE,
                transfer_seq=transfer_seq,
                account_id=account,
                asset_id=added.asset_id,
                amount=1_000,
            )
    assert listed.instrument_id is not None
    return QuietMarket(symbol, base, quote, listed.instrument_id)


async def available(client: Client, asset: str) -> Decimal:
    """What the client's account can use of an asset."""
    return (await client.balances())[asset].available


BUY, SELL = Side.BUY, Side.SELL
