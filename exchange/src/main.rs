//! The binary `rialto`: reads its command line and does what it says.

mod cli;

use std::process::ExitCode;

use rialto_memory::HugePages;

/// The pools of the core and the rings stand in huge pages.
#[global_allocator]
static ALLOCATOR: HugePages = HugePages;

fn main() -> ExitCode {
    cli::run()
}
