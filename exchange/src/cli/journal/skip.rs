//! Having the record passed over that the core panicked at.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use rialto_client::ApiKey;
use rialto_exchange::skip;
use rialto_types::{AccountId, Seq};
use serde_json::json;

use crate::cli::output::{Ending, Output, Sentence};

/// What is decided, and by whom.
#[derive(Args, Clone, Debug)]
pub(super) struct Decision {
    /// The record, by its sequence
    #[arg(long, value_name = "SEQ")]
    record: u64,
    /// The key file of an administrator
    #[arg(long, value_name = "FILE.json")]
    key: PathBuf,
    /// Do it; otherwise only say what would be done
    #[arg(long)]
    yes: bool,
}

/// Decides, or says what would be decided.
pub(super) fn run(journal: &Path, decision: &Decision, output: Output) -> Result<Ending> {
    let record = Seq(decision.record);
    let mark = skip::check_mark(journal, record)?;
    let key = ApiKey::load(&decision.key, Some(AccountId::VENUE))?;
    let fields = json!({"record": record.0, "key": key.key_id().0, "panic": mark.panic});
    let sentence = if decision.yes {
        skip::skip(journal, record, &key)?;
        let text = format!("record {record} is passed over from now on: start the exchange");
        Sentence::new("decided", text, fields)
    } else {
        let text = format!(
            "record {record}, at which the core panicked ({}), would be passed over for ever, and \
             whoever sent it would be told nothing; say --yes to decide so",
            mark.panic
        );
        Sentence::new("nothing done", text, fields)
    };
    output.show(&sentence)?;
    Ok(Ending::Done)
}
