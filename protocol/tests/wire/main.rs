//! Tests of the wire from outside: against the schema, against golden bytes, against the document.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod canonical;
mod codes;
mod document;
mod frames;
mod golden;
mod logon;
mod round_trip;
mod samples;
mod schema;
