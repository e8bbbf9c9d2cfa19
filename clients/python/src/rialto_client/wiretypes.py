"""The types a field of the wire can have, and how each turns bytes into a Python value and back.

Where it stands: `schema` builds these from the XML, `codec` strings their formats together. A type
says which `struct` codes it takes (`format`), how many values those give (`width`), and converts
between those raw values and what a caller sees:

| on the wire | in Python |
| --- | --- |
| integer | `int` |
| `char` text | `str`, without its padding |
| bytes | `bytes` |
| enumeration | the name as `str`; the number as `int` when the schema does not list it |
| set of bits | `frozenset` of names; of numbers of bits where the schema does not list them |
| mantissa and exponent | `Decimal`, exact; never a float |
| null | `None` |

Encoding takes more than decoding gives: a `Decimal` field takes `int` and text too, an enumeration
takes its number, one of False and True takes a `bool`. What does not fit is an `EncodeError`;
nothing is rounded.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Protocol, TypeAlias

from .decimals import decimal, exact, shift
from .errors import DecodeError, EncodeError

Raw: TypeAlias = int | bytes
"""What `struct` gives and takes."""

Value: TypeAlias = (
    "int | str | bytes | Decimal | frozenset[str | int]"
    " | Mapping[str, Value] | tuple[Mapping[str, Value], ...] | None"
)
"""What a field of a decoded message holds."""

INTEGER_BITS_MAX = 128
"""More bits than any field has: what is longer is refused before it is computed with or printed."""


@dataclass(frozen=True, slots=True)
class Primitive:
    """One of the primitive types of SBE, with the range and null value that it has by default."""

    name: str
    code: str
    minimum: int
    maximum: int
    null: int

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return struct.calcsize("<" + self.code)


def _unsigned(name: str, code: str, bits: int) -> Primitive:
    return Primitive(name, code, 0, 2**bits - 2, 2**bits - 1)


def _signed(name: str, code: str, bits: int) -> Primitive:
    return Primitive(name, code, 1 - 2 ** (bits - 1), 2 ** (bits - 1) - 1, -(2 ** (bits - 1)))


PRIMITIVES: Mapping[str, Primitive] = {
    primitive.name: primitive
    for primitive in (
        Primitive("char", "B", 0x20, 0x7E, 0),
        _unsigned("uint8", "B", 8),
        _unsigned("uint16", "H", 16),
        _unsigned("uint32", "I", 32),
        _unsigned("uint64", "Q", 64),
        _signed("int8", "b", 8),
        _signed("int16", "h", 16),
        _signed("int32", "i", 32),
        _signed("int64", "q", 64),
    )
}
"""The primitive types by name. Floats are not among them: the protocol has none."""


class WireType(Protocol):
    """What every type of this module can do."""

    @property
    def format(self) -> str:
        """The `struct` codes, without byte order."""

    @property
    def width(self) -> int:
        """How many raw values the format stands for."""

    @property
    def has_null(self) -> bool:
        """Whether `None` can be encoded: as null, or as a set without members."""

    def decode(self, raws: Sequence[Raw], at: int) -> Value:
        """The value whose first raw value is `raws[at]`."""

    def encode(self, value: object, where: str) -> tuple[Raw, ...]:
        """The raw values; `where` names the field in errors."""


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number."""

    primitive: Primitive
    optional: bool
    null: int
    minimum: int
    maximum: int
    width: int = 1

    @property
    def format(self) -> str:
        """See `WireType`."""
        return self.primitive.code

    @property
    def has_null(self) -> bool:
        """See `WireType`."""
        return self.optional

    def decode(self, raws: Sequence[Raw], at: int) -> Value:
        """See `WireType`."""
        raw = raws[at]
        return None if self.optional and raw == self.null else raw

    def encode(self, value: object, where: str) -> tuple[Raw, ...]:
        """See `WireType`."""
        if value is None and self.optional:
            return (self.null,)
        number = _integer(value, where)
        if not self.minimum <= number <= self.maximum:
            raise EncodeError(f"{where} = {number} is not within {self.minimum} to {self.maximum}")
        return (number,)


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that stands in the schema and takes no byte on the wire."""

    value: int | str
    format: str = ""
    width: int = 0
    has_null: bool = True

    def decode(self, raws: Sequence[Raw], at: int) -> Value:
        """See `WireType`."""
        return self.value

    def encode(self, value: object, where: str) -> tuple[Raw, ...]:
        """See `WireType`."""
        if value is not None and value != self.value:
            raise EncodeError(f"{where} is always {self.value}, not {value!r}")
        return ()


@dataclass(frozen=True, slots=True)
class Text:
    """Characters in a field of fixed length, padded with zero bytes."""

    length: int
    optional: bool
    encoding: str
    width: int = 1

    @property
    def format(self) -> str:
        """See `WireType`."""
        return f"{self.length}s"

    @property
    def has_null(self) -> bool:
        """See `WireType`."""
        return self.optional

    def decode(self, raws: Sequence[Raw], at: int) -> Value:
        """See `WireType`."""
        raw = raws[at]
        assert isinstance(raw, bytes), "the format of a text gives bytes"
        content = raw.rstrip(b"\0")
        if not content and self.optional:
            return None
        if b"\0" in content:
            raise DecodeError(f"text {raw!r} has a zero byte before its end")
        return decode_text(content, self.encoding)

    def encode(self, value: object, where: str) -> tuple[Raw, ...]:
        """See `WireType`."""
        if value is None and self.optional:
            return (bytes(self.length),)
        if not isinstance(value, str):
            raise EncodeError(f"{where} is a text, not {value!r}")
        content = encode_text(value, self.encoding, where)
        if len(content) > self.length:
            raise EncodeError(f"{where} = {value!r} is longer than {self.length} bytes")
        if b"\0" in content or (self.optional and not content):
            raise EncodeError(f"{where} = {value!r} must be neither empty nor contain a zero byte")
        return (content,)


@dataclass(frozen=True, slots=True)
class Bytes:
    """Bytes in a field of fixed length."""

    length: int
    width: int = 1
    has_null: bool = False

    @property
    def format(self) -> str:
        """See `WireType`."""
        return f"{self.length}s"

    def decode(self, raws: Sequence[Raw], at: int) -> Value:
        """See `WireType`."""
        return raws[at]

    def encode(self, value: object, where: str) -> tuple[Raw, ...]:
        """See `WireType`."""
        if not isinstance(value, bytes) or len(value) != self.length:
            raise EncodeError(f"{where} is {self.length} bytes, not {value!r}")
        return (value,)


@dataclass(frozen=True, slots=True)
class Enumeration:
    """One of several named codes."""

    name: str
    primitive: Primitive
    optional: bool
    names: Mapping[int, str]
    codes: Mapping[str, int]
    width: int = 1

    @property
    def format(self) -> str:
        """See `WireType`."""
        return self.primitive.code

    @property
    def has_null(self) -> bool:
        """See `WireType`."""
        return self.optional

    def decode(self, raws: Sequence[Raw], at: int) -> Value:
        """See `WireType`."""
        raw = raws[at]
        assert isinstance(raw, int), "the format of an enumeration gives an integer"
        if self.optional and raw == self.primitive.null:
            return None
        return self.names.get(raw, raw)

    def encode(self, value: object, where: str) -> tuple[Raw, ...]:
        """See `WireType`."""
        if value is None and self.optional:
            return (self.primitive.null,)
        if isinstance(value, bool):
            value = str(value)
        if isinstance(value, str):
            code = self.codes.get(value)
            if code is None:
                raise EncodeError(f"{where} = {value!r} is none of {', '.join(self.codes)}")
            return (code,)
        code = _integer(value, where)
        if not 0 <= code <= self.primitive.null:
            raise EncodeError(f"{where} = {code} is no code of {self.name}")
        return (code,)


@dataclass(frozen=True, slots=True)
class BitSet:
    """Several named bits in one integer."""

    name: str
    primitive: Primitive
    names: Mapping[int, str]
    bits: Mapping[str, int]
    width: int = 1
    has_null: bool = True

    @property
    def format(self) -> str:
        """See `WireType`."""
        return self.primitive.code

    def decode(self, raws: Sequence[Raw], at: int) -> Value:
        """See `WireType`."""
        raw = raws[at]
        assert isinstance(raw, int), "the format of a set gives an integer"
        return _decode_bits(self, raw)

    def encode(self, value: object, where: str) -> tuple[Raw, ...]:
        """See `WireType`."""
        if value is None:
            return (0,)
        if not isinstance(value, frozenset | set | tuple | list):
            raise EncodeError(f"{where} is a set of names, not {value!r}")
        raw = 0
        for member in value:
            bit = self.bits.get(member, -1) if isinstance(member, str) else _integer(member, where)
            if not 0 <= bit < 8 * self.primitive.size:
                raise EncodeError(f"{where}: {member!r} is none of {', '.join(self.bits)}")
            raw |= 1 << bit
        return (raw,)

    def __hash__(self) -> int:
        """By name, which is unique in a schema: the maps cannot be hashed."""
        return hash(self.name)


@lru_cache(maxsize=1024)
def _decode_bits(kind: BitSet, raw: int) -> frozenset[str | int]:
    bits = range(8 * kind.primitive.size)
    return frozenset(kind.names.get(bit, bit) for bit in bits if raw >> bit & 1)


@dataclass(frozen=True, slots=True)
class Scaled:
    """A decimal: an integer mantissa that counts in powers of ten.

    The exponent is either a constant of the schema or a number on the wire.
    """

    mantissa: Integer
    exponent: Integer | Constant

    @property
    def format(self) -> str:
        """See `WireType`."""
        return self.mantissa.format + self.exponent.format

    @property
    def width(self) -> int:
        """See `WireType`."""
        return 1 + self.exponent.width

    @property
    def has_null(self) -> bool:
        """See `WireType`."""
        return self.mantissa.optional

    def decode(self, raws: Sequence[Raw], at: int) -> Value:
        """See `WireType`."""
        mantissa = self.mantissa.decode(raws, at)
        exponent = self.exponent.decode(raws, at + 1)
        if mantissa is None:
            return None
        assert isinstance(mantissa, int), "a mantissa is an integer"
        assert isinstance(exponent, int), "an exponent is an integer"
        return decimal(mantissa, exponent)

    def encode(self, value: object, where: str) -> tuple[Raw, ...]:
        """See `WireType`."""
        lowest, highest = self._exponents()
        if value is None and self.mantissa.optional:
            return (self.mantissa.null, lowest)[: self.width]
        number, exponent = exact(value, where)
        for at in range(lowest, highest + 1):
            shifted = shift(number, exponent - at)
            if shifted is None:
                raise EncodeError(f"{where} = {value} is finer than 10^{at}: nothing is rounded")
            if self.mantissa.minimum <= shifted <= self.mantissa.maximum:
                return (shifted, at)[: self.width]
        raise EncodeError(f"{where} = {value} is too large for its field")

    def _exponents(self) -> tuple[int, int]:
        if isinstance(self.exponent, Constant):
            constant = self.exponent.value
            assert isinstance(constant, int), "the schema's reader admits integers only"
            return constant, constant
        return self.exponent.minimum, self.exponent.maximum


@dataclass(frozen=True, slots=True)
class Composite:
    """Several named values side by side."""

    name: str
    members: tuple[tuple[str, WireType], ...]
    has_null: bool = False

    @property
    def format(self) -> str:
        """See `WireType`."""
        return "".join(member.format for _, member in self.members)

    @property
    def width(self) -> int:
        """See `WireType`."""
        return sum(member.width for _, member in self.members)

    def decode(self, raws: Sequence[Raw], at: int) -> Value:
        """See `WireType`."""
        values: dict[str, Value] = {}
        for name, member in self.members:
            values[name] = member.decode(raws, at)
            at += member.width
        return values

    def encode(self, value: object, where: str) -> tuple[Raw, ...]:
        """See `WireType`."""
        if not isinstance(value, Mapping):
            raise EncodeError(f"{where} is a mapping of names to values, not {value!r}")
        raws: list[Raw] = []
        for name, member in self.members:
            raws.extend(member.encode(value.get(name), f"{where}.{name}"))
        return tuple(raws)


def size_of(kind: WireType) -> int:
    """Bytes that a value of this type takes."""
    return struct.calcsize("<" + kind.format)


def encode_text(value: str, encoding: str, where: str) -> bytes:
    """The bytes of a text; an `EncodeError` that names `where` if it has other characters."""
    try:
        return value.encode(encoding)
    except UnicodeEncodeError:
        raise EncodeError(f"{where} = {value!r} is not {encoding}") from None


def decode_text(content: bytes, encoding: str) -> str:
    """The text of bytes; a `DecodeError` if they are not in this encoding."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise DecodeError(f"text {content!r} is not {encoding}") from None


def _integer(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise EncodeError(f"{where} is an integer, not {value!r}")
    if value.bit_length() > INTEGER_BITS_MAX:
        raise EncodeError(
            f"{where} is an integer of {value.bit_length()} bits: no field has so many"
        )
    return value
