//! Administration: state-changing requests of an operator, and questions about accounts, keys and
//! transfers. Needs a key with the permission Admin.

use rialto_protocol::{
    AccountDetails, AccountsRequest, AdminReport, Balance, KeyDetails, KeysRequest, ListFlags,
    Message, Scaled, Transfer, TransferSourceRequest,
};
use rialto_types::{AccountId, AssetId, KeyId, SourceId};

use crate::connection::Sorted;
use crate::questions::{LIST_ENTRIES_MAX, refusal};
use crate::{ClientError, Rejection, Sequenced, Session};

/// Funds to be moved into or out of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferRequest {
    /// Whose balance.
    pub account: AccountId,
    /// Of what.
    pub asset: AssetId,
    /// How much; negative out of the account.
    pub amount: Scaled,
    /// Who sends it.
    pub source: SourceId,
}

impl Session {
    /// Sends an administrative request and waits until it is done; the report has the ids that were
    /// given.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the reason, and as [`Session::next`].
    pub async fn administer<M: Sequenced>(
        &mut self,
        request: M,
    ) -> Result<AdminReport, ClientError> {
        let client_seq = self.submit(request)?;
        let asked = self.asked(client_seq);
        self.answer(M::NAME, |message| match message {
            Message::Refused(refused) if asked.is_refused(&refused) => {
                Err(Rejection::from(&refused).into())
            }
            Message::AdminReport(report) if asked.is(report.key_id, report.client_seq) => {
                match report.reject_reason {
                    None => Ok(Sorted::Answer(report)),
                    Some(_) => Err(Rejection::from(&report).into()),
                }
            }
            other => Ok(Sorted::Other(other)),
        })
        .await
    }

    /// Moves funds under the next number of their source, which it asks for first. Two programs that
    /// use one source at the same time can collide; the exchange then refuses the later one and nothing
    /// is moved twice.
    ///
    /// # Errors
    /// As [`Session::administer`].
    pub async fn transfer(&mut self, request: TransferRequest) -> Result<AdminReport, ClientError> {
        let last = self.last_transfer_seq(request.source).await?;
        self.administer(Transfer {
            transfer_seq: last.saturating_add(1),
            account_id: request.account,
            amount: request.amount,
            asset_id: request.asset,
            source_id: request.source,
            ..Transfer::default()
        })
        .await
    }

    /// The number of the last transfer of a source that was applied; 0 before the first.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the reason, and as [`Session::next`].
    pub async fn last_transfer_seq(&mut self, source: SourceId) -> Result<u64, ClientError> {
        let request_id = self.connection().request_id();
        self.queue(&TransferSourceRequest {
            request_id,
            source_id: source,
        })?;
        self.answer("TransferSourceRequest", |message| match message {
            Message::TransferSource(answer) if answer.request_id == request_id => {
                Ok(Sorted::Answer(answer.last_transfer_seq))
            }
            other => refusal(other, request_id),
        })
        .await
    }

    /// All accounts with their balances, the venue's first, in ascending order. An account with very
    /// many balances comes in several entries.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the reason, and as [`Session::next`].
    pub async fn accounts(&mut self) -> Result<Vec<AccountDetails>, ClientError> {
        const WHAT: &str = "AccountsRequest";
        let mut pages = Pages::new(WHAT, 0);
        while let Some(first) = pages.wanted {
            let request_id = self.connection().request_id();
            self.queue(&AccountsRequest {
                request_id,
                first_account_id: AccountId(first),
                max_count: None,
            })?;
            self.answer(WHAT, |message| match message {
                Message::AccountDetails(details) if details.request_id == request_id => {
                    let (id, flags) = (details.account_id.0, details.list_flags);
                    pages.take(id, flags, details)
                }
                other => refusal(other, request_id),
            })
            .await?;
        }
        Ok(pages.entries)
    }

    /// One account with its balances; empty when there is none of this id. An account with very many
    /// balances comes in several entries.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the reason, and as [`Session::next`].
    pub async fn account_details(
        &mut self,
        account: AccountId,
    ) -> Result<Vec<AccountDetails>, ClientError> {
        const WHAT: &str = "AccountsRequest";
        let mut page = Pages::new(WHAT, account.0);
        let request_id = self.connection().request_id();
        self.queue(&AccountsRequest {
            request_id,
            first_account_id: account,
            max_count: Some(1),
        })?;
        self.answer(WHAT, |message| match message {
            Message::AccountDetails(details) if details.request_id == request_id => {
                let (id, flags) = (details.account_id.0, details.list_flags);
                page.take(id, flags, details)
            }
            other => refusal(other, request_id),
        })
        .await?;
        // Without an account of this id the exchange begins with the next one that there is.
        let entries = page.entries.into_iter();
        Ok(entries
            .filter(|details| details.account_id == account)
            .collect())
    }

    /// All API keys, or those of one account, in ascending order.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the reason, and as [`Session::next`].
    pub async fn keys(
        &mut self,
        account: Option<AccountId>,
    ) -> Result<Vec<KeyDetails>, ClientError> {
        const WHAT: &str = "KeysRequest";
        let mut pages = Pages::new(WHAT, 1);
        while let Some(first) = pages.wanted {
            let request_id = self.connection().request_id();
            self.queue(&KeysRequest {
                request_id,
                first_key_id: KeyId(first),
                account_id: account,
                max_count: None,
            })?;
            self.answer(WHAT, |message| match message {
                Message::KeyDetails(details) if details.request_id == request_id => {
                    let (id, flags) = (details.key_id.0, details.list_flags);
                    pages.take(id, flags, details)
                }
                other => refusal(other, request_id),
            })
            .await?;
        }
        Ok(pages.entries)
    }

    /// The balance of one asset of any account; zero when it never had any.
    ///
    /// # Errors
    /// As [`Session::balances`].
    pub async fn balance_of(
        &mut self,
        account: AccountId,
        asset: AssetId,
    ) -> Result<Balance, ClientError> {
        let balances = self.balances(Some(account)).await?;
        let found = balances
            .into_iter()
            .find(|balance| balance.asset_id == asset);
        Ok(found.unwrap_or(Balance {
            asset_id: asset,
            available: Scaled::ZERO,
            held: Scaled::ZERO,
        }))
    }
}

/// Gathers a list that the exchange gives out in pages.
struct Pages<T> {
    what: &'static str,
    entries: Vec<T>,
    /// The id from which the next page is to be asked for; `None` when the list is complete.
    wanted: Option<u32>,
}

impl<T> Pages<T> {
    const fn new(what: &'static str, first: u32) -> Self {
        Self {
            what,
            entries: Vec::new(),
            wanted: Some(first),
        }
    }

    /// Takes one entry of the page that was asked for.
    fn take(&mut self, id: u32, flags: ListFlags, entry: T) -> Result<Sorted<()>, ClientError> {
        if flags.contains(ListFlags::FOUND) {
            // Ids ascend, so a page that ends before it began would go on for ever.
            if self.wanted.is_some_and(|first| id < first) {
                return Err(ClientError::Inconsistent {
                    message: self.what,
                    reason: format!("the answer goes back to id {id}"),
                });
            }
            self.entries.push(entry);
        }
        if self.entries.len() > LIST_ENTRIES_MAX {
            return Err(ClientError::ListTooLong { what: self.what });
        }
        if !flags.contains(ListFlags::LAST) {
            return Ok(Sorted::Part);
        }
        let goes_on = flags.contains(ListFlags::FOUND.with(ListFlags::MORE));
        self.wanted = if goes_on { id.checked_add(1) } else { None };
        Ok(Sorted::Answer(()))
    }
}
