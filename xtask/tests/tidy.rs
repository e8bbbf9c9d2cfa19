//! The workspace keeps its own rules: what `cargo xtask tidy` finds fails here, like any other test.

use std::process::Command;

/// Runs the built `xtask` and returns whether it succeeded, with all it said.
fn xtask(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .output();
    let output = output.expect("the test builds xtask before it runs");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn the_workspace_is_tidy() {
    let (is_tidy, said) = xtask(&["tidy"]);
    assert!(is_tidy, "\n{said}");
}

#[test]
fn an_unknown_chore_is_refused_with_the_list_of_chores() {
    for arguments in [&["tidyy"][..], &["tidy", "--fix"], &[]] {
        let (is_done, said) = xtask(arguments);
        assert!(!is_done, "{arguments:?}");
        assert!(said.contains("usage: cargo xtask"), "{said}");
    }
}
