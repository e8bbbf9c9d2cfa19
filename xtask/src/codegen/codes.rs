//! Rust for the enumerations and sets of the schema.
//!
//! An enumeration that the vocabulary (`types`) has too is not defined again: the generated code matches
//! on the vocabulary's own variants, exhaustively, so that the compiler holds schema and vocabulary
//! together by name.

use std::fmt::Write as _;

use super::rust::{SHARED_ENUMS, doc, pascal};
use super::schema::{Kind, Schema, Value};

/// Names of the enumerations and sets that only the protocol has.
pub(super) fn own_names(schema: &Schema) -> Vec<String> {
    let own = schema
        .types
        .iter()
        .filter(|def| matches!(def.kind, Kind::Enum(_) | Kind::Set(_)) && !is_shared(&def.name));
    own.map(|def| pascal(&def.name)).collect()
}

/// Definitions of the enumerations that only the protocol has.
pub(super) fn enums(schema: &Schema) -> String {
    let mut out = String::new();
    for def in &schema.types {
        let Kind::Enum(values) = &def.kind else {
            continue;
        };
        if is_shared(&def.name) {
            continue;
        }
        let name = pascal(&def.name);
        out.push_str(&doc(&def.description, 0));
        _ = writeln!(
            out,
            "#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n#[repr(u8)]\npub enum {name} {{"
        );
        for value in values {
            out.push_str(&doc(&value.description, 4));
            _ = writeln!(out, "{} = {},", value.name, value.number);
        }
        out.push_str("}\n\n");
        out.push_str(&coded(&name, &def.name, values, "self as u8"));
    }
    out
}

/// Definitions of the sets.
pub(super) fn sets(schema: &Schema) -> String {
    let mut out = String::new();
    for def in &schema.types {
        if let Kind::Set(values) = &def.kind {
            out.push_str(&set(&pascal(&def.name), &def.description, values));
        }
    }
    out
}

fn is_shared(name: &str) -> bool {
    SHARED_ENUMS.iter().any(|(shared, _)| *shared == name)
}

/// Implementations for the enumerations of the vocabulary.
pub(super) fn shared(schema: &Schema) -> String {
    let mut out = String::new();
    for def in &schema.types {
        let shared = SHARED_ENUMS.iter().find(|(name, _)| *name == def.name);
        if let (Some((_, rust)), Kind::Enum(values)) = (shared, &def.kind) {
            let mut code = String::from("match self {\n");
            for value in values {
                _ = writeln!(code, "Self::{} => {},", value.name, value.number);
            }
            code.push('}');
            out.push_str(&coded(rust, &def.name, values, &code));
        }
    }
    out
}

/// An implementation of `Coded`; `code` is the expression that gives the code of `self`.
fn coded(rust: &str, name: &str, values: &[Value], code: &str) -> String {
    let mut all = String::new();
    let mut read = String::new();
    let mut names = String::new();
    let listed: Vec<_> = values
        .iter()
        .map(|v| format!("{} {}", v.number, v.name))
        .collect();
    let listed = listed.join(", ");
    for Value { name, number, .. } in values {
        _ = write!(all, "Self::{name}, ");
        _ = writeln!(read, "{number} => Some(Self::{name}),");
        _ = writeln!(names, "Self::{name} => {name:?},");
    }
    format!(
        "impl Coded for {rust} {{
            const NAME: &'static str = {name:?};
            const ALL: &'static [Self] = &[{all}];
            const VALUES: &'static str = {listed:?};

            #[inline]
            fn code(self) -> u8 {{ {code} }}

            #[inline]
            fn from_code(code: u8) -> Option<Self> {{ match code {{ {read} _ => None }} }}

            fn name(self) -> &'static str {{ match self {{ {names} }} }}
        }}\n\n"
    )
}

/// A set of flags in one byte.
fn set(name: &str, description: &str, values: &[Value]) -> String {
    let mut flags = String::new();
    let mut known = 0_u8;
    let mut print = String::new();
    for value in values {
        let constant = screaming(&value.name);
        known |= 1 << value.number;
        flags.push_str(&doc(&value.description, 4));
        _ = writeln!(
            flags,
            "pub const {constant}: Self = Self({});",
            1_u8 << value.number
        );
        _ = write!(print, "(Self::{constant}, {:?}), ", value.name);
    }
    let about = doc(description, 0);
    format!(
        "{about}///
        /// Bits that this version does not know are kept.
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct {name}(pub u8);

        impl {name} {{
            /// No flag.
            pub const NONE: Self = Self(0);
            {flags}
            /// The flags that this version knows.
            pub const KNOWN: Self = Self({known});

            /// Both sets together.
            #[must_use]
            pub const fn with(self, other: Self) -> Self {{ Self(self.0 | other.0) }}

            /// This set when `condition` holds, otherwise no flag.
            #[must_use]
            pub const fn when(self, condition: bool) -> Self {{ if condition {{ self }} else {{ Self::NONE }} }}

            /// Whether every flag of `other` is set.
            #[inline]
            pub const fn contains(self, other: Self) -> bool {{ self.0 & other.0 == other.0 }}

            /// Whether a flag is set that this version does not know.
            #[inline]
            pub const fn has_unknown(self) -> bool {{ self.0 & !Self::KNOWN.0 != 0 }}
        }}

        impl core::fmt::Debug for {name} {{
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {{
                crate::code::fmt_flags(f, self.0, &[{print}].map(|(flag, name)| (flag.0, name)))
            }}
        }}

        impl Field for {name} {{
            #[inline]
            fn get(bytes: &[u8]) -> Self {{ Self(u8::get(bytes)) }}

            #[inline]
            fn put(&self, bytes: &mut [u8]) {{ self.0.put(bytes); }}
        }}\n\n"
    )
}

/// `PostOnly` as `POST_ONLY`.
fn screaming(name: &str) -> String {
    super::rust::snake(name).to_ascii_uppercase()
}
