"""Encodes and decodes messages and frames, as the schema says.

Why: everything that is known about bytes is in here and in what it uses; nothing here knows what a
message means, nor touches a socket. It stands between `connection`, which moves frames, and the
typed messages of `messages`.

Invariants: any bytes either decode or raise `DecodeError`. Decoding always advances by the lengths
that the bytes state, so fields that a newer sender appended are skipped; fields that an older
sender does not have yet are null. What is encoded decodes to the same values.

Cost: one `struct` call for each block, then one call for each field.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from .errors import DecodeError, EncodeError
from .schema import Block, Data, Field, Group, MessageType, Schema, default_schema
from .wiretypes import Raw, Value, decode_text, encode_text, size_of

HEADER = struct.Struct("<4H")
"""What stands before every message: blockLength, templateId, schemaId, version."""

FRAME_BYTES_MAX = 16_384
"""The longest frame that the exchange takes or sends."""

VERSIONS_MAX = 64
"""So many layouts are kept for one message: a header can claim any of 65,536 versions."""


@dataclass(frozen=True, slots=True)
class Message:
    """A decoded message: its name in the schema and its fields by their Python names."""

    name: str
    version: int
    fields: Mapping[str, Value]

    def __getitem__(self, name: str) -> Value:
        """The value of a field; a `KeyError` when the message has none of this name."""
        return self.fields[name]


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A message that the schema does not list.

    Without its definition nobody can tell where it ends, so `body` is all that followed its header
    in the frame; messages after it, if any, are in there too.
    """

    template_id: int
    version: int
    body: bytes


class Codec:
    """Encodes and decodes by one schema."""

    def __init__(self, schema: Schema | None = None) -> None:
        """Without a schema: the one that belongs to this package."""
        self.schema = default_schema() if schema is None else schema
        messages = self.schema.messages.values()
        self._by_name = {message.name: _Coder(message) for message in messages}
        self._by_id = {message.template_id: self._by_name[message.name] for message in messages}

    def encode(self, name: str, fields: Mapping[str, object]) -> bytes:
        """The bytes of a message.

        Fields that can be null may be left out, and so may sets, groups and texts, which are then
        empty. An `EncodeError` says which field is unknown, missing, or of the wrong kind or size.
        """
        coder = self._by_name.get(name)
        if coder is None:
            raise EncodeError(f"there is no message {name}")
        message = coder.message
        block = coder.body.encode(fields, name)
        header = HEADER.pack(
            message.block.length, message.template_id, self.schema.schema_id, self.schema.version
        )
        return header + block

    def decode_frame(self, frame: bytes) -> list[Message | UnknownMessage]:
        """All messages of a frame.

        A `DecodeError` if any of them is malformed: then none is given.
        """
        messages: list[Message | UnknownMessage] = []
        at = 0
        while at < len(frame):
            message, at = self._decode(frame, at)
            messages.append(message)
        return messages

    def _decode(self, frame: bytes, at: int) -> tuple[Message | UnknownMessage, int]:
        if len(frame) - at < HEADER.size:
            raise DecodeError(f"the frame ends within a header, after {len(frame) - at} of 8 bytes")
        length, template_id, schema_id, version = HEADER.unpack_from(frame, at)
        at += HEADER.size
        if schema_id != self.schema.schema_id:
            raise DecodeError(f"schema id {schema_id}: this is schema {self.schema.schema_id}")
        coder = self._by_id.get(template_id)
        if coder is None:
            return UnknownMessage(template_id, version, frame[at:]), len(frame)
        fields, at = coder.body.decode(_Source(frame, version, coder.message.name), at, length)
        return Message(coder.message.name, version, fields), at


@dataclass(frozen=True, slots=True)
class _Source:
    """What is being decoded: the frame, the version of its sender, and a name for errors."""

    frame: bytes
    version: int
    name: str

    def require(self, at: int, length: int) -> None:
        if len(self.frame) - at < length:
            left = max(len(self.frame) - at, 0)
            raise DecodeError(
                f"{self.name}: the frame ends early, {left} of {length} bytes are there"
            )

    def take(self, codes: str, at: int) -> tuple[tuple[int, ...], int]:
        """Integers in the `struct` format, and where what follows them begins."""
        length = struct.calcsize("<" + codes)
        self.require(at, length)
        return struct.unpack_from("<" + codes, self.frame, at), at + length


class _Coder:
    """A message together with what encodes and decodes it."""

    def __init__(self, message: MessageType) -> None:
        self.message = message

    @cached_property
    def body(self) -> "_Body":
        """Made when the message is first used: most programs use few of them."""
        return _Body(self.message.block)


class _Body:
    """Encodes and decodes a block with the groups and data that follow it."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._layouts: dict[int, _Layout] = {}
        self._full = _Layout(block.fields, block.length)
        self._groups = [(group, _Body(group.entry)) for group in block.groups]
        self._names = frozenset(
            part.name for parts in (block.fields, block.groups, block.data) for part in parts
        )

    def encode(self, fields: Mapping[str, object], where: str) -> bytes:
        unknown = fields.keys() - self._names
        if unknown:
            known = ", ".join(sorted(self._names))
            raise EncodeError(f"{where} has no {', '.join(sorted(unknown))}; it has: {known}")
        parts = [self._full.encode(fields, where)]
        for group, body in self._groups:
            parts.append(_encode_group(group, body, fields.get(group.name, ()), where))
        for data in self._block.data:
            parts.append(_encode_data(data, fields.get(data.name), f"{where}.{data.name}"))
        return b"".join(parts)

    def decode(self, source: _Source, at: int, length: int) -> tuple[dict[str, Value], int]:
        source.require(at, length)
        values = self._layout(source.version).decode(source, at, length)
        at += length
        for group, body in self._groups:
            values[group.name], at = _decode_group(group, body, source, at)
        for data in self._block.data:
            values[data.name], at = _decode_data(data, source, at)
        return values, at

    def _layout(self, version: int) -> "_Layout":
        """The fields that a sender of this version has."""
        layout = self._layouts.get(version)
        if layout is None:
            present = tuple(field for field in self._block.fields if field.since_version <= version)
            missing = tuple(field for field in self._block.fields if field.since_version > version)
            layout = _Layout(present, 0, missing) if missing else self._full
            if len(self._layouts) < VERSIONS_MAX:
                self._layouts[version] = layout
        return layout


class _Layout:
    """The fields of a block as one `struct` format."""

    def __init__(
        self, fields: tuple[Field, ...], length: int, missing: tuple[Field, ...] = ()
    ) -> None:
        self._fields = fields
        self._missing = missing
        parts, end, at = [], 0, 0
        self._decoders = []
        for field in fields:
            parts.append(f"{field.offset - end}x{field.type.format}")
            self._decoders.append((field.name, field.type.decode, at))
            at += field.type.width
            end = field.offset + size_of(field.type)
        self._struct = struct.Struct("<" + "".join(parts))
        self._padding = bytes(max(length - self._struct.size, 0))

    def decode(self, source: _Source, at: int, length: int) -> dict[str, Value]:
        if length < self._struct.size:
            raise DecodeError(
                f"{source.name}: a block of {length} bytes, version {source.version} of the schema"
                f" has {self._struct.size}"
            )
        raws: tuple[Raw, ...] = self._struct.unpack_from(source.frame, at)
        values = {name: decode(raws, index) for name, decode, index in self._decoders}
        for field in self._missing:
            values[field.name] = None
        return values

    def encode(self, fields: Mapping[str, object], where: str) -> bytes:
        raws: list[Raw] = []
        for field in self._fields:
            name = f"{where}.{field.name}"
            value = fields.get(field.name)
            if value is None and not field.type.has_null:
                raise EncodeError(f"{name} is missing")
            raws.extend(field.type.encode(value, name))
        return self._struct.pack(*raws) + self._padding


def _encode_group(group: Group, body: _Body, entries: object, where: str) -> bytes:
    name = f"{where}.{group.name}"
    if not isinstance(entries, list | tuple):
        raise EncodeError(f"{name} is a list or tuple of entries, not {entries!r}")
    if len(entries) > group.dimension.count_max:
        raise EncodeError(
            f"{name} has {len(entries)} entries, at most {group.dimension.count_max} fit"
        )
    parts = [struct.pack("<" + group.dimension.format, group.entry.length, len(entries))]
    for index, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            raise EncodeError(f"{name}[{index}] is a mapping of names to values, not {entry!r}")
        parts.append(body.encode(entry, f"{name}[{index}]"))
    return b"".join(parts)


def _decode_group(
    group: Group, body: _Body, source: _Source, at: int
) -> tuple[tuple[Mapping[str, Value], ...], int]:
    if group.since_version > source.version:
        return (), at
    (length, count), at = source.take(group.dimension.format, at)
    source.require(at, length * count)
    entries = []
    for _ in range(count):
        entry, at = body.decode(source, at, length)
        entries.append(entry)
    return tuple(entries), at


def _encode_data(data: Data, value: object, where: str) -> bytes:
    if data.encoding is not None and isinstance(value, str):
        value = encode_text(value, data.encoding, where)
    content = b"" if value is None else value
    if not isinstance(content, bytes):
        raise EncodeError(
            f"{where} is {'bytes' if data.encoding is None else 'a text'}, not {value!r}"
        )
    if len(content) > data.length_max:
        raise EncodeError(f"{where} has {len(content)} bytes, at most {data.length_max} fit")
    return struct.pack("<" + data.length_format, len(content)) + content


def _decode_data(data: Data, source: _Source, at: int) -> tuple[Value, int]:
    if data.since_version > source.version:
        return None, at
    (length,), at = source.take(data.length_format, at)
    if length > data.length_max:
        raise DecodeError(
            f"{source.name}: {data.name} of {length} bytes, at most {data.length_max}"
        )
    source.require(at, length)
    content = source.frame[at : at + length]
    at += length
    return content if data.encoding is None else decode_text(content, data.encoding), at
