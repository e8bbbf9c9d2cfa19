"""Reads the `<types>` part of the XML schema: what each named type is on the wire.

Used by `schema` alone. A composite that consists of `mantissa` and `exponent` is a decimal, as FIX
SBE has it; others become mappings. An attribute that is missing has the default that SBE 1.0
states.
"""

from collections.abc import Mapping
from dataclasses import replace
from xml.etree import ElementTree

from .errors import SchemaError
from .wiretypes import (
    PRIMITIVES,
    BitSet,
    Bytes,
    Composite,
    Constant,
    Enumeration,
    Integer,
    Primitive,
    Scaled,
    Text,
    WireType,
)

Members = tuple[tuple[str, WireType], ...]
"""The parts of a composite with their names as the schema writes them."""

BYTES_MAX = 65_535
"""No field is longer: the length of a block is a uint16."""


class TypeReader:
    """The types of one schema, by name."""

    def __init__(self, root: ElementTree.Element) -> None:
        """Finds all definitions; each is read when it is first asked for."""
        self._elements: dict[str, ElementTree.Element] = {}
        self._read: dict[str, WireType] = {}
        for types in root:
            if tag(types) != "types":
                continue
            for element in types:
                name = required(element, "name")
                if name in self._elements:
                    raise SchemaError(f"two types have the name {name}")
                self._elements[name] = element

    def named(self) -> Mapping[str, WireType]:
        """All types that fields can have, composites for headers and data aside."""
        for name, element in self._elements.items():
            if tag(element) != "composite" or self.data_part(name) is None:
                self._type(name)
        return dict(self._read)

    def of_field(self, element: ElementTree.Element) -> WireType:
        """The type of a field, with the presence that the field states."""
        name = required(element, "name")
        presence = element.get("presence", "required")
        if presence == "constant":
            return self._constant_by_reference(element)
        kind = self._type(required(element, "type"))
        if presence == "optional":
            return _optional(kind, name)
        if presence != "required":
            raise SchemaError(f"field {name} has the presence {presence}")
        return kind

    def composite_members(self, name: str) -> Members:
        """The parts of a composite, the content of variable data left out."""
        element = self._elements.get(name)
        if element is None or tag(element) != "composite":
            raise SchemaError(f"there is no composite {name}")
        return tuple(
            (required(child, "name"), self._member(child))
            for child in element
            if child.get("length") != "0"
        )

    def data_part(self, name: str) -> ElementTree.Element | None:
        """The part of a composite that has variable length; None if it has no such part."""
        element = self._elements.get(name)
        children = () if element is None else tuple(element)
        return next((child for child in children if child.get("length") == "0"), None)

    def _type(self, name: str) -> WireType:
        known = self._read.get(name)
        if known is not None:
            return known
        element = self._elements.get(name)
        if element is None:
            if name in PRIMITIVES:
                return _integer(PRIMITIVES[name], ElementTree.Element("type"))
            raise SchemaError(f"there is no type {name}")
        kind = self._define(element)
        self._read[name] = kind
        return kind

    def _define(self, element: ElementTree.Element) -> WireType:
        match tag(element):
            case "type":
                return _simple(element)
            case "enum":
                return self._enumeration(element)
            case "set":
                return self._set(element)
            case "composite":
                return self._composite(element)
            case other:
                raise SchemaError(f"<{other}> is no type")

    def _member(self, element: ElementTree.Element) -> WireType:
        if element.get("offset") is not None:
            raise SchemaError(f"{element.get('name')}: offsets within composites cannot be read")
        if tag(element) == "ref":
            return self._type(required(element, "type"))
        return self._define(element)

    def _composite(self, element: ElementTree.Element) -> WireType:
        name = required(element, "name")
        members = self.composite_members(name)
        parts = dict(members)
        mantissa, exponent = parts.get("mantissa"), parts.get("exponent")
        if len(members) != 2 or mantissa is None or exponent is None:
            return Composite(name, members)
        if not isinstance(mantissa, Integer):
            raise SchemaError(f"{name}: the mantissa is no integer")
        if isinstance(exponent, Constant) and isinstance(exponent.value, int):
            return Scaled(mantissa, exponent)
        if isinstance(exponent, Integer) and not exponent.optional:
            return Scaled(mantissa, exponent)
        raise SchemaError(f"{name}: the exponent is no integer")

    def _enumeration(self, element: ElementTree.Element) -> Enumeration:
        name = required(element, "name")
        primitive = self._encoding(element)
        codes: dict[str, int] = {}
        for value in element:
            content = (value.text or "").strip()
            code = ord(content) if primitive.name == "char" and len(content) == 1 else None
            codes[required(value, "name")] = _number(content, name) if code is None else code
        names = {code: value for value, code in codes.items()}
        if len(names) != len(element):
            raise SchemaError(f"enumeration {name} has a name or a code twice")
        return Enumeration(name, primitive, optional=False, names=names, codes=codes)

    def _set(self, element: ElementTree.Element) -> BitSet:
        name = required(element, "name")
        primitive = self._encoding(element)
        bits = {
            required(choice, "name"): _number((choice.text or "").strip(), name)
            for choice in element
        }
        names = {bit: choice for choice, bit in bits.items()}
        if len(names) != len(element) or not all(0 <= bit < 8 * primitive.size for bit in names):
            raise SchemaError(f"set {name} has a name or a bit twice, or a bit beyond its integer")
        return BitSet(name, primitive, names=names, bits=bits)

    def _encoding(self, element: ElementTree.Element) -> Primitive:
        """What an enumeration or a set is written as: a primitive, or a named integer."""
        encoding = required(element, "encodingType")
        primitive = PRIMITIVES.get(encoding)
        if primitive is not None:
            return primitive
        kind = self._type(encoding)
        if not isinstance(kind, Integer):
            raise SchemaError(f"{element.get('name')}: encoding type {encoding} is no integer")
        return kind.primitive

    def _constant_by_reference(self, element: ElementTree.Element) -> Constant:
        """A field that always has one value of an enumeration, such as `side.Buy`."""
        reference = required(element, "valueRef")
        name, _, value = reference.partition(".")
        kind = self._type(name)
        if not isinstance(kind, Enumeration) or value not in kind.codes:
            raise SchemaError(f"{element.get('name')}: there is no value {reference}")
        return Constant(value)


def tag(element: ElementTree.Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def required(element: ElementTree.Element, name: str) -> str:
    """An attribute that must be there and not empty."""
    value = element.get(name)
    if not value:
        raise SchemaError(f"<{tag(element)} name={element.get('name')!r}> has no {name}")
    return value


def integer_attribute(element: ElementTree.Element, name: str, default: int | None = None) -> int:
    """An attribute that is an integer. Without a default it must be there."""
    value = element.get(name)
    if value is None and default is not None:
        return default
    return _number(required(element, name), name)


def _simple(element: ElementTree.Element) -> WireType:
    name = required(element, "name")
    primitive = PRIMITIVES.get(required(element, "primitiveType"))
    if primitive is None:
        raise SchemaError(f"{name}: {element.get('primitiveType')} cannot be read")
    presence = element.get("presence", "required")
    length = integer_attribute(element, "length", 1)
    if not 1 <= length <= BYTES_MAX:
        raise SchemaError(f"{name}: a length of {length}")
    if presence == "constant":
        content = (element.text or "").strip()
        return Constant(content if primitive.name == "char" else _number(content, name))
    if primitive.name == "char":
        return Text(length, presence == "optional", character_encoding(element) or "ASCII")
    if length == 1:
        return _integer(primitive, element)
    if primitive.name != "uint8" or presence != "required":
        raise SchemaError(f"{name}: an array of {primitive.name} cannot be read")
    return Bytes(length)


def _integer(primitive: Primitive, element: ElementTree.Element) -> Integer:
    return Integer(
        primitive,
        optional=element.get("presence") == "optional",
        null=integer_attribute(element, "nullValue", primitive.null),
        minimum=integer_attribute(element, "minValue", primitive.minimum),
        maximum=integer_attribute(element, "maxValue", primitive.maximum),
    )


def _optional(kind: WireType, name: str) -> WireType:
    """The same type, but null is a value of it."""
    match kind:
        case Integer() | Enumeration() | Text():
            return replace(kind, optional=True)
        case Scaled():
            return replace(kind, mantissa=replace(kind.mantissa, optional=True))
        case _:
            raise SchemaError(f"field {name} is optional, but its type has no null value")


def character_encoding(element: ElementTree.Element) -> str | None:
    """How characters are written, one of the two ways that SBE recommends; None for plain bytes."""
    encoding = element.get("characterEncoding")
    if encoding not in (None, "ASCII", "UTF-8"):
        raise SchemaError(f"{element.get('name')}: the encoding {encoding} cannot be read")
    return encoding


def _number(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise SchemaError(f"{name}: {text!r} is no integer") from None
