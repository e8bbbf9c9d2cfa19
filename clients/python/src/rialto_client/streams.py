"""Streams of messages to whoever reads them, each with a queue of its own.

Why: messages arrive when they arrive, and a program reads them when it can. A stream that is not
read holds at most `STREAM_MAX` messages; then it ends with a `StreamOverflow`, alone, and neither
the session nor another stream is held up.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

from .codes import EndReason
from .errors import SessionEnded, StreamOverflow

T = TypeVar("T")

STREAM_MAX = 65_536
"""So many messages wait in a stream at most."""


class Stream(Generic[T]):
    """What is put in comes out in the same order, with `async for` or `anext`.

    It ends when it is closed or when this side logs out; when the session ends otherwise, reading
    raises why, after what came before.
    """

    def __init__(self) -> None:
        """Nothing waits yet."""
        self._waiting: deque[T] = deque()
        self._wake = asyncio.Event()
        self._error: Exception | None = None
        self._closed = False

    def put(self, item: T) -> None:
        """Adds a message; does nothing once the stream has ended."""
        if self._closed:
            return
        if len(self._waiting) >= STREAM_MAX:
            self.end(StreamOverflow(f"{STREAM_MAX} messages wait to be read: read faster"))
            return
        self._waiting.append(item)
        self._wake.set()

    def end(self, error: Exception | None = None) -> None:
        """Lets the reader come to the end: with this error, if any, after what waits."""
        if not self._closed:
            self._closed = True
            self._error = error
            self._wake.set()

    def session_ended(self, end: SessionEnded) -> None:
        """Lets the reader come to the end; an end that this side asked for is no error."""
        self.end(None if end.reason == EndReason.REQUESTED else end)

    def __aiter__(self) -> AsyncIterator[T]:
        """Iterates over what comes."""
        return self

    async def __anext__(self) -> T:
        """The next message.

        Raises the error that the stream ended with, if any, after the last one.
        """
        while not self._waiting:
            if self._closed:
                raise self._error or StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        return self._waiting.popleft()
