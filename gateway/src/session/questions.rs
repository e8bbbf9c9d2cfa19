//! Questions and subscriptions, which the publisher answers; and everything that is not for a client to
//! send.

use rialto_protocol::text::{self, Context};
use rialto_protocol::{EndReason, Message, MessageError, Refused, Subscribe, VarText, order};
use rialto_types::{AccountId, Permissions, Refusal, RejectReason};
use tokio::sync::oneshot;

use super::copy::Copyist;
use super::{End, Session, Stage, ended};
use crate::publisher::LISTED_COUNT_MAX;
use crate::request::{Question, Request};

/// A client with more than this on its way is waited for before it may subscribe to something else.
const UNREAD_BYTES_MAX: usize = 64 * 1024;

/// A question with what it takes to ask it.
struct Asking {
    request_id: u64,
    /// What the key must be allowed.
    needs: Permissions,
    question: Result<Question, (Refusal, String)>,
}

impl Session {
    /// Hands a question or subscription to the publisher, or refuses the message.
    pub(super) async fn ask(&mut self, message: &Message) -> Result<(), End> {
        let request = match message {
            Message::Subscribe(m) => return self.subscribe(*m).await,
            Message::Unsubscribe(m) => Request::Unsubscribe(self.id, *m),
            other => match self.question(other) {
                Some(request) => request,
                None => return Ok(()),
            },
        };
        self.hand_in(request).await
    }

    async fn hand_in(&mut self, request: Request) -> Result<(), End> {
        if matches!(self.stage, Stage::Entering(_)) {
            let listens = self.pass.listen();
            listens.map_err(|crowded| {
                self.floor.metrics.connections_refused.inc();
                End::told(EndReason::TooManySessions, crowded.text())
            })?;
            self.stage = Stage::Public;
        }
        let sent = self.market().requests.send(request).await;
        sent.map_err(|_| ended(EndReason::ShuttingDown))
    }

    /// Hands in a subscription and waits until the publisher has dealt with it. A frame has room for
    /// hundreds, and a snapshot is as long as its book is deep: what the client has not read of the
    /// earlier ones is written first, so that it can neither fill the memory with them nor let other
    /// sessions wait behind them.
    pub(super) async fn subscribe(&mut self, message: Subscribe) -> Result<(), End> {
        if self.outbox.in_flight_bytes() > UNREAD_BYTES_MAX {
            self.write_out().await?;
        }
        let (done, dealt_with) = oneshot::channel();
        self.hand_in(Request::Subscribe {
            session: self.id,
            message,
            done,
        })
        .await?;
        dealt_with.await.map_err(|_| ended(EndReason::ShuttingDown))
    }

    /// The request that a message makes; `None` when it was refused.
    fn question(&mut self, message: &Message) -> Option<Request> {
        let template_id = message.template_id();
        let own = self.account();
        let account = own.map_or(AccountId::VENUE, |(account, _)| account);
        let Some(asking) = self.asking(message, account) else {
            let about = Refused {
                ref_template_id: template_id,
                ..Refused::default()
            };
            let text = format!("only the exchange sends {}", message.name());
            self.refuse_message(&about, MessageError::NotFromClient, text);
            return None;
        };
        let Asking {
            request_id,
            needs,
            question,
        } = asking;
        let about = Refused {
            ref_template_id: template_id,
            request_id: Some(request_id),
            ..Refused::default()
        };
        let Some((_, permissions)) = own else {
            self.refuse_before_logon(&about);
            return None;
        };
        let question = if permissions.allows(needs) {
            question
        } else {
            let (has, needs) = (i64::from(permissions.bits()), i64::from(needs.bits()));
            let refusal = Refusal::new(RejectReason::NotPermitted, has, needs);
            Err((refusal, text::refusal(&refusal, &Context::default())))
        };
        match question {
            Ok(question) => Some(Request::Ask {
                session: self.id,
                template_id,
                request_id,
                question,
            }),
            Err((refusal, text)) => {
                self.floor.metrics.gate_refusal(refusal.reason);
                self.answer(&Refused {
                    reject_reason: Some(refusal.reason.into()),
                    value: refusal.value,
                    limit: refusal.limit,
                    text: VarText::from(text),
                    ..about
                });
                None
            }
        }
    }

    fn account(&self) -> Option<(AccountId, Permissions)> {
        match &self.stage {
            Stage::Trader(trader) => Some((trader.account, trader.permissions)),
            Stage::Copy(copyist) => Some((copyist.account, Copyist::PERMISSIONS)),
            Stage::Entering(_) | Stage::Public => None,
        }
    }

    /// What a message asks, if it asks something. `own` is the account of the session.
    fn asking(&mut self, message: &Message, own: AccountId) -> Option<Asking> {
        // Another account's affairs are an administrator's.
        let of = |account: Option<AccountId>| match account {
            Some(other) if other != own => (other, Permissions::READ.with(Permissions::ADMIN)),
            _ => (own, Permissions::READ),
        };
        Some(match message {
            Message::OrderStatusRequest(m) => Asking {
                request_id: m.request_id,
                needs: Permissions::READ,
                question: order::order_ref(m.order_id, &m.client_order_id)
                    .map(Question::OrderStatus)
                    .map_err(|refused| {
                        let text = text::wire_refusal(&refused, &Context::default());
                        (refused.refusal, text)
                    }),
            },
            Message::OpenOrdersRequest(m) => {
                let (account, needs) = of(m.account_id);
                let directory = self.directory.get();
                let unknown = m
                    .instrument_id
                    .filter(|id| directory.instrument(*id).is_none());
                let question = match unknown {
                    None => Ok(Question::OpenOrders {
                        account,
                        instrument: m.instrument_id,
                    }),
                    Some(id) => {
                        let value = i64::from(id.0);
                        let refusal = Refusal::new(RejectReason::UnknownInstrument, value, 0);
                        Err((refusal, text::refusal(&refusal, &Context::default())))
                    }
                };
                Asking {
                    request_id: m.request_id,
                    needs,
                    question,
                }
            }
            Message::BalancesRequest(m) => {
                let (account, needs) = of(m.account_id);
                Asking {
                    request_id: m.request_id,
                    needs,
                    question: Ok(Question::Balances { account }),
                }
            }
            other => return administrators_question(other),
        })
    }
}

/// What a message asks that only administrators may ask.
fn administrators_question(message: &Message) -> Option<Asking> {
    let (request_id, question) = match message {
        Message::AccountsRequest(m) => (
            m.request_id,
            Question::Accounts {
                first: m.first_account_id,
                count: m.max_count.unwrap_or(LISTED_COUNT_MAX),
            },
        ),
        Message::KeysRequest(m) => (
            m.request_id,
            Question::Keys {
                first: m.first_key_id,
                account: m.account_id,
                count: m.max_count.unwrap_or(LISTED_COUNT_MAX),
            },
        ),
        Message::TransferSourceRequest(m) => (m.request_id, Question::TransferSource(m.source_id)),
        _ => return None,
    };
    Some(Asking {
        request_id,
        needs: Permissions::ADMIN,
        question: Ok(question),
    })
}
