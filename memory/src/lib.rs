//! The allocator of Rialto's programs: the system's, but for large blocks, which stand in huge pages.
//!
//! The pools of orders, levels and balances, the indices and the rings are blocks of many megabytes that are
//! used in no order. With pages of 4 KiB each access to a cold place misses the table of the processor's
//! translations too, which in a virtual machine costs more than the access itself, and the first access to
//! each page stops the core thread for a microsecond while the system finds one. So a block of
//! [`HUGE_PAGE_BYTES`] or more is mapped on its own, at a multiple of that size; the system is asked to back
//! its beginning, which is used most ([`set_resident_max`]), with huge pages, and to do so at once. Where it
//! cannot (no such pages left, forbidden, an older kernel) everything works as before, only slower.
//! docs/adr/0039 has the measurements.
//!
//! A block costs two to four system calls and the zeroing of its pages when it is taken, so this is for what is
//! taken once and kept. Smaller blocks go to the system's allocator unchanged.
//!
//! This crate is nothing but this and has the only unsafe code for it.

#![cfg_attr(not(target_os = "linux"), forbid(unsafe_code))]

#[cfg(target_os = "linux")]
mod huge;

#[cfg(target_os = "linux")]
pub use huge::{HUGE_PAGE_BYTES, HugePages, RESIDENT_DEFAULT, set_resident_max};

/// Elsewhere the system's allocator does everything.
#[cfg(not(target_os = "linux"))]
pub use std::alloc::System as HugePages;

/// How much of each large block is there from the start: elsewhere the system decides.
#[cfg(not(target_os = "linux"))]
pub const RESIDENT_DEFAULT: usize = 0;

/// Elsewhere without effect.
#[cfg(not(target_os = "linux"))]
pub fn set_resident_max(_bytes: usize) {}
