"""A book recorder: writes every change of a book to a file, and rebuilds the book from it.

    python examples/book_recorder.py record BTC-USDT book.jsonl --changes 1000
    python examples/book_recorder.py replay book.jsonl

Each line is one message of the channel L2Book, as JSON with the names that docs/PROTOCOL.md has.
Market data is public: no key is needed.
"""

import argparse
import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from rialto_client import BookChecksum, BookLevel, Client, L2Snapshot, L2Update, LocalBook, Side
from rialto_client.book import LevelMessage
from rialto_client.codes import BookFlag

KINDS: Mapping[str, type[LevelMessage]] = {
    kind.__name__: kind for kind in (L2Snapshot, L2Update, BookChecksum)
}


def write(message: LevelMessage, file: TextIO) -> None:
    """Writes a message as one line; prices and quantities as text, so that they stay exact."""
    fields = asdict(message)
    if not isinstance(message, BookChecksum):
        fields["book_flags"] = sorted(message.book_flags)
    json.dump({"message": type(message).__name__} | fields, file, default=str)
    file.write("\n")


def read(line: str) -> LevelMessage:
    """The message of a line."""
    fields: dict[str, Any] = json.loads(line)
    kind = KINDS[fields.pop("message")]
    if kind is BookChecksum:
        return kind(**fields)
    fields["book_flags"] = frozenset(map(BookFlag, fields["book_flags"]))
    fields["levels"] = tuple(
        BookLevel(
            price=Decimal(level["price"]),
            quantity=Decimal(level["quantity"]),
            order_count=level["order_count"],
            side=Side(level["side"]),
        )
        for level in fields["levels"]
    )
    return kind(**fields)


async def record(address: str, symbol: str, path: Path, changes: int) -> LocalBook:
    """Records so many messages, and gives the book as it was after the last one."""
    with path.open("w", encoding="utf-8") as file:
        recorder = Recorder(file, changes)
        async with Client(address) as client, client.book(symbol, recorder.watch):
            await recorder.done.wait()
    print(f"{symbol}: {recorder.count} messages in {path}")
    return recorder.book


class Recorder:
    """Writes messages until there are enough."""

    def __init__(self, file: TextIO, changes: int) -> None:
        """Nothing is written yet."""
        self.file = file
        self.changes = changes
        self.count = 0
        self.done = asyncio.Event()
        self.book = LocalBook(0)

    def watch(self, message: LevelMessage) -> None:
        """Called for each message as it arrives, so that none is left out."""
        if not self.done.is_set():
            write(message, self.file)
            self.count += 1
            if self.book.apply(message) and self.count >= self.changes:
                self.done.set()


def replay(path: Path) -> LocalBook:
    """Rebuilds the book from a recording."""
    book = LocalBook(0)
    with path.open(encoding="utf-8") as file:
        for line in file:
            book.apply(read(line))
    return book


def main() -> None:
    """Records or replays, as the command line says."""
    parser = argparse.ArgumentParser(description="Records a book, or replays a recording.")
    commands = parser.add_subparsers(dest="command", required=True)
    recording = commands.add_parser("record", help="write the changes of a book to a file")
    recording.add_argument("symbol")
    recording.add_argument("path", type=Path)
    recording.add_argument("--changes", type=int, default=1000, help="stop after so many")
    recording.add_argument("--address", default="127.0.0.1:7400")
    commands.add_parser("replay", help="show the last book of a file").add_argument(
        "path", type=Path
    )
    arguments = parser.parse_args()
    if arguments.command == "record":
        recorded = record(arguments.address, arguments.symbol, arguments.path, arguments.changes)
        book = asyncio.run(recorded)
    else:
        book = replay(arguments.path)
    print(f"book {book.book_seq}: {book.best_bid} / {book.best_ask}")


if __name__ == "__main__":
    main()
