//! The messages and codes of the schema.
//!
//! Generated from `schema/rialto.xml` by `cargo xtask codegen`; changes here are lost.

mod admin;
mod admin_reports;
mod any;
mod codes;
mod flags;
mod market;
mod orders;
mod reports;
mod session;
mod shared_codes;

pub use admin::*;
pub use admin_reports::*;
pub use any::{Message, template_name};
pub use codes::*;
pub use flags::*;
pub use market::*;
pub use orders::*;
pub use reports::*;
pub use session::*;

/// The id of the schema, in the header of every message.
pub const SCHEMA_ID: u16 = 1;
/// The version of the schema that this code writes.
pub const SCHEMA_VERSION: u16 = 0;
/// The longest text, in bytes.
pub const TEXT_BYTES_MAX: usize = 512;
