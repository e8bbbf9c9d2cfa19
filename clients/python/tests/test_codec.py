"""What the codec does beyond the golden bytes: null, growth, and values that do not fit."""

import struct
from collections.abc import Mapping
from decimal import Decimal

import pytest

from rialto_client.codec import HEADER, Codec, Message, UnknownMessage
from rialto_client.errors import DecodeError, EncodeError
from rialto_client.schema import parse_schema

from .support import golden_messages
from .test_schema import schema_text

CODEC = Codec()
GOLDEN = {message.name: message.content for message in golden_messages()}

ORDER = {"client_seq": 1, "instrument_id": 1, "side": "Buy", "order_type": "Market"}

GROWTH_TYPES = """
<composite name="groupSizeEncoding"><type name="blockLength" primitiveType="uint16"/>
  <type name="numInGroup" primitiveType="uint16"/></composite>
<composite name="text"><type name="length" primitiveType="uint16" maxValue="9"/>
  <type name="varData" primitiveType="uint8" length="0" characterEncoding="UTF-8"/></composite>"""


def grown(version: int, field: str = "", entry_field: str = "") -> Codec:
    """A schema with a group and a text, and in later versions more fields before each."""
    body = (
        f'<message name="M" id="1"><field name="a" type="uint8"/>{field}'
        f'<group name="g"><field name="b" type="uint8"/>{entry_field}</group>'
        '<data name="t" type="text"/></message>'
    )
    return Codec(parse_schema(schema_text(GROWTH_TYPES, body, version=str(version))))


OLD = grown(0)
NEW = grown(
    1,
    '<field name="c" type="uint32" sinceVersion="1" presence="optional"/>',
    '<field name="d" type="uint16" sinceVersion="1" presence="optional"/>',
)


def decode(codec: Codec, frame: bytes) -> Mapping[str, object]:
    """The fields of the one message in the frame."""
    (message,) = codec.decode_frame(frame)
    assert isinstance(message, Message)
    return message.fields


def test_fields_that_a_newer_sender_appended_are_skipped() -> None:
    """In the block and in the entries of a group."""
    entries = [{"b": 2, "d": 3}, {"b": 4, "d": None}]
    frame = NEW.encode("M", {"a": 1, "c": 5, "g": entries, "t": "text"})
    assert decode(OLD, frame) == {"a": 1, "g": ({"b": 2}, {"b": 4}), "t": "text"}


def test_fields_that_an_older_sender_lacks_are_null() -> None:
    """In the block and in the entries of a group."""
    frame = OLD.encode("M", {"a": 1, "g": [{"b": 2}], "t": "text"})
    expected = {"a": 1, "c": None, "g": ({"b": 2, "d": None},), "t": "text"}
    assert decode(NEW, frame) == expected


def test_a_sender_who_claims_a_version_must_send_its_fields() -> None:
    """A block that is too short for its version is malformed."""
    frame = bytearray(OLD.encode("M", {"a": 1}))
    struct.pack_into("<H", frame, 6, 1)
    with pytest.raises(DecodeError, match="a block of 1 bytes, version 1 of the schema has 5"):
        NEW.decode_frame(bytes(frame))


def test_a_message_unknown_here_does_not_hide_those_before_it() -> None:
    """It is handed over with all that follows, since nobody knows where it ends."""
    unknown = HEADER.pack(4, 9999, 1, 3) + b"abcd"
    known, rest = CODEC.decode_frame(GOLDEN["Logout"] + unknown + GOLDEN["Logout"])
    assert isinstance(known, Message)
    assert rest == UnknownMessage(9999, 3, b"abcd" + GOLDEN["Logout"])


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_frame_that_ends_early_is_refused(name: str) -> None:
    """Wherever it ends."""
    for length in range(1, len(GOLDEN[name])):
        with pytest.raises(DecodeError):
            CODEC.decode_frame(GOLDEN[name][:length])


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (HEADER.pack(1, 5, 2, 0) + b"\1\0\0", "schema id 2: this is schema 1"),
        (HEADER.pack(1, 5, 1, 0) + b"\1\2\0\xff\xff", "is not UTF-8"),
        (HEADER.pack(1, 5, 1, 0) + b"\1\1\2" + bytes(513), "513 bytes, at most 512"),
        (GOLDEN["AssetDefinition"][:-3] + b"\0a\0", "zero byte before its end"),
        (GOLDEN["AssetDefinition"][:-16] + b"\xff" + bytes(15), "is not ASCII"),
    ],
)
def test_malformed_bytes_are_refused(frame: bytes, complaint: str) -> None:
    """With what is wrong about them."""
    with pytest.raises(DecodeError, match=complaint):
        CODEC.decode_frame(frame)


def test_codes_and_bits_that_the_schema_does_not_list_are_numbers() -> None:
    """They decode, they are no error, and they encode again."""
    fields = {"request_id": 1, "instrument_id": None, "channel": 99}
    assert decode(CODEC, CODEC.encode("Subscribe", fields)) == fields
    report = dict(decode(CODEC, GOLDEN["ExecutionReport"]))
    report["report_flags"] = frozenset({"Resting", 7})
    assert decode(CODEC, CODEC.encode("ExecutionReport", report)) == report


def test_what_is_left_out_is_null_or_empty() -> None:
    """Optional fields, sets, groups and texts."""
    order = decode(CODEC, CODEC.encode("NewOrder", ORDER))
    assert order["price"] is None
    assert order["time_in_force"] is None
    assert order["client_order_id"] is None
    assert order["order_flags"] == frozenset()
    assert decode(CODEC, CODEC.encode("Logout", {"end_reason": "Requested"}))["text"] == ""
    snapshot = {"instrument_id": 1, "core_seq": 1, "transact_time": 1, "book_seq": 1}
    assert decode(CODEC, CODEC.encode("L2Snapshot", snapshot))["levels"] == ()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"side": None}, "NewOrder.side is missing"),
        ({"side": "Bought"}, "'Bought' is none of Buy, Sell"),
        ({"side": 300}, "300 is no code of side"),
        ({"client_seq": -1}, "client_seq = -1 is not within 0 to 18446744073709551614"),
        ({"client_seq": 2**64 - 1}, "is not within"),
        ({"client_seq": 10**5000}, "no field has so many"),
        ({"client_seq": "7"}, "is an integer, not '7'"),
        ({"client_seq": True}, "is an integer, not True"),
        ({"colour": 1, "shape": 2}, "NewOrder has no colour, shape; it has: client_order_id"),
        ({"price": 0.1}, "is a Decimal, an int or a text, not 0.1"),
        ({"price": Decimal("NaN")}, "not Decimal('NaN')"),
        ({"price": "a lot"}, "'a lot' is no number"),
        ({"price": "0.000000001"}, "finer than 10^-8: nothing is rounded"),
        ({"price": "92233720368.54775808"}, "too large for its field"),
        ({"price": "-92233720368.54775808"}, "too large for its field"),
        ({"price": 10**5000}, "too large"),
        ({"price": Decimal("1E+999999")}, "too large or too fine"),
        ({"price": Decimal("1E-999999")}, "too large or too fine"),
        ({"client_order_id": "x" * 37}, "longer than 36 bytes"),
        ({"client_order_id": ""}, "must be neither empty"),
        ({"client_order_id": "a\0b"}, "nor contain a zero byte"),
        ({"client_order_id": "é"}, "'é' is not ASCII"),
        ({"client_order_id": 7}, "is a text, not 7"),
        ({"order_flags": "PostOnly"}, "is a set of names, not 'PostOnly'"),
        ({"order_flags": {"Fast"}}, "'Fast' is none of PostOnly"),
        ({"order_flags": {8}}, "8 is none of PostOnly"),
    ],
)
def test_values_that_do_not_fit_are_refused(change: dict[str, object], complaint: str) -> None:
    """With the field, the value, and what would be right."""
    with pytest.raises(EncodeError) as refused:
        CODEC.encode("NewOrder", ORDER | change)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("name", "fields", "complaint"),
    [
        ("Order", {}, "there is no message Order"),
        ("Logout", {"end_reason": 1, "text": "é" * 257}, "514 bytes, at most 512 fit"),
        ("Logout", {"end_reason": 1, "text": 5}, "Logout.text is a text, not 5"),
        ("Logout", {"end_reason": 1, "text": "\ud800"}, "is not UTF-8"),
        ("Logon", {"key_id": 1, "signature": b"short"}, "is 64 bytes, not b'short'"),
        ("BalanceUpdate", {"balances": 5}, "is missing"),
    ],
)
def test_messages_that_cannot_be_written(
    name: str, fields: dict[str, object], complaint: str
) -> None:
    """Unknown ones, and texts and bytes of a wrong length."""
    with pytest.raises(EncodeError) as refused:
        CODEC.encode(name, fields)
    assert complaint in str(refused.value)


@pytest.mark.parametrize("balances", [5, "text", {"asset_id": 1}, [5], [{"asset_id": 1}]])
def test_groups_that_cannot_be_written(balances: object) -> None:
    """They are lists of mappings, and their entries are complete."""
    update = {"account_id": 1, "core_seq": 1, "transact_time": 1, "balances": balances}
    with pytest.raises(EncodeError, match=r"BalanceUpdate\.balances"):
        CODEC.encode("BalanceUpdate", update)


@pytest.mark.parametrize(
    ("value", "mantissa", "exponent"),
    [
        ("1", 10**8, -8),
        ("-0.00000001", -1, -8),
        ("92233720368.54775807", 2**63 - 1, -8),
        ("92233720368.6", 922337203686 * 10**6, -7),
        ("1000000000000000", 10**18, -3),
        ("9223372036854775807" + "0" * 18, 2**63 - 1, 18),
    ],
)
def test_scaled_amounts_have_the_least_exponent_that_fits(
    value: str, mantissa: int, exponent: int
) -> None:
    """-8 whenever the value fits so."""
    transfer = {"client_seq": 1, "transfer_seq": 1, "account_id": 1, "asset_id": 1, "source_id": 1}
    frame = CODEC.encode("Transfer", transfer | {"amount": value})
    assert struct.unpack_from("<qb", frame, 8 + 20) == (mantissa, exponent)
    assert decode(CODEC, frame)["amount"] == Decimal(value)
