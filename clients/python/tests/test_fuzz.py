"""No bytes make the decoder raise anything but its own error; what is encoded decodes again."""

import os
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rialto_client.codec import HEADER, Codec, Message
from rialto_client.errors import DecodeError, EncodeError
from rialto_client.schema import Block
from rialto_client.typed import Typist
from rialto_client.wiretypes import (
    BitSet,
    Bytes,
    Enumeration,
    Integer,
    Scaled,
    Text,
    WireType,
)

from .support import golden_messages

CODEC = Codec()
TYPIST = Typist(CODEC.schema)
GOLDEN = [message.content for message in golden_messages()]
CASES = int(os.environ.get("PROPTEST_CASES", "300"))

settings.register_profile(
    "rialto",
    max_examples=CASES,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("rialto")


def decode_and_type(frame: bytes) -> None:
    """All that happens to a frame that arrives."""
    try:
        messages = CODEC.decode_frame(frame)
    except DecodeError:
        return
    for message in messages:
        if isinstance(message, Message):
            with suppress(DecodeError):
                TYPIST.typed(message)


@given(st.binary(max_size=400))
def test_any_bytes(frame: bytes) -> None:
    """Which hardly ever look like a message."""
    decode_and_type(frame)


@given(
    st.sampled_from([kind.template_id for kind in CODEC.schema.messages.values()]),
    st.integers(0, 400),
    st.integers(0, 3),
    st.binary(max_size=400),
)
def test_any_bytes_behind_a_header(
    template_id: int, length: int, version: int, body: bytes
) -> None:
    """Which get into the fields, the groups and the texts."""
    decode_and_type(HEADER.pack(length, template_id, CODEC.schema.schema_id, version) + body)


@given(st.data())
def test_golden_bytes_with_changes(data: st.DataObject) -> None:
    """Almost right is the hardest."""
    frame = bytearray(data.draw(st.sampled_from(GOLDEN)))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(frame)))
    decode_and_type(bytes(frame[:cut] if data.draw(st.booleans()) else frame))


def values(kind: WireType) -> st.SearchStrategy[Any]:
    """What a field of this type can hold."""
    strategy: st.SearchStrategy[Any]
    match kind:
        case Integer():
            strategy = st.integers(kind.minimum, kind.maximum)
        case Enumeration():
            strategy = st.sampled_from(sorted(kind.codes))
        case BitSet():
            strategy = st.frozensets(st.sampled_from(sorted(kind.bits)))
        case Bytes():
            strategy = st.binary(min_size=kind.length, max_size=kind.length)
        case Text():
            characters = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
            strategy = st.text(characters, min_size=int(kind.optional), max_size=kind.length)
        case Scaled():
            exponents = st.integers(-8, -8 if kind.exponent.width == 0 else 18)
            strategy = st.builds(
                lambda mantissa, exponent: Decimal(f"{mantissa}E{exponent}"),
                st.integers(kind.mantissa.minimum, kind.mantissa.maximum),
                exponents,
            )
        case _:
            raise AssertionError(kind)
    optional = kind.has_null and not isinstance(kind, BitSet)
    return st.none() | strategy if optional else strategy


def contents(block: Block, name: str) -> st.SearchStrategy[Mapping[str, Any]]:
    """All that a block can hold, groups and texts included."""
    parts: dict[str, st.SearchStrategy[Any]] = {
        field.name: values(field.type) for field in block.fields
    }
    for group in block.groups:
        entries = st.lists(contents(group.entry, group.name), max_size=4)
        parts[group.name] = entries.map(tuple)
    for text in block.data:
        parts[text.name] = st.text(max_size=text.length_max // 4)
    return st.fixed_dictionaries(parts)


@given(st.data())
def test_what_is_encoded_decodes_to_the_same(data: st.DataObject) -> None:
    """For every message and whatever its fields hold."""
    kind = data.draw(st.sampled_from(list(CODEC.schema.messages.values())))
    fields = data.draw(contents(kind.block, kind.name))
    (message,) = CODEC.decode_frame(CODEC.encode(kind.name, fields))
    assert isinstance(message, Message)
    assert message.name == kind.name
    assert message.fields == fields


@given(st.from_type(object) | st.integers() | st.decimals() | st.floats() | st.text() | st.binary())
def test_any_value_in_any_field(value: object) -> None:
    """It is written, or refused with the package's own error."""
    for frame in GOLDEN:
        (message,) = CODEC.decode_frame(frame)
        assert isinstance(message, Message)
        for name in message.fields:
            with suppress(EncodeError):
                CODEC.encode(message.name, {**message.fields, name: value})
