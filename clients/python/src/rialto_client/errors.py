"""Every error that this package raises, below one base class.

Why so: a caller catches `RialtoError` and has caught everything, or one class and has caught one
thing. Whatever arrives from the network, however malformed, ends in one of these. Each message says
what was wrong, with the value, and what would be right; where the exchange gave a text, it is in
the message.
"""

from .codes import EndReason, MessageError, RejectReason, SubscriptionRefusal


class RialtoError(Exception):
    """The base of all errors of this package."""


class SchemaError(RialtoError):
    """The XML schema is missing, malformed, or uses something that this package cannot read."""


class DecodeError(RialtoError):
    """Bytes are not what the schema says."""


class EncodeError(RialtoError):
    """A value cannot be written: it is missing, has the wrong type, or does not fit its field."""


class UsageError(RialtoError):
    """What was asked for makes no sense, such as an order on a client that is not open."""


class SessionError(RialtoError):
    """Something about the connection or the session."""


class ConnectFailed(SessionError):
    """No connection: the address is wrong, nobody listens, or the other side is no exchange."""


class WrongExchange(SessionError):
    """The exchange is not the expected one; nothing was signed."""

    def __init__(self, expected: int, found: int) -> None:
        """Both are exchange ids as `Challenge` states them."""
        super().__init__(f"expected the exchange with id {expected}, this one has id {found}")
        self.expected = expected
        self.found = found


class LogonRefused(SessionError):
    """The exchange refused the logon and closes the connection."""

    def __init__(self, reason: EndReason, text: str) -> None:
        """Takes reason and text as the exchange gave them."""
        super().__init__(f"logon refused: {reason}: {text}")
        self.reason = reason
        self.text = text


class SessionEnded(SessionError):
    """The session is over: a `Logout` came or was sent, with this reason and text."""

    def __init__(self, reason: EndReason | None, text: str) -> None:
        """`reason` is None where no `Logout` said one."""
        super().__init__(
            text if reason is None else f"session ended: {reason}: {text}".rstrip(": ")
        )
        self.reason = reason
        self.text = text


class ConnectionLost(SessionEnded):
    """The session is over without a `Logout`: the connection broke, or the exchange went silent."""

    def __init__(self, text: str) -> None:
        """`text` says how it broke."""
        super().__init__(None, f"connection lost: {text}")


class AnswerTimeout(SessionError):
    """No answer came in time, though the session goes on."""


class OutcomeUnknown(SessionError):
    """A message that changes something was sent, and its answer never came.

    It may have been applied or not. To find out, send the same message again under the same client
    sequence, on a new session if this one is gone: if the first was applied, the second is answered
    with `DuplicateSequence` and does nothing.
    """

    def __init__(self, client_seq: int, why: Exception) -> None:
        """`why` is what kept the answer away."""
        super().__init__(f"what became of the request with client sequence {client_seq}: {why}")
        self.client_seq = client_seq
        self.why = why


class RequestRefused(RialtoError):
    """The exchange refused a request; nothing was done.

    `reason` is the code to decide by. `value` and `limit` are what was wrong and what it violates,
    in the unit that docs/PROTOCOL.md states at each reason. `by_core` tells the two kinds of
    refusals apart: the core's has used up its client sequence, the gateway's has not. For a rate
    that was exceeded `retry_after_ns` says how long to wait before the same may be sent again.
    """

    def __init__(
        self,
        reason: RejectReason | MessageError,
        text: str,
        *,
        value: int = 0,
        limit: int = 0,
        client_seq: int | None = None,
        by_core: bool = False,
        retry_after_ns: int | None = None,
    ) -> None:
        """Takes everything as the refusal states it."""
        super().__init__(f"refused: {reason}: {text}" if text else f"refused: {reason}")
        self.reason = reason
        self.text = text
        self.value = value
        self.limit = limit
        self.client_seq = client_seq
        self.by_core = by_core
        self.retry_after_ns = retry_after_ns


class SubscriptionRefused(RialtoError):
    """The exchange refused to begin or end a stream of market data."""

    def __init__(self, reason: SubscriptionRefusal, text: str) -> None:
        """Takes reason and text as the exchange gave them."""
        super().__init__(f"subscription refused: {reason}: {text}")
        self.reason = reason
        self.text = text


class StreamOverflow(RialtoError):
    """A stream was read too slowly: more waited than it may hold, and it has ended."""


class BookGap(RialtoError):
    """A change of a book was missed, or does not fit the book: begin again with a new snapshot."""
