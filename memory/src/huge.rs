//! [`HugePages`], on Linux.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::mm::{Advice, MapFlags, ProtFlags};

/// The size of a huge page on the processors that are common (`x86-64`, and `aarch64` with pages of 4 KiB). Where it
/// is another one, blocks are aligned to less or more than needed, and nothing else.
pub const HUGE_PAGE_BYTES: usize = 2 << 20;

/// How much of each large block is there from the start, if nobody says otherwise. 16 MiB are the records
/// of 260,000 open orders.
pub const RESIDENT_DEFAULT: usize = 16 << 20;

static RESIDENT_MAX: AtomicUsize = AtomicUsize::new(RESIDENT_DEFAULT);

/// From now on so many bytes at the beginning of each large block stand in huge pages that are there at once;
/// what lies behind them comes in pages of the usual size when it is first used. `usize::MAX` makes all
/// memory that is taken resident, 0 none of it.
///
/// Pools are taken for the worst case (each open order on a price far from all others) and filled from their
/// beginning, so most of what they reserve is never used.
pub fn set_resident_max(bytes: usize) {
    RESIDENT_MAX.store(bytes, Ordering::Relaxed);
}

/// Blocks of [`HUGE_PAGE_BYTES`] and more in huge pages, all others from the system.
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: rialto_memory::HugePages = rialto_memory::HugePages;
///
/// let orders = vec![0_u64; 1 << 20];
/// # #[cfg(target_os = "linux")]
/// assert!((orders.as_ptr() as usize).is_multiple_of(rialto_memory::HUGE_PAGE_BYTES));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct HugePages;

/// Whether a block of this layout is mapped on its own. The layout decides alone, so that whoever frees the
/// block knows it too.
fn is_huge(layout: Layout) -> bool {
    layout.size() >= HUGE_PAGE_BYTES && layout.align() <= HUGE_PAGE_BYTES
}

/// What is mapped for a block of `size` bytes. A layout's size is at most `isize::MAX`, so nothing overflows.
fn mapped(size: usize) -> usize {
    size.next_multiple_of(HUGE_PAGE_BYTES)
}

// SAFETY: a block is either the system allocator's from beginning to end, under its contract, or a mapping of its
// own; which one follows from the layout, which is the same in all calls for a block. A mapping is private to
// this process, zeroed, readable and writable, as long as the layout says or longer, aligned as `map` says,
// and stays until `dealloc`. Nothing here unwinds: system calls return errors, which are a null pointer.
unsafe impl GlobalAlloc for HugePages {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_huge(layout) {
            return map(layout.size());
        }
        // SAFETY: the caller's promises are the system allocator's conditions.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_huge(layout) {
            // A new mapping is zeroed.
            return map(layout.size());
        }
        // SAFETY: as for `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if is_huge(layout) {
            // SAFETY: the block is a mapping of exactly this length, and the caller uses it no more.
            unsafe { unmap(pointer, mapped(layout.size())) };
            return;
        }
        // SAFETY: the block came from the system's allocator with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that `size`, rounded up to the alignment, is at most `isize::MAX`.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (is_huge(layout), is_huge(new)) {
            // SAFETY: the block came from the system's allocator with this layout and stays there.
            (false, false) => unsafe { System.realloc(pointer, layout, size) },
            (true, true) if mapped(layout.size()) == mapped(size) => pointer,
            // SAFETY: `pointer` is a block of `layout`; `new` has the alignment of `layout`.
            _ => unsafe { self.move_block(pointer, layout, new) },
        }
    }
}

impl HugePages {
    /// A block of the layout `new` with what the old one held; the old one is freed. Null, and nothing done, when
    /// there is no memory.
    ///
    /// # Safety
    /// `pointer` is a block that this allocator gave for `layout`.
    #[cold]
    unsafe fn move_block(&self, pointer: *mut u8, layout: Layout, new: Layout) -> *mut u8 {
        // SAFETY: one of both sizes is that of a huge page or more, and the caller of `realloc` promises that
        // the new one is not zero.
        let target = unsafe { self.alloc(new) };
        if !target.is_null() {
            // SAFETY: both blocks have that many bytes, and a new block overlaps no other. The old one was given
            // for `layout`, and the caller uses it no more.
            unsafe {
                ptr::copy_nonoverlapping(pointer, target, layout.size().min(new.size()));
                self.dealloc(pointer, layout);
            }
        }
        target
    }
}

/// Maps `size` bytes, rounded up to whole huge pages, at a multiple of their size; null when there is no memory.
#[cold]
fn map(size: usize) -> *mut u8 {
    let length = mapped(size);
    let Some(with_room) = length.checked_add(HUGE_PAGE_BYTES) else {
        return ptr::null_mut();
    };
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: the system chooses the place, so the mapping replaces nothing.
    let placed = unsafe {
        rustix::mm::mmap_anonymous(ptr::null_mut(), with_room, access, MapFlags::PRIVATE)
    };
    let Ok(begin) = placed else {
        return ptr::null_mut();
    };
    let begin = begin.cast::<u8>();
    let before = begin.addr().next_multiple_of(HUGE_PAGE_BYTES) - begin.addr();
    let after = HUGE_PAGE_BYTES - before;
    let resident = length.min(RESIDENT_MAX.load(Ordering::Relaxed));
    // SAFETY: `before` is at most a huge page, and so much was mapped beyond `length`: all three parts lie within
    // the mapping. The first and the last are given back before anybody knows of them. Advice changes no
    // content.
    unsafe {
        let block = begin.add(before);
        unmap(begin, before);
        unmap(block.add(length), after);
        // What the system does not grant makes it slower, and no more.
        let _ = rustix::mm::madvise(block.cast(), resident, Advice::LinuxHugepage);
        let _ = rustix::mm::madvise(block.cast(), resident, Advice::LinuxPopulateWrite);
        block
    }
}

/// Gives back `length` bytes of a mapping.
///
/// # Safety
/// They are mapped by [`map`], and nobody uses them any more.
unsafe fn unmap(begin: *mut u8, length: usize) {
    if length > 0 {
        // SAFETY: as promised. It fails only if the process has too many mappings to split one: then the
        // memory stays mapped, which harms nobody.
        let _ = unsafe { rustix::mm::munmap(begin.cast(), length) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    /// Bytes that tell where they stand.
    fn byte(at: usize) -> u8 {
        u8::try_from(at % 251).unwrap()
    }

    #[test]
    fn large_blocks_are_aligned_and_zeroed() {
        for size in [HUGE_PAGE_BYTES, HUGE_PAGE_BYTES + 1, 3 * HUGE_PAGE_BYTES] {
            for align in [1, 64, HUGE_PAGE_BYTES] {
                let layout = layout(size, align);
                // SAFETY: the size is not zero, only the block's own bytes are read, and it is freed once.
                unsafe {
                    let block = HugePages.alloc_zeroed(layout);
                    assert!(block.addr().is_multiple_of(HUGE_PAGE_BYTES));
                    let bytes = std::slice::from_raw_parts_mut(block, size);
                    assert!(bytes.iter().all(|byte| *byte == 0));
                    bytes.fill(7);
                    HugePages.dealloc(block, layout);
                }
            }
        }
    }

    #[test]
    fn small_blocks_and_strange_alignments_come_from_the_system() {
        assert!(!is_huge(layout(HUGE_PAGE_BYTES - 1, 1)));
        let layout = layout(HUGE_PAGE_BYTES, 2 * HUGE_PAGE_BYTES);
        assert!(!is_huge(layout));
        // SAFETY: the size is not zero, and the block is freed once, with its layout.
        unsafe {
            let block = HugePages.alloc(layout);
            assert!(block.addr().is_multiple_of(2 * HUGE_PAGE_BYTES));
            HugePages.dealloc(block, layout);
        }
    }

    #[test]
    fn a_block_keeps_its_bytes_when_it_grows_and_shrinks() {
        let sizes = [
            100,
            HUGE_PAGE_BYTES - 1,
            HUGE_PAGE_BYTES,
            HUGE_PAGE_BYTES + 5,
            2 * HUGE_PAGE_BYTES,
            5 * HUGE_PAGE_BYTES + 1,
            3 * HUGE_PAGE_BYTES,
            HUGE_PAGE_BYTES - 3,
            50,
        ];
        // SAFETY: no size is zero, only bytes of the block are touched, and each call has the present layout.
        unsafe {
            let mut size = 10;
            let mut block = HugePages.alloc(layout(size, 8));
            (0..size).for_each(|at| block.add(at).write(byte(at)));
            for new in sizes {
                block = HugePages.realloc(block, layout(size, 8), new);
                assert!(!block.is_null());
                let kept = std::slice::from_raw_parts(block, size.min(new));
                assert!(
                    kept.iter()
                        .enumerate()
                        .all(|(at, found)| *found == byte(at))
                );
                (0..new).for_each(|at| block.add(at).write(byte(at)));
                size = new;
            }
            HugePages.dealloc(block, layout(size, 8));
        }
    }

    #[test]
    fn memory_that_is_not_there_is_a_null_pointer() {
        let size = usize::try_from(isize::MAX).unwrap() - 2 * HUGE_PAGE_BYTES;
        // SAFETY: the size is not zero; there is nothing to be freed.
        let block = unsafe { HugePages.alloc(layout(size, 1)) };
        assert!(block.is_null());
        let small = layout(64, 1);
        // SAFETY: a block whose growth was refused is as it was, and is freed with its own layout.
        unsafe {
            let block = HugePages.alloc(small);
            block.write(9);
            assert!(HugePages.realloc(block, small, size).is_null());
            assert_eq!(block.read(), 9);
            HugePages.dealloc(block, small);
        }
    }

    /// The beginning of a large block is there before it is used, the rest is not, and all of it is the system's
    /// again when it is freed.
    #[test]
    fn the_beginning_is_resident_until_it_is_freed() {
        let layout = layout(4 * RESIDENT_DEFAULT, 8);
        let resident = || {
            let status = std::fs::read_to_string("/proc/self/statm").unwrap();
            let pages = status.split(' ').nth(1).unwrap();
            pages.parse::<usize>().unwrap() * rustix::param::page_size()
        };
        let before = resident();
        // SAFETY: the size is not zero, and the block is freed once, with its layout.
        unsafe {
            let block = HugePages.alloc(layout);
            let taken = resident() - before;
            assert!(taken >= RESIDENT_DEFAULT, "{taken} bytes");
            assert!(taken < 2 * RESIDENT_DEFAULT, "{taken} bytes");
            HugePages.dealloc(block, layout);
        }
        let left = resident().saturating_sub(before);
        assert!(left < RESIDENT_DEFAULT / 2, "{left} bytes");
    }
}
