//! A decoder that knows nothing but the schema: it walks over bytes as `schema/rialto.xml` says, as a
//! client in another language would. What it reads is held against what the generated code reads.

use roxmltree::{Document, Node};

/// The schema.
pub(crate) const XML: &str = include_str!("../../schema/rialto.xml");

/// One value found in the bytes.
#[derive(Debug)]
pub(crate) struct Found {
    /// Where it begins, from the start of the message.
    pub(crate) offset: usize,
    /// How many bytes it has.
    pub(crate) len: usize,
    /// The name of the field in the schema; a group's entry and header have a path.
    pub(crate) name: String,
    /// What it says.
    pub(crate) value: Value,
}

/// What a field says.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Number(i128),
    /// An enumeration: the code and its name.
    Code(u8, String),
    /// A set: the names of its flags.
    Flags(Vec<String>),
    Text(String),
    Bytes(Vec<u8>),
    /// A number at a power of ten; the flag tells whether the exponent is on the wire.
    Decimal(i64, i8, bool),
    /// The header of a group or text: how many entries or bytes follow.
    Count(usize),
}

/// Walks over one message.
pub(crate) struct Walk<'a> {
    document: &'a Document<'a>,
    bytes: &'a [u8],
    at: usize,
    pub(crate) found: Vec<Found>,
}

/// All messages of the schema: template id and name.
pub(crate) fn messages(document: &Document<'_>) -> Vec<(u16, String)> {
    let root = document.root_element();
    let messages = root
        .children()
        .filter(|node| node.has_tag_name_of("message"));
    messages
        .map(|node| (node.number("id"), node.text_of("name")))
        .collect()
}

/// What one message says, in the order of the bytes.
pub(crate) fn walk(document: &Document<'_>, bytes: &[u8]) -> Vec<Found> {
    let mut walk = Walk {
        document,
        bytes,
        at: 0,
        found: Vec::new(),
    };
    walk.message();
    assert_eq!(walk.at, bytes.len(), "the schema accounts for every byte");
    walk.found
}

impl Walk<'_> {
    fn message(&mut self) {
        let block_length = self.integer("uint16", "blockLength");
        let template = self.integer("uint16", "templateId");
        let id = self.integer("uint16", "schemaId");
        self.integer("uint16", "version");
        let root = self.document.root_element();
        assert_eq!(id, root.number::<i128>("id"));
        let message = root
            .children()
            .find(|node| node.has_tag_name_of("message") && node.number::<i128>("id") == template)
            .expect("the schema has the message");
        self.fields(message, usize::try_from(block_length).unwrap(), "");
        for node in message.children() {
            if node.has_tag_name_of("group") {
                self.group(node);
            } else if node.has_tag_name_of("data") {
                self.text(&node.text_of("name"));
            }
        }
    }

    fn fields(&mut self, block: Node<'_, '_>, len: usize, path: &str) {
        let start = self.at;
        for field in block
            .children()
            .filter(|node| node.has_tag_name_of("field"))
        {
            let name = format!("{path}{}", field.text_of("name"));
            let optional = field.attribute("presence") == Some("optional");
            self.field(&name, &field.text_of("type"), optional);
        }
        assert_eq!(self.at - start, len, "the block is as long as its fields");
    }

    fn group(&mut self, group: Node<'_, '_>) {
        let name = group.text_of("name");
        let len = self.integer("uint16", &format!("{name}.blockLength"));
        let count = self.integer("uint16", &format!("{name}.numInGroup"));
        let count = usize::try_from(count).unwrap();
        self.found.last_mut().unwrap().value = Value::Count(count);
        for index in 0..count {
            let path = format!("{name}[{index}].");
            self.fields(group, usize::try_from(len).unwrap(), &path);
        }
    }

    fn text(&mut self, name: &str) {
        let len = usize::try_from(self.integer("uint16", &format!("{name}.length"))).unwrap();
        self.found.last_mut().unwrap().value = Value::Count(len);
        let text = String::from_utf8(self.bytes[self.at..self.at + len].to_vec()).unwrap();
        self.push(name, len, Value::Text(text));
    }

    fn field(&mut self, name: &str, type_name: &str, optional: bool) {
        let def = self
            .document
            .descendants()
            .find(|node| {
                let named = node.attribute("name") == Some(type_name);
                named
                    && node
                        .parent()
                        .is_some_and(|parent| parent.has_tag_name_of("types"))
            })
            .expect("the schema has the type");
        match def.tag_name().name() {
            "type" => self.simple(def, name, optional),
            "enum" => self.code(def, name, optional),
            "set" => self.flags(def, name),
            "composite" => self.composite(def, name),
            other => panic!("{other} is no type"),
        }
    }

    fn simple(&mut self, def: Node<'_, '_>, name: &str, optional: bool) {
        let primitive = def.text_of("primitiveType");
        let Some(length) = def.attribute("length") else {
            let number = self.integer(&primitive, name);
            if optional && number == null(&primitive) {
                self.found.last_mut().unwrap().value = Value::Null;
            }
            return;
        };
        let len = length.parse().unwrap();
        let bytes = self.bytes[self.at..self.at + len].to_vec();
        let value = if primitive == "char" {
            let text: Vec<u8> = bytes.into_iter().take_while(|byte| *byte != 0).collect();
            Value::Text(String::from_utf8(text).unwrap())
        } else {
            Value::Bytes(bytes)
        };
        self.push(name, len, value);
    }

    fn code(&mut self, def: Node<'_, '_>, name: &str, optional: bool) {
        let code = self.bytes[self.at];
        let value = def.children().find(|node| {
            node.has_tag_name_of("validValue") && node.text() == Some(code.to_string().as_str())
        });
        let value = match value {
            Some(value) => Value::Code(code, value.text_of("name")),
            None if optional && code == u8::MAX => Value::Null,
            None => panic!("{name}: {code} is no valid value"),
        };
        self.push(name, 1, value);
    }

    fn flags(&mut self, def: Node<'_, '_>, name: &str) {
        let bits = self.bytes[self.at];
        let choices = def.children().filter(|node| node.has_tag_name_of("choice"));
        let set = choices.filter(|node| {
            let bit: u8 = node.text().unwrap().parse().unwrap();
            bits & (1 << bit) != 0
        });
        let names = set.map(|node| node.text_of("name")).collect();
        self.push(name, 1, Value::Flags(names));
    }

    /// A decimal: a mantissa, and an exponent that is constant or follows.
    fn composite(&mut self, def: Node<'_, '_>, name: &str) {
        let mantissa = i64::from_le_bytes(self.bytes[self.at..self.at + 8].try_into().unwrap());
        let member = |name| {
            let mut members = def.children().filter(|node| node.has_tag_name_of("type"));
            members
                .find(|node| node.attribute("name") == Some(name))
                .unwrap()
        };
        let exponent = member("exponent");
        let (exponent, len) = match exponent.attribute("presence") {
            Some("constant") => (exponent.text().unwrap().parse().unwrap(), 8),
            _ => (i8::from_le_bytes([self.bytes[self.at + 8]]), 9),
        };
        let optional = member("mantissa").attribute("presence") == Some("optional");
        let value = if optional && mantissa == i64::MIN {
            Value::Null
        } else {
            Value::Decimal(mantissa, exponent, len == 9)
        };
        self.push(name, len, value);
    }

    /// Reads an integer and notes it.
    fn integer(&mut self, primitive: &str, name: &str) -> i128 {
        let len = width(primitive);
        let mut wide = [0; 16];
        wide[..len].copy_from_slice(&self.bytes[self.at..self.at + len]);
        let raw = i128::from_le_bytes(wide);
        let bits = u32::try_from(len * 8).unwrap();
        let negative = primitive.starts_with('i') && raw >> (bits - 1) == 1;
        let value = if negative { raw - (1 << bits) } else { raw };
        self.push(name, len, Value::Number(value));
        value
    }

    fn push(&mut self, name: &str, len: usize, value: Value) {
        self.found.push(Found {
            offset: self.at,
            len,
            name: name.to_owned(),
            value,
        });
        self.at += len;
    }
}

fn width(primitive: &str) -> usize {
    match primitive {
        "uint8" | "int8" | "char" => 1,
        "uint16" => 2,
        "uint32" => 4,
        "uint64" | "int64" => 8,
        other => panic!("{other} is no primitive type of the schema"),
    }
}

/// The default null value of SBE.
fn null(primitive: &str) -> i128 {
    match primitive {
        "uint8" => i128::from(u8::MAX),
        "uint16" => i128::from(u16::MAX),
        "uint32" => i128::from(u32::MAX),
        "uint64" => i128::from(u64::MAX),
        "int64" => i128::from(i64::MIN),
        other => panic!("{other} is never optional"),
    }
}

/// Short ways to an element's attributes.
pub(crate) trait Element {
    fn has_tag_name_of(&self, name: &str) -> bool;
    fn text_of(&self, attribute: &str) -> String;
    fn number<T: std::str::FromStr>(&self, attribute: &str) -> T;
}

impl Element for Node<'_, '_> {
    fn has_tag_name_of(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }

    fn text_of(&self, attribute: &str) -> String {
        self.attribute(attribute)
            .expect("the attribute is there")
            .to_owned()
    }

    fn number<T: std::str::FromStr>(&self, attribute: &str) -> T {
        self.text_of(attribute)
            .parse()
            .ok()
            .expect("the attribute is a number")
    }
}
