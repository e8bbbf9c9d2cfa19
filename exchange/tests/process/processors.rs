//! On which processors the threads of an exchange may run, as the system says it.

use std::collections::BTreeMap;
use std::fs;

use crate::process::Setup;

/// The processors that each thread of a process may run on, under the thread's name.
fn allowed(process: &str) -> BTreeMap<String, Vec<usize>> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let statuses =
        tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("status")).ok());
    let status = |status: String| {
        let line = |name| status.lines().find_map(|line| line.strip_prefix(name));
        let list = line("Cpus_allowed_list:").unwrap().trim();
        (line("Name:").unwrap().trim().to_owned(), processors(list))
    };
    statuses.map(status).collect()
}

/// What a list like `0-2,5` names.
fn processors(list: &str) -> Vec<usize> {
    let range = |range: &str| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        from.parse().unwrap()..=to.parse().unwrap()
    };
    list.split(',').flat_map(range).collect()
}

#[tokio::test]
async fn a_processor_that_is_the_cores_is_nobody_elses() {
    let mine = allowed("self").into_values().next().unwrap();
    let core = *mine.last().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let setup = Setup::venue(directory.path().join("data")).with("RIALTO__CORE__CORE_CPU", core);
    let process = setup.open().await;
    process.logged("pinned").await;
    let threads = allowed(&process.id().to_string());
    if mine.len() == 1 {
        // Told and shared: there is no other one.
        process.logged("the core shares its processor").await;
    } else {
        process.logged("kept free for the core").await;
        assert_eq!(threads["core"], [core]);
        assert!(threads.len() > 3, "{threads:?}");
        for (name, processors) in threads.iter().filter(|(name, _)| *name != "core") {
            assert!(!processors.contains(&core), "{name}: {processors:?}");
            assert_eq!(processors.len(), mine.len() - 1, "{name}");
        }
    }
    process.stop().await;
}

#[tokio::test]
async fn a_processor_that_cannot_be_had_is_told_and_done_without() {
    let directory = tempfile::tempdir().unwrap();
    let setup = Setup::venue(directory.path().join("data")).with("RIALTO__CORE__CORE_CPU", 1_000);
    let process = setup.open().await;
    process
        .logged("not pinned: the thread runs on any processor")
        .await;
    process.stop().await;
}
