"""What the tests share: where things are, golden messages, and a way to run a coroutine."""

import asyncio
import functools
import re
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, ParamSpec

from rialto_client.schema import snake_case

REPOSITORY = Path(__file__).resolve().parents[3]
CLIENT = REPOSITORY / "clients" / "python"
GOLDEN = REPOSITORY / "protocol" / "tests" / "golden"

TEST_TIMEOUT_S = 60.0
"""A test that waits for longer has failed."""

P = ParamSpec("P")


def asynchronous(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Runs a test that is a coroutine, with a limit to how long it may take."""

    @functools.wraps(test)
    def run(*arguments: P.args, **named: P.kwargs) -> None:
        async def limited() -> None:
            async with asyncio.timeout(TEST_TIMEOUT_S):
                await test(*arguments, **named)

        asyncio.run(limited())

    return run


@dataclass(frozen=True)
class GoldenMessage:
    """One golden file: the bytes, and what its comments say about each field."""

    name: str
    version: int
    content: bytes
    comments: tuple[tuple[str, str], ...]

    def fields(self) -> Iterator[tuple[str, object]]:
        """Paths such as `levels[0].price` with the values that the comments state, header aside."""
        for path, text in self.comments:
            if path.rpartition(".")[2] not in HEADERS:
                yield snake_case(path), stated(text)


HEADERS = ("blockLength", "templateId", "schemaId", "version", "numInGroup", "length")


def golden_messages() -> list[GoldenMessage]:
    """All golden files of all versions."""
    return [golden_message(path) for path in sorted(GOLDEN.glob("v*/*.hex"))]


def golden_message(path: Path) -> GoldenMessage:
    """Reads lines of `hex  # offset  field = value`; a long value goes on without a comment."""
    content = bytearray()
    comments = []
    for line in path.read_text(encoding="utf-8").splitlines():
        digits, _, comment = line.partition("#")
        if comment:
            offset, _, rest = comment.strip().partition(" ")
            assert int(offset) == len(content), f"{path.name}: the offset in {line!r} is wrong"
            name, _, value = rest.strip().partition(" = ")
            comments.append((name, value))
        content += bytes.fromhex(digits)
    version = int(path.parent.name.removeprefix("v"))
    return GoldenMessage(path.stem, version, bytes(content), tuple(comments))


def stated(text: str) -> object:
    """The value that a comment states."""
    if text == "null":
        return None
    if text == "no flag":
        return frozenset()
    if text.startswith('"'):
        return text[1:-1]
    if match := re.fullmatch(r"(-?\d+) × 10\^(-?\d+)", text):
        return Decimal(f"{match[1]}E{match[2]}")
    if match := re.fullmatch(r"\d+ \((\w+)\)", text):
        return match[1]
    if match := re.fullmatch(r"(\d+) bytes", text):
        return Length(int(match[1]))
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return frozenset(text.split(", "))


@dataclass(frozen=True)
class Length:
    """Stands for bytes of which only the count is stated."""

    count: int

    def __eq__(self, other: object) -> bool:
        """Equal to any bytes of this length."""
        return isinstance(other, bytes) and len(other) == self.count

    __hash__ = None  # type: ignore[assignment]
