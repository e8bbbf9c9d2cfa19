//! What the gateway takes from the allocator. A program of its own: the count is of the whole process.

use rialto_benches::allocations::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[cfg(test)]
mod order_path;
