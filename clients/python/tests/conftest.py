"""Fixtures that several test files use."""

import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from .real_exchange import QuietMarket, RealExchange, list_quiet_market

_markets = count(1)


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealExchange]:
    """One exchange for all tests that do not end it; it has to end well."""
    started = RealExchange(tmp_path_factory.mktemp("exchange") / "data")
    started.start()
    yield started
    started.stop()


@pytest.fixture
def own_exchange(tmp_path: Path) -> Iterator[RealExchange]:
    """An exchange that the test may stop, kill and start again."""
    started = RealExchange(tmp_path / "data")
    started.start()
    yield started
    started.stop()


@pytest.fixture
def market(exchange: RealExchange) -> QuietMarket:
    """A market of the test's own on the shared exchange."""
    return asyncio.run(list_quiet_market(exchange, f"T{next(_markets)}"))
