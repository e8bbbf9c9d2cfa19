//! The schema as data: types, messages, groups, read from SBE XML and checked.
//!
//! Only what the protocol uses of SBE is understood: packed fields in the order of the file, one level of
//! groups, default null values. Anything else is an error that names the element.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use roxmltree::{Document, Node};

/// A whole schema.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) id: u16,
    pub(crate) version: u16,
    /// In the order of the file.
    pub(crate) types: Vec<TypeDef>,
    /// In the order of the file.
    pub(crate) messages: Vec<Message>,
    /// Bytes of text that a variable-length field may have.
    pub(crate) text_bytes_max: usize,
}

/// A named type.
#[derive(Clone, Debug)]
pub(crate) struct TypeDef {
    pub(crate) name: String,
    pub(crate) description: String,
    /// Bytes on the wire.
    pub(crate) len: usize,
    pub(crate) kind: Kind,
}

/// What a type is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// One value of a primitive type.
    Primitive(String),
    /// Several values of a primitive type.
    Array(String),
    /// Several types one after another.
    Composite,
    /// Named codes of one byte.
    Enum(Vec<Value>),
    /// Named bits of one byte.
    Set(Vec<Value>),
}

/// A named code or a named bit.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) name: String,
    pub(crate) number: u8,
    pub(crate) description: String,
}

/// A message.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: u16,
    pub(crate) block: Block,
    pub(crate) groups: Vec<Block>,
    /// Names and descriptions of variable-length texts.
    pub(crate) texts: Vec<Text>,
}

/// A name, a description, and fields that follow one another: a message's block or a group's entry.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) fields: Vec<Field>,
}

/// A field of a block.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) type_name: String,
    pub(crate) description: String,
    pub(crate) optional: bool,
    pub(crate) offset: usize,
    pub(crate) len: usize,
    /// The version of the schema that added it.
    pub(crate) since: u16,
}

/// A text of variable length at the end of a message.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) name: String,
    pub(crate) description: String,
}

impl Block {
    /// Bytes of the block.
    pub(crate) fn len(&self) -> usize {
        self.fields
            .last()
            .map_or(0, |field| field.offset + field.len)
    }

    /// Bytes of the block as the first version of the schema had it.
    pub(crate) fn first_len(&self) -> usize {
        let first = self.fields.iter().rev().find(|field| field.since == 0);
        first.map_or(0, |field| field.offset + field.len)
    }
}

impl Schema {
    /// Reads and checks a schema.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let document = Document::parse(text)?;
        let root = document.root_element();
        ensure!(
            root.tag_name().name() == "messageSchema",
            "no messageSchema"
        );
        ensure!(
            attribute(root, "byteOrder")? == "littleEndian",
            "only littleEndian is supported"
        );
        let mut schema = Self {
            id: number(root, "id")?,
            version: number(root, "version")?,
            types: Vec::new(),
            messages: Vec::new(),
            text_bytes_max: 0,
        };
        for element in elements(root) {
            match element.tag_name().name() {
                "types" => schema.read_types(element)?,
                "message" => {
                    let message = schema.read_message(element)?;
                    schema.messages.push(message);
                }
                other => bail!("unknown element {other}"),
            }
        }
        schema.check_names()?;
        Ok(schema)
    }

    /// The type of this name.
    pub(crate) fn type_def(&self, name: &str) -> Result<&TypeDef> {
        let found = self.types.iter().find(|def| def.name == name);
        found.with_context(|| format!("no type is named {name}"))
    }

    fn read_types(&mut self, types: Node<'_, '_>) -> Result<()> {
        for element in elements(types) {
            let name = attribute(element, "name")?.to_owned();
            let (kind, len) = match element.tag_name().name() {
                "type" => primitive(element),
                "composite" => self.composite(element, &name),
                "enum" => named(element, "validValue").map(|values| (Kind::Enum(values), 1)),
                "set" => named(element, "choice").map(|values| (Kind::Set(values), 1)),
                other => bail!("unknown element {other}"),
            }
            .with_context(|| format!("type {name}"))?;
            self.types.push(TypeDef {
                name,
                description: attribute(element, "description")?.to_owned(),
                len,
                kind,
            });
        }
        Ok(())
    }

    /// The length of a composite; of the one for texts also the longest text.
    fn composite(&mut self, element: Node<'_, '_>, name: &str) -> Result<(Kind, usize)> {
        let mut len = 0;
        for member in elements(element) {
            ensure!(
                member.tag_name().name() == "type",
                "only types in composites"
            );
            if member.attribute("presence") == Some("constant") {
                continue;
            }
            if name == "varText" && member.attribute("name") == Some("length") {
                self.text_bytes_max = number(member, "maxValue")?;
            }
            len += primitive(member)?.1;
        }
        Ok((Kind::Composite, len))
    }

    fn read_message(&self, element: Node<'_, '_>) -> Result<Message> {
        let name = attribute(element, "name")?;
        let read = || -> Result<Message> {
            let mut message = Message {
                id: number(element, "id")?,
                block: self.block(element)?,
                groups: Vec::new(),
                texts: Vec::new(),
            };
            for child in elements(element) {
                match child.tag_name().name() {
                    "field" => {}
                    "group" => message.groups.push(self.block(child)?),
                    "data" => message.texts.push(Text {
                        name: attribute(child, "name")?.to_owned(),
                        description: attribute(child, "description")?.to_owned(),
                    }),
                    other => bail!("unknown element {other}"),
                }
            }
            Ok(message)
        };
        read().with_context(|| format!("message {name}"))
    }

    /// The fields of a message or of a group's entry.
    fn block(&self, element: Node<'_, '_>) -> Result<Block> {
        let mut block = Block {
            name: attribute(element, "name")?.to_owned(),
            description: attribute(element, "description")?.to_owned(),
            fields: Vec::new(),
        };
        let mut ids = BTreeSet::new();
        for child in elements(element).filter(|child| child.tag_name().name() == "field") {
            let field = self.field(child, block.len())?;
            let id: u16 = number(child, "id")?;
            ensure!(ids.insert(id), "{}: id {id} is used twice", field.name);
            let before = block.fields.last().map_or(0, |last| last.since);
            ensure!(
                before <= field.since,
                "{}: fields are added at the end",
                field.name
            );
            ensure!(
                field.since == 0 || self.may_be_missing(&field)?,
                "{}: an added field may be null, older senders do not have it",
                field.name
            );
            block.fields.push(field);
        }
        Ok(block)
    }

    fn field(&self, element: Node<'_, '_>, offset: usize) -> Result<Field> {
        let name = attribute(element, "name")?.to_owned();
        let type_name = attribute(element, "type")?.to_owned();
        let def = self
            .type_def(&type_name)
            .with_context(|| format!("field {name}"))?;
        let optional = match element.attribute("presence") {
            None => def.name.ends_with("Null"),
            Some("optional") => true,
            Some(other) => bail!("field {name}: presence {other} is not supported"),
        };
        Ok(Field {
            description: attribute(element, "description")?.to_owned(),
            since: element
                .attribute("sinceVersion")
                .map_or(Ok(0), str::parse)?,
            len: def.len,
            optional,
            offset,
            name,
            type_name,
        })
    }

    /// Whether the field has a value that means "none": null, no text, or no flag.
    fn may_be_missing(&self, field: &Field) -> Result<bool> {
        Ok(match &self.type_def(&field.type_name)?.kind {
            Kind::Set(_) => true,
            Kind::Array(primitive) => primitive == "char",
            Kind::Primitive(_) | Kind::Composite | Kind::Enum(_) => field.optional,
        })
    }

    fn check_names(&self) -> Result<()> {
        let mut seen = BTreeMap::new();
        for message in &self.messages {
            if let Some(other) = seen.insert(message.id, &message.block.name) {
                bail!("{other} and {} have one id", message.block.name);
            }
        }
        let names: BTreeSet<_> = self.types.iter().map(|def| &def.name).collect();
        ensure!(names.len() == self.types.len(), "two types have one name");
        Ok(())
    }
}

/// The element children of a node.
fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

/// An attribute that must be there and say something.
fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Result<&'a str> {
    let found = node.attribute(name).filter(|value| !value.is_empty());
    let element = node.tag_name().name();
    found.with_context(|| {
        let of = node.attribute("name").unwrap_or_default();
        format!("<{element} name=\"{of}\"> lacks the attribute {name}")
    })
}

/// An attribute that is a number.
fn number<T: std::str::FromStr>(node: Node<'_, '_>, name: &str) -> Result<T> {
    let text = attribute(node, name)?;
    text.parse()
        .ok()
        .with_context(|| format!("{name} is no number: {text}"))
}

/// A `<type>`: its kind and its length in bytes.
fn primitive(element: Node<'_, '_>) -> Result<(Kind, usize)> {
    let primitive = attribute(element, "primitiveType")?;
    let width = match primitive {
        "char" | "int8" | "uint8" => 1,
        "int16" | "uint16" => 2,
        "int32" | "uint32" => 4,
        "int64" | "uint64" => 8,
        other => bail!("primitive type {other} is not supported"),
    };
    let null_is_default = element
        .attribute("nullValue")
        .is_none_or(|null| null == "0");
    ensure!(
        null_is_default && (element.attribute("nullValue").is_none() || primitive == "char"),
        "only default null values are supported"
    );
    let length = element
        .attribute("length")
        .map_or(Ok(1), str::parse::<usize>)?;
    let kind = match length {
        1 => Kind::Primitive(primitive.to_owned()),
        _ => Kind::Array(primitive.to_owned()),
    };
    Ok((kind, width * length))
}

/// The values of an enum or the choices of a set.
fn named(element: Node<'_, '_>, tag: &str) -> Result<Vec<Value>> {
    ensure!(
        attribute(element, "encodingType")? == "uint8",
        "only uint8 is supported"
    );
    let mut values: Vec<Value> = Vec::new();
    for child in elements(element) {
        ensure!(child.tag_name().name() == tag, "only {tag} may stand here");
        let text = child.text().unwrap_or_default().trim();
        let value = Value {
            name: attribute(child, "name")?.to_owned(),
            number: text.parse().with_context(|| format!("no number: {text}"))?,
            description: attribute(child, "description")?.to_owned(),
        };
        let ascends = values.last().is_none_or(|last| last.number < value.number);
        ensure!(ascends, "{}: numbers must ascend", value.name);
        ensure!(
            value.number < u8::MAX,
            "{}: 255 is the null value",
            value.name
        );
        values.push(value);
    }
    Ok(values)
}
