"""The golden bytes of every message decode to what their comments say, and encode to themselves."""

import re
from collections.abc import Mapping

import pytest

from rialto_client.codec import Codec, Message
from rialto_client.typed import Typist
from rialto_client.wiretypes import Value

from .support import GoldenMessage, golden_messages

CODEC = Codec()
MESSAGES = golden_messages()
TRUTHS = ("armed", "closed")


@pytest.fixture(params=MESSAGES, ids=lambda message: f"{message.name}-v{message.version}")
def golden(request: pytest.FixtureRequest) -> GoldenMessage:
    """Each golden message in turn."""
    message: GoldenMessage = request.param
    return message


def decoded(content: bytes) -> Message:
    """The one message of a frame."""
    (message,) = CODEC.decode_frame(content)
    assert isinstance(message, Message)
    return message


def at(fields: Mapping[str, Value], path: str) -> Value:
    """The value at a path such as `levels[0].price`."""
    value: Value = fields
    for name, index in re.findall(r"(\w+)(?:\[(\d+)\])?", path):
        assert isinstance(value, Mapping)
        value = value[name]
        if index:
            assert isinstance(value, tuple)
            value = value[int(index)]
    return value


def test_there_is_a_golden_file_for_each_message() -> None:
    """So that what is below covers the whole schema."""
    assert {message.name for message in MESSAGES} == set(CODEC.schema.messages)


def test_golden_bytes_decode_to_what_their_comments_say(golden: GoldenMessage) -> None:
    """Field by field."""
    message = decoded(golden.content)
    assert (message.name, message.version) == (golden.name, golden.version)
    for path, stated in golden.fields():
        found = at(message.fields, path)
        # The comments write a text that is null as an empty one.
        assert found == stated or (found is None and stated == ""), path


def test_golden_bytes_encode_to_themselves(golden: GoldenMessage) -> None:
    """When they are of this schema's version; older ones gain the fields that were added since."""
    message = decoded(golden.content)
    encoded = CODEC.encode(message.name, message.fields)
    if golden.version == CODEC.schema.version:
        assert encoded == golden.content
    else:
        assert decoded(encoded).fields == message.fields


def test_golden_bytes_become_their_class(golden: GoldenMessage) -> None:
    """What the exchange sends has a class with every field of the message."""
    message = decoded(golden.content)
    typed = Typist(CODEC.schema).typed(message)
    if typed is not None:
        assert type(typed).__name__ == golden.name
        for name, value in message.fields.items():
            if not isinstance(value, tuple):
                assert getattr(typed, name) == (value == "True" if name in TRUTHS else value)


def test_several_messages_in_one_frame() -> None:
    """They follow one another without anything between them."""
    frame = b"".join(message.content for message in MESSAGES)
    names = [message.name for message in CODEC.decode_frame(frame) if isinstance(message, Message)]
    assert names == [message.name for message in MESSAGES]
