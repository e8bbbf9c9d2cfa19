//! Counts what a thread takes from the allocator: how often, and how many bytes it holds.
//!
//! The hot path of the core takes nothing (proved by `tests/allocations.rs`), and the memory of an order is
//! what the allocator gave for it. A program or test that wants to know makes [`CountingAllocator`] its global
//! allocator. Counts are per thread, so that a journal's own thread disturbs nobody; a thread that frees
//! what another took holds fewer than 0 bytes. One count is of the whole process, for work that several
//! threads share.
//!
//! Cost: two additions in the thread's own memory, and one atomic, for each call.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use rialto_memory::HugePages;

thread_local! {
    // Constant and without a destructor, so that reaching them never allocates.
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

/// As [`Tally::count`], of all threads.
static PROCESS_COUNT: AtomicU64 = AtomicU64::new(0);

/// The product's allocator with a tally.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountingAllocator;

/// What a thread has taken since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls that took memory or moved it: not those that gave it back.
    pub count: u64,
    /// Bytes taken and not given back.
    pub bytes: i64,
}

impl Tally {
    /// The calling thread's; zero for ever where [`CountingAllocator`] is not the global allocator.
    pub fn now() -> Self {
        Self {
            count: COUNT.get(),
            bytes: BYTES.get(),
        }
    }

    /// How often memory was taken or moved by any thread; 0 as [`Self::now`].
    pub fn process_count() -> u64 {
        PROCESS_COUNT.load(Ordering::Relaxed)
    }

    /// What was taken from here on until now.
    #[must_use]
    pub fn since(self) -> Self {
        let now = Self::now();
        Self {
            count: now.count - self.count,
            bytes: now.bytes - self.bytes,
        }
    }
}

fn note(count: u64, bytes: i64) {
    COUNT.set(COUNT.get() + count);
    if count > 0 {
        PROCESS_COUNT.fetch_add(count, Ordering::Relaxed);
    }
    BYTES.set(BYTES.get() + bytes);
}

/// A size with a sign; a layout never exceeds `isize::MAX`.
fn signed(bytes: usize) -> i64 {
    bytes.cast_signed() as i64
}

// SAFETY: every call is handed on unchanged to an allocator that keeps the contract; the tally
// touches only the thread's own counters and cannot unwind.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, signed(layout.size()));
        // SAFETY: the caller's promises are the inner allocator's conditions.
        unsafe { HugePages.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(1, signed(layout.size()));
        // SAFETY: as for `alloc`.
        unsafe { HugePages.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(0, -signed(layout.size()));
        // SAFETY: the block came from the inner allocator with this layout.
        unsafe { HugePages.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, signed(size) - signed(layout.size()));
        // SAFETY: the block came from the inner allocator with this layout.
        unsafe { HugePages.realloc(pointer, layout, size) }
    }
}
