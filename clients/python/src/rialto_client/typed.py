"""Turns decoded messages into the dataclasses of `reports` and `marketdata`.

Why: the codec knows nothing but the schema, so what it gives is a mapping; programs want attributes
that a type checker knows. A class has the name of its message and any of its fields; codes and sets
become the enumerations of `codes`. The first use compares all classes with the schema, and one that
names a message or a field which the schema lacks is a `SchemaError`: so no report is silently
without a field.

Cost: one call of the class for each message, plus one lookup for each code in it.
"""

import dataclasses
import types
from collections.abc import Callable, Mapping
from typing import TypeAlias, get_args, get_origin, get_type_hints

from . import marketdata, reports
from .codec import Message
from .codes import Code
from .errors import DecodeError, SchemaError
from .schema import Block, Schema
from .wiretypes import Value

Report: TypeAlias = (
    reports.ExecutionReport
    | reports.BalanceUpdate
    | reports.MassCancelReport
    | reports.TransferReport
    | reports.CancelOnDisconnectReport
    | reports.StageTimes
    | reports.AdminReport
    | reports.ReportGap
    | reports.CaughtUp
    | reports.Refused
)
"""What a session is told about its account without asking, and what its requests come to."""

MarketData: TypeAlias = (
    marketdata.AssetDefinition
    | marketdata.InstrumentDefinition
    | marketdata.InstrumentStatus
    | marketdata.TradeTick
    | marketdata.TopOfBook
    | marketdata.L2Snapshot
    | marketdata.L2Update
    | marketdata.L2ConflatedSnapshot
    | marketdata.L2ConflatedUpdate
    | marketdata.BookChecksum
    | marketdata.L3Snapshot
    | marketdata.L3Update
    | marketdata.Statistics
    | marketdata.CandleSnapshot
    | marketdata.CandleUpdate
)
"""What subscriptions bring."""

Answer: TypeAlias = (
    reports.OrderStatus
    | reports.Balances
    | reports.AccountDetails
    | reports.KeyDetails
    | reports.TransferSource
    | marketdata.SubscriptionAccepted
    | marketdata.SubscriptionRefused
)
"""What answers a question, with the question's request id."""

SessionMessage: TypeAlias = (
    reports.Challenge
    | reports.LogonAccepted
    | reports.LogonRefused
    | reports.Logout
    | reports.Heartbeat
    | reports.TestRequest
)
"""What keeps a session going."""

Typed: TypeAlias = Report | MarketData | Answer | SessionMessage
"""Every message that the exchange sends."""

Convert: TypeAlias = Callable[[Value], object]
"""Turns what the codec gives for a field into what the class wants."""


class Typist:
    """Makes dataclasses from messages of one schema."""

    def __init__(self, schema: Schema) -> None:
        """Compares all classes with the schema; a `SchemaError` names what does not fit."""
        self._makers: dict[str, _Maker] = {}
        for kind in get_args(Typed):
            message = schema.messages.get(kind.__name__)
            if message is None:
                raise SchemaError(f"the schema has no message {kind.__name__}")
            self._makers[kind.__name__] = _Maker(kind, message.block)

    def typed(self, message: Message) -> Typed | None:
        """The message as its class; None for messages that only clients send."""
        maker = self._makers.get(message.name)
        return None if maker is None else maker.make(message.fields)


class _Maker:
    """Makes one class; `_nested` ones make the entries of its groups."""

    def __init__(self, kind: type, block: Block) -> None:
        self._kind = kind
        hints = get_type_hints(kind)
        groups = {group.name: group.entry for group in block.groups}
        known = {part.name for parts in (block.fields, block.data) for part in parts}
        self._plain: list[str] = []
        self._converted: list[tuple[str, Convert]] = []
        for field in dataclasses.fields(kind):
            hint = hints[field.name]
            if field.name in groups:
                maker = _Maker(get_args(hint)[0], groups[field.name])
                self._converted.append((field.name, maker.make_all))
            elif field.name not in known:
                raise SchemaError(f"the schema's {kind.__name__} has no field {field.name}")
            elif (convert := _conversion(hint)) is not None:
                self._converted.append((field.name, convert))
            else:
                self._plain.append(field.name)

    def make(self, fields: Mapping[str, Value]) -> "Typed":
        values: dict[str, object] = {name: fields[name] for name in self._plain}
        for name, convert in self._converted:
            values[name] = convert(fields[name])
        made: Typed = self._kind(**values)
        return made

    def make_all(self, entries: Value) -> object:
        assert isinstance(entries, tuple), "the codec gives a group as a tuple"
        return tuple(self.make(entry) for entry in entries)


def _conversion(hint: object) -> Convert | None:
    """How a field of this annotation is converted; None when it is taken as it is."""
    if get_origin(hint) is types.UnionType:
        inner = next(part for part in get_args(hint) if part is not type(None))
        convert = _conversion(inner)
        return None if convert is None else _unless_null(convert)
    if get_origin(hint) is frozenset:
        return _set_of(get_args(hint)[0])
    if hint is bool:
        return _truth
    if isinstance(hint, type) and issubclass(hint, Code):
        return _code(hint)
    return None


def _unless_null(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _code(code: type[Code]) -> Convert:
    members: dict[Value, Code] = {str(member): member for member in code}

    def convert(value: Value) -> object:
        member = members.get(value)
        return code.of(value) if member is None else member

    return convert


def _set_of(code: type[Code]) -> Convert:
    one = _code(code)

    def convert(value: Value) -> object:
        assert isinstance(value, frozenset), "the codec gives a set as a frozenset"
        return frozenset(map(one, value))

    return convert


def _truth(value: Value) -> object:
    if value in ("True", "False"):
        return value == "True"
    raise DecodeError(f"{value!r} is neither False nor True")
