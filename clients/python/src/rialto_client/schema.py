"""Reads the XML schema of the protocol: FIX Simple Binary Encoding 1.0.

Why: the schema is the contract, so this client has no second copy of it. It reads the file when it
starts and everything on the wire follows from it: offsets, lengths, codes, null values, which
version added what. What it cannot read (floats, big-endian, arrays of wide integers) is a
`SchemaError`, not a guess.

Where it stands: `codec` turns a `Schema` into code that encodes and decodes. The file comes with
the installed package; in a working copy of the repository it is read from protocol/schema.

Names of fields are kept as Python writes them: `clientSeq` of the schema is `client_seq` here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

from .errors import SchemaError
from .schematypes import TypeReader, character_encoding, integer_attribute, required, tag
from .wiretypes import Integer, WireType, size_of

PACKAGED = Path(__file__).with_name("rialto.xml")
"""Where the schema lies in an installed package; the build puts it there."""

IN_REPOSITORY = PACKAGED.parent / "../../../../protocol/schema/rialto.xml"
"""Where the schema lies for a working copy of the repository, and for `pip install -e`."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a block: where it stands, and since which version of the schema."""

    name: str
    offset: int
    type: WireType
    since_version: int


@dataclass(frozen=True, slots=True)
class Data:
    """A text or bytes of variable length, after the block: its length, then as many bytes.

    `encoding` is None for bytes.
    """

    name: str
    length_format: str
    length_max: int
    encoding: str | None
    since_version: int


@dataclass(frozen=True, slots=True)
class Block:
    """What a message or the entry of a group consists of: fields, then groups, then data."""

    length: int
    fields: tuple[Field, ...]
    groups: tuple["Group", ...]
    data: tuple[Data, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A repeating group: a header of `dimension`, then entries that all look like `entry`."""

    name: str
    dimension: "Dimension"
    entry: Block
    since_version: int


@dataclass(frozen=True, slots=True)
class Dimension:
    """The header of a group.

    `struct` codes of the length of one entry and of the count of entries.
    """

    format: str
    count_max: int


@dataclass(frozen=True, slots=True)
class MessageType:
    """A message of the schema."""

    name: str
    template_id: int
    block: Block


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema that has been read completely and checked."""

    schema_id: int
    version: int
    types: Mapping[str, WireType]
    messages: Mapping[str, MessageType]


def snake_case(name: str) -> str:
    """A name of the schema as Python writes it: `clientSeq` gives `client_seq`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@cache
def default_schema() -> Schema:
    """The schema that belongs to this package, read once. A `SchemaError` if it is nowhere."""
    for path in (PACKAGED, IN_REPOSITORY):
        if path.is_file():
            return read_schema(path)
    raise SchemaError(f"no schema at {PACKAGED} nor at {IN_REPOSITORY}: install the package again")


def read_schema(path: Path) -> Schema:
    """Reads a schema from a file. A `SchemaError` says what about it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaError(f"cannot read the schema {path}: {error}") from error
    return parse_schema(text)


def parse_schema(text: str) -> Schema:
    """Reads a schema from its XML. A `SchemaError` says what about it cannot be read."""
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - the schema is ours, not the network's
    except (ElementTree.ParseError, ValueError) as error:
        raise SchemaError(f"the schema is not well formed: {error}") from error
    if tag(root) != "messageSchema":
        raise SchemaError(f"the schema begins with <{tag(root)}>, not with <messageSchema>")
    if root.get("byteOrder", "littleEndian") != "littleEndian":
        raise SchemaError(f"byte order {root.get('byteOrder')}: only littleEndian can be read")
    return _Reader(root).schema()


class _Reader:
    """Reads one schema; the types first, since messages name them."""

    def __init__(self, root: ElementTree.Element) -> None:
        self._root = root
        self._types = TypeReader(root)

    def schema(self) -> Schema:
        messages: dict[str, MessageType] = {}
        template_ids: set[int] = set()
        self._check_header(self._root.get("headerType", "messageHeader"))
        for element in self._root:
            if tag(element) != "message":
                continue
            message = self._message(element)
            if message.name in messages or message.template_id in template_ids:
                raise SchemaError(f"two messages {message.name} or with id {message.template_id}")
            messages[message.name] = message
            template_ids.add(message.template_id)
        return Schema(
            schema_id=integer_attribute(self._root, "id"),
            version=integer_attribute(self._root, "version", 0),
            types=self._types.named(),
            messages=messages,
        )

    def _check_header(self, name: str) -> None:
        """The codec reads the header that SBE recommends, and no other."""
        members = self._types.composite_members(name)
        found = [(member, kind.format) for member, kind in members]
        wanted = [(part, "H") for part in ("blockLength", "templateId", "schemaId", "version")]
        if found != wanted:
            raise SchemaError(
                f"the message header {name} is not the four uint16 that SBE recommends"
            )

    def _message(self, element: ElementTree.Element) -> MessageType:
        name = required(element, "name")
        try:
            return MessageType(name, integer_attribute(element, "id"), self._block(element))
        except SchemaError as error:
            raise SchemaError(f"message {name}: {error}") from error

    def _block(self, element: ElementTree.Element) -> Block:
        fields = tuple(self._fields(element))
        used = max((field.offset + size_of(field.type) for field in fields), default=0)
        length = integer_attribute(element, "blockLength", used)
        if length < used:
            raise SchemaError(f"blockLength {length} is less than its fields take: {used}")
        return Block(
            length=length,
            fields=fields,
            groups=tuple(self._group(child) for child in element if tag(child) == "group"),
            data=tuple(self._data(child) for child in element if tag(child) == "data"),
        )

    def _fields(self, element: ElementTree.Element) -> Iterator[Field]:
        end = 0
        for child in element:
            if tag(child) != "field":
                continue
            kind = self._types.of_field(child)
            offset = integer_attribute(child, "offset", end)
            if offset < end:
                raise SchemaError(f"field {child.get('name')} at {offset} overlaps the one before")
            end = offset + size_of(kind)
            since = integer_attribute(child, "sinceVersion", 0)
            yield Field(snake_case(required(child, "name")), offset, kind, since)

    def _group(self, element: ElementTree.Element) -> Group:
        name = element.get("dimensionType", "groupSizeEncoding")
        members = dict(self._types.composite_members(name))
        length, count = members.get("blockLength"), members.get("numInGroup")
        if len(members) != 2 or not isinstance(length, Integer) or not isinstance(count, Integer):
            raise SchemaError(f"group header {name} is not blockLength and numInGroup")
        return Group(
            name=snake_case(required(element, "name")),
            dimension=Dimension(length.format + count.format, count.maximum),
            entry=self._block(element),
            since_version=integer_attribute(element, "sinceVersion", 0),
        )

    def _data(self, element: ElementTree.Element) -> Data:
        composite = required(element, "type")
        length = dict(self._types.composite_members(composite)).get("length")
        content = self._types.data_part(composite)
        if not isinstance(length, Integer) or content is None:
            raise SchemaError(f"data {element.get('name')}: {composite} is not a length and bytes")
        return Data(
            name=snake_case(required(element, "name")),
            length_format=length.format,
            length_max=length.maximum,
            encoding=character_encoding(content),
            since_version=integer_attribute(element, "sinceVersion", 0),
        )
