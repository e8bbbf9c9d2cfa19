//! Messages to spoil: one of each template of the schema, field by field, from its golden bytes, and what
//! can be done to the bytes of a message.

use std::path::{Path, PathBuf};

use fastrand::Rng;
use rialto_protocol::{HEADER_LEN, SCHEMA_VERSION};
use rialto_types::ClientSeq;

/// The numbers of a message header, two bytes each.
const HEADER_FIELDS: usize = 4;

/// A message with the places of its fields.
#[derive(Debug)]
pub(crate) struct Shape {
    bytes: Vec<u8>,
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    name: String,
    at: usize,
    len: usize,
}

impl Shape {
    /// Reads an annotated file: bytes, and behind a `#` the offset and the name of what begins there.
    fn read(text: &str) -> Self {
        let mut bytes = Vec::new();
        let mut fields: Vec<Field> = Vec::new();
        for line in text.lines() {
            let (hex, note) = line.split_once('#').unwrap_or((line, ""));
            if let Some(name) = note.split_whitespace().nth(1) {
                let (name, at) = (name.to_owned(), bytes.len());
                fields.push(Field { name, at, len: 0 });
            }
            let before = bytes.len();
            let byte = |word| u8::from_str_radix(word, 16).unwrap();
            bytes.extend(hex.split_whitespace().map(byte));
            let field = fields.last_mut().expect("bytes come with a name");
            field.len += bytes.len() - before;
        }
        Self { bytes, fields }
    }

    /// A field that begins in the block.
    fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub(crate) fn template_id(&self) -> u16 {
        u16::from_le_bytes([self.bytes[2], self.bytes[3]])
    }
}

/// One message of each template.
#[derive(Debug)]
pub(crate) struct Shapes(Vec<Shape>);

impl Shapes {
    /// Reads them; there must be one for each message of the schema.
    pub(crate) fn read() -> Self {
        let protocol = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol");
        let golden = protocol.join(format!("tests/golden/v{SCHEMA_VERSION}"));
        let files = std::fs::read_dir(golden).unwrap();
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        // A directory has no order, and a seed must mean the same everywhere.
        files.sort();
        let read = |file: &PathBuf| Shape::read(&std::fs::read_to_string(file).unwrap());
        let shapes: Vec<_> = files.iter().map(read).collect();
        let schema = std::fs::read_to_string(protocol.join("schema/rialto.xml")).unwrap();
        let count = schema.matches("<sbe:message ").count();
        assert!(count > 0 && shapes.len() == count, "{count} messages");
        Self(shapes)
    }

    /// Any of them.
    pub(crate) fn any(&self, rng: &mut Rng) -> &Shape {
        &self.0[rng.usize(..self.0.len())]
    }

    /// That of a template.
    pub(crate) fn of(&self, message: &[u8]) -> &Shape {
        let id = u16::from_le_bytes([message[2], message[3]]);
        let found = self.0.iter().find(|shape| shape.template_id() == id);
        found.unwrap_or_else(|| panic!("no shape of template {id}"))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The golden message of a shape, made to concern things that there are.
    pub(crate) fn aimed(shape: &Shape, rng: &mut Rng, account: u32) -> Vec<u8> {
        let mut bytes = shape.bytes.clone();
        let mut set = |name: &str, value: u32| {
            if let Some(field) = shape.field(name) {
                let value = value.to_le_bytes();
                let len = field.len.min(value.len());
                bytes[field.at..field.at + len].copy_from_slice(&value[..len]);
            }
        };
        set("instrumentId", rng.u32(1..=3));
        set("accountId", account);
        bytes
    }
}

/// Writes the client sequence of a message of this shape, if it has one and is long enough.
pub(crate) fn set_client_seq(bytes: &mut [u8], shape: &Shape, seq: ClientSeq) {
    if let Some(field) = shape.field("clientSeq")
        && let Some(place) = bytes.get_mut(field.at..field.at + field.len)
    {
        place.copy_from_slice(&seq.0.to_le_bytes());
    }
}

/// Spoils a message of this shape.
pub(crate) fn spoil(bytes: &mut Vec<u8>, shape: &Shape, rng: &mut Rng) {
    match rng.u32(..10) {
        0 => flip(bytes, rng),
        1 => bytes.truncate(rng.usize(..=bytes.len())),
        2 => bytes.extend((0..rng.usize(1..64)).map(|_| rng.u8(..))),
        3 => spoil_header(bytes, rng),
        4 => {
            let at = rng.usize(..=bytes.len());
            let inserted: Vec<u8> = (0..rng.usize(1..9)).map(|_| rng.u8(..)).collect();
            bytes.splice(at..at, inserted);
        }
        5 => {
            let from = rng.usize(..bytes.len());
            let to = rng.usize(from..=bytes.len());
            bytes.drain(from..to);
        }
        6 => bytes.extend_from_within(..),
        7 => grow_block(bytes, rng),
        _ => spoil_field(bytes, shape, rng),
    }
}

/// Turns some bits over.
pub(crate) fn flip(bytes: &mut [u8], rng: &mut Rng) {
    for _ in 0..rng.usize(1..=16) {
        let at = rng.usize(..bytes.len());
        bytes[at] ^= 1 << rng.u32(..8);
    }
}

/// Writes something near, far, or any into a number of the header.
fn spoil_header(bytes: &mut [u8], rng: &mut Rng) {
    let at = 2 * rng.usize(..HEADER_FIELDS);
    let present = u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let values = [
        0,
        1,
        present.wrapping_add(1),
        present.wrapping_sub(1),
        u16::MAX,
        rng.u16(..),
    ];
    let value = values[rng.usize(..values.len())];
    bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
}

/// Makes the block longer and says so, as a newer version of the schema would.
fn grow_block(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let length = u16::from_le_bytes([bytes[0], bytes[1]]);
    let more = rng.u16(1..=40);
    let end = HEADER_LEN + usize::from(length);
    if end <= bytes.len() {
        bytes[..2].copy_from_slice(&(length + more).to_le_bytes());
        bytes.splice(end..end, (0..more).map(|_| rng.u8(..)));
    }
}

/// Fills a field with the values at which things break.
fn spoil_field(bytes: &mut [u8], shape: &Shape, rng: &mut Rng) {
    let fields = &shape.fields[HEADER_FIELDS..];
    if fields.is_empty() {
        return;
    }
    let field = &fields[rng.usize(..fields.len())];
    let Some(place) = bytes.get_mut(field.at..field.at + field.len) else {
        // The message at hand has less in its group or its text.
        return;
    };
    let fill = [0x00, 0xFF, 0x7F, 0x80, 0x01];
    match rng.u32(..3) {
        0 => rng.fill(place),
        1 => place.fill(fill[rng.usize(..fill.len())]),
        _ => {
            // The smallest and the largest of a signed number.
            let (rest, top) = fill[rng.usize(..2)..].split_at(1);
            let top = if top[0] == 0xFF { 0x80 } else { 0x7F };
            place.fill(rest[0]);
            if let Some(last) = place.last_mut() {
                *last = top;
            }
        }
    }
}
