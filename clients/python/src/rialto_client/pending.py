"""What waits for an answer, and which answer belongs to it.

Commands are matched by the key's client sequence, questions by their request id, test requests by
their number. Several commands may wait under one client sequence, since a program may send one
again; then the first answer is the first one's, unless it says that the sequence was used before.

Invariant: everything that waits gets its answer, or the error that the session ended with, or is
given up by its caller; nothing is kept after that.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from .codes import ListFlag, RejectReason
from .errors import RequestRefused, SessionEnded
from .marketdata import SubscriptionAccepted, SubscriptionRefused
from .reports import (
    AccountDetails,
    AdminReport,
    Balances,
    CancelOnDisconnectReport,
    ExecutionReport,
    KeyDetails,
    MassCancelReport,
    OrderStatus,
    Refused,
    TransferSource,
)
from .typed import Answer, Typed

CommandAnswer: TypeAlias = (
    ExecutionReport | MassCancelReport | CancelOnDisconnectReport | AdminReport | Refused
)
"""What answers a command."""

T = TypeVar("T")

Read = Callable[[CommandAnswer], T | None]
"""What an answer of the core comes to: a result, or a `RequestRefused` raised, or None when it is
no answer to the command at all. Called as the answer arrives, before anything that follows it."""


@dataclass(slots=True, eq=False)
class _Command:
    """A command that was sent, and what answers it."""

    read: Read[Any]
    done: asyncio.Future[Any]

    def take(self, answer: CommandAnswer) -> bool:
        """Whether the answer belongs to this command, which has its result then."""
        if self.done.done():
            return False
        try:
            if isinstance(answer, Refused):
                raise refusal(answer)
            result = self.read(answer)
        except RequestRefused as error:
            self.done.set_exception(error)
            return True
        if result is not None:
            self.done.set_result(result)
        return result is not None


@dataclass(slots=True, eq=False)
class _Question:
    """A question and the answers that have come; `several` when the last one is marked."""

    several: bool
    done: asyncio.Future[list[Answer]]
    answers: list[Answer] = field(default_factory=list)

    def take(self, answer: Answer | Refused) -> None:
        if self.done.done():
            return
        if isinstance(answer, Refused):
            self.done.set_exception(refusal(answer))
            return
        self.answers.append(answer)
        flags = getattr(answer, "list_flags", None)
        if not self.several or flags is None or ListFlag.LAST in flags:
            self.done.set_result(self.answers)


class Pending:
    """All that one session waits for."""

    def __init__(self) -> None:
        """Nothing waits yet."""
        self._commands: dict[int, deque[_Command]] = {}
        self._questions: dict[int, _Question] = {}

    def command(self, client_seq: int, read: Read[T]) -> asyncio.Future[T]:
        """Waits for the answer to a command. Whoever gives up cancels the future."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        command = _Command(read, done)
        self._commands.setdefault(client_seq, deque()).append(command)
        done.add_done_callback(lambda _: self._forget(client_seq, command))
        return done

    def question(self, request_id: int, *, several: bool) -> asyncio.Future[list[Answer]]:
        """Waits for the whole answer to a question. Whoever gives up cancels the future.

        `several`: the answer comes in messages of which the last has the flag `Last`; else it is
        one message.
        """
        question = _Question(several, asyncio.get_running_loop().create_future())
        self._questions[request_id] = question
        question.done.add_done_callback(lambda _: self._questions.pop(request_id, None))
        return question.done

    def settle(self, message: Typed, key_id: int | None) -> None:
        """Gives a message to what waits for it, if anything does. `key_id` is the session's own."""
        match message:
            case Refused():
                if message.client_seq is not None:
                    self._settle_command(message.client_seq, message)
                if message.request_id is not None:
                    self._settle_question(message.request_id, message)
            case (
                ExecutionReport() | MassCancelReport() | CancelOnDisconnectReport() | AdminReport()
            ):
                if message.client_seq is not None and message.key_id == key_id:
                    self._settle_command(message.client_seq, message)
            case (
                OrderStatus()
                | Balances()
                | AccountDetails()
                | KeyDetails()
                | TransferSource()
                | SubscriptionAccepted()
                | SubscriptionRefused()
            ):
                self._settle_question(message.request_id, message)
            case _:
                pass

    def fail(self, error: SessionEnded) -> None:
        """Tells everything that waits that no answer will come."""
        for waiting in self._commands.values():
            for command in waiting:
                if not command.done.done():
                    command.done.set_exception(error)
        for question in self._questions.values():
            if not question.done.done():
                question.done.set_exception(error)

    def _settle_command(self, client_seq: int, answer: CommandAnswer) -> None:
        waiting = list(self._commands.get(client_seq, ()))
        if answer.reject_reason == RejectReason.DUPLICATE_SEQUENCE:
            # The newest is the duplicate, and the gateway's word on it may overtake the core's on
            # the first.
            waiting.reverse()
        for command in waiting:
            if command.take(answer):
                return

    def _settle_question(self, request_id: int, answer: Answer | Refused) -> None:
        question = self._questions.get(request_id)
        if question is not None:
            question.take(answer)

    def _forget(self, client_seq: int, command: _Command) -> None:
        waiting = self._commands.get(client_seq)
        if waiting is not None:
            waiting.remove(command)
            if not waiting:
                del self._commands[client_seq]


def refusal(message: Refused) -> RequestRefused:
    """What the gateway refused, as an error."""
    return RequestRefused(
        message.message_error or message.reject_reason or RejectReason.of("Unstated"),
        message.text,
        value=message.value,
        limit=message.limit,
        client_seq=message.client_seq,
        retry_after_ns=message.retry_after_ns,
    )
