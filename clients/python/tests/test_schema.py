"""The schema is read completely, and what cannot be read is refused with a reason."""

import inspect
import re

import pytest

from rialto_client import codes
from rialto_client.codec import Codec
from rialto_client.errors import SchemaError
from rialto_client.schema import default_schema, parse_schema, read_schema
from rialto_client.typed import Typist
from rialto_client.wiretypes import BitSet, Enumeration

from .support import CLIENT, REPOSITORY

FLAG_SETS = {
    "permissions": "Permission",
    "logonFlags": "LogonFlag",
    "orderFlags": "OrderFlag",
    "reportFlags": "ReportFlag",
    "listFlags": "ListFlag",
    "keyFlags": "KeyFlag",
    "bookFlags": "BookFlag",
}
"""Sets have a plural name, a member of one does not."""

HEADER = """<composite name="messageHeader">
  <type name="blockLength" primitiveType="uint16"/><type name="templateId" primitiveType="uint16"/>
  <type name="schemaId" primitiveType="uint16"/><type name="version" primitiveType="uint16"/>
</composite>"""


def schema_text(types: str = "", messages: str = "", **attributes: str) -> str:
    """A schema with the header that SBE recommends, and what is given."""
    stated = " ".join(f'{name}="{value}"' for name, value in ({"id": "1"} | attributes).items())
    return f"<messageSchema {stated}><types>{HEADER}{types}</types>{messages}</messageSchema>"


def enum(values: str) -> str:
    """An enumeration with these values."""
    return f'<enum name="e" encodingType="uint8">{values}</enum>'


def message(fields: str) -> str:
    """A message with these fields."""
    return f'<message name="M" id="1">{fields}</message>'


def test_enumerations_have_the_names_of_the_schema() -> None:
    """In Python and in the XML, none more and none less."""
    here = {
        name: {str(member) for member in code}
        for name, code in inspect.getmembers(codes, inspect.isclass)
        if issubclass(code, codes.Code) and code is not codes.Code
    }
    there = {}
    for name, kind in default_schema().types.items():
        if isinstance(kind, Enumeration) and name != "boolean":
            there[name[0].upper() + name[1:]] = set(kind.codes)
        elif isinstance(kind, BitSet):
            there[FLAG_SETS[name]] = set(kind.bits)
    assert here == there


def test_members_are_named_as_python_names_constants() -> None:
    """`PostOnly` is `POST_ONLY`."""
    for code in (codes.Side, codes.RejectReason, codes.EndReason):
        for member in code:
            expected = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(member)).upper()
            assert member.name == expected


def test_a_code_that_is_not_listed_is_a_member_of_its_own() -> None:
    """Something else, and no error."""
    unknown = codes.CancelReason.of(200)
    assert isinstance(unknown, codes.CancelReason)
    assert unknown not in set(codes.CancelReason)
    assert unknown == codes.CancelReason.of(200)
    assert str(unknown) == "Unknown(200)"
    assert codes.CancelReason.of("OfALaterSchema") == "OfALaterSchema"


def test_the_repository_has_one_copy_of_the_schema() -> None:
    """The package finds the one in protocol/schema; the build copies it only into what is built."""
    assert not list(CLIENT.rglob("*.xml"))
    assert default_schema() == read_schema(REPOSITORY / "protocol" / "schema" / "rialto.xml")


def test_messages_are_as_long_as_the_document_says() -> None:
    """The table of docs/PROTOCOL.md, written from the same schema by somebody else."""
    document = (REPOSITORY / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| \[(\w+)\]\(#\w+\) \| [\w ]+ \| (\d+) \|$", document, re.M)
    stated = {name: (int(number), int(length)) for number, name, length in rows}
    found = {
        name: (kind.template_id, kind.block.length)
        for name, kind in default_schema().messages.items()
    }
    assert stated == found


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<messageSchema", "not well formed"),
        ("<other/>", "begins with <other>"),
        (schema_text(byteOrder="bigEndian"), "byte order bigEndian"),
        (schema_text(id="one"), "'one' is no integer"),
        (schema_text(headerType="tiny"), "no composite tiny"),
        (schema_text('<type name="x" primitiveType="double"/>'), "double cannot be read"),
        (schema_text('<type name="x" primitiveType="uint32" length="2"/>'), "array of uint32"),
        (schema_text('<type name="x" primitiveType="char" length="0"/>'), "a length of 0"),
        (schema_text('<type primitiveType="char"/>'), "has no name"),
        (schema_text('<type name="messageHeader" primitiveType="char"/>'), "two types"),
        (schema_text('<set name="s" encodingType="uint8"><choice name="a">8</choice></set>'), "s "),
        (schema_text('<enum name="e" encodingType="x"/>'), "no type x"),
        (schema_text(enum("<validValue name='a'>1</validValue>" * 2)), "e has a name or a code"),
        (schema_text(enum("<validValue name='a'>one</validValue>")), "e: 'one' is no integer"),
        (schema_text("<rule name='r'/>"), "<rule> is no type"),
        (schema_text(messages=message('<field name="f" type="lost"/>')), "no type lost"),
        (schema_text(messages=message('<field name="f" type="uint8" presence="odd"/>')), "odd"),
        (schema_text(messages=message("") + message("")), "two messages M"),
        (schema_text(messages='<message name="M"/>'), "has no id"),
        (schema_text(messages=message('<data name="d" type="messageHeader"/>')), "not a length"),
        (schema_text(messages=message('<group name="g"/>')), "no composite groupSizeEncoding"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, complaint: str) -> None:
    """With a word about what it is."""
    with pytest.raises(SchemaError, match=re.escape(complaint)):
        parse_schema(text)


def test_a_schema_without_the_messages_of_this_package_is_refused() -> None:
    """At the start, not at the first report that lacks a field."""
    with pytest.raises(SchemaError, match="has no message"):
        Typist(parse_schema(schema_text()))
    with pytest.raises(SchemaError, match="cannot read the schema"):
        read_schema(CLIENT / "nowhere.xml")


def test_offsets_and_lengths_that_a_schema_states_are_kept() -> None:
    """Padding before a field and at the end of a block."""
    fields = '<field name="a" type="uint8"/><field name="b" type="uint16" offset="4"/>'
    text = schema_text(messages=f'<message name="M" id="1" blockLength="9">{fields}</message>')
    codec = Codec(parse_schema(text))
    encoded = codec.encode("M", {"a": 1, "b": 0x0302})
    assert encoded.hex(" ") == "09 00 01 00 01 00 00 00 01 00 00 00 02 03 00 00 00"
    (decoded,) = codec.decode_frame(encoded)
    assert getattr(decoded, "fields", None) == {"a": 1, "b": 0x0302}
