//! Clients that send as fast as they can, remember what they were told, and go on after the exchange was
//! killed where they had stopped.
//!
//! A client numbers its requests itself. What was not answered when the exchange died it sends again under
//! the same number, before anything else: either the exchange does it now, or it says that it knows the
//! number.

use std::collections::BTreeMap;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use rialto_client::{ApiKey, ClientError, Connection, Directory, LogonOptions, Session};
use rialto_protocol::{Channel, EndReason, ExecType, Message, Refused};
use rialto_types::{
    AccountId, Amount, AssetId, ClientSeq, InstrumentId, KeyId, RejectReason, ReportSeq, SourceId,
    TradeId,
};
use rustix::process::Signal;
use tokio::sync::{Notify, watch};

use crate::fuzz::Sent;
use crate::ledger::Ledger;
use crate::process::{PATIENCE, Process};
use crate::requests::{Request, Whims, transfer};
use crate::told;

/// Requests of one client that wait for their answers.
const WINDOW: usize = 150;
/// Requests that one client sends at once, at most.
const BURST_MAX: usize = 40;
/// Where the teller's transfers come from.
const SOURCE: SourceId = SourceId(7);
/// Accounts 1 to this one trade.
const TRADERS: u32 = 5;
/// Who reads the trades, and where money is taken out again.
const READER: u32 = 8;

/// How a client sends.
#[derive(Clone, Debug)]
struct Manners {
    /// Requests that wait for their answers.
    window: usize,
    /// Requests that are sent at once, at most.
    burst_max: usize,
    /// Between an answered window and the next one; without it a window is filled all the time.
    pause: Option<Duration>,
    /// Where it is noted what was sent.
    sent: Option<Arc<Sent>>,
}

impl Manners {
    /// As fast as it can.
    const HASTY: Self = Self {
        window: WINDOW,
        burst_max: BURST_MAX,
        pause: None,
        sent: None,
    };

    /// A few requests at a time, which are noted.
    const fn gentle(sent: Arc<Sent>) -> Self {
        Self {
            window: 4,
            burst_max: 4,
            pause: Some(Duration::from_millis(5)),
            sent: Some(sent),
        }
    }
}

/// What a client does.
#[derive(Debug)]
enum Part {
    /// Trades.
    Trader(Whims),
    /// Moves funds.
    Teller { rng: Rng, last: u64 },
    /// Reads every trade.
    Reader {
        trades: BTreeMap<InstrumentId, TradeId>,
    },
}

/// How far the present life of the exchange has come.
#[derive(Debug)]
struct Life {
    answers: AtomicU64,
    /// So many answers are enough.
    enough: u64,
    is_enough: Notify,
    /// Set before the exchange is told to end: from then on connections may fail.
    is_over: AtomicBool,
    /// Nothing new is asked for.
    is_settling: watch::Sender<bool>,
}

impl Life {
    fn new(enough: u64) -> Self {
        Self {
            answers: AtomicU64::new(0),
            enough,
            is_enough: Notify::new(),
            is_over: AtomicBool::new(false),
            is_settling: watch::Sender::new(false),
        }
    }

    /// Waits until so many answers have come.
    async fn has_answered(&self, count: u64) {
        let waiting = async {
            while self.answers.load(Ordering::Relaxed) < count {
                tokio::task::yield_now().await;
            }
        };
        let came = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(came.is_ok(), "{count} answers never came");
    }

    fn answered(&self) {
        if self.answers.fetch_add(1, Ordering::Relaxed) + 1 == self.enough {
            self.is_enough.notify_one();
        }
    }
}

/// One client, through many lives of the exchange.
#[derive(Debug)]
struct Client {
    key: ApiKey,
    part: Part,
    manners: Manners,
    directory: Arc<Directory>,
    last_seq: u64,
    unanswered: BTreeMap<u64, Request>,
    /// The highest number of which the core has told.
    core_told: u64,
    /// The number of the last report.
    report: ReportSeq,
    /// Numbers that the gate refused.
    refused: Vec<ClientSeq>,
    /// What the core had applied at the last logon.
    applied: u64,
    /// Whether it is being sent what it missed.
    is_catching_up: bool,
    told: Vec<Message>,
    /// How the last session ended, if not by its own will.
    ended: Option<ClientError>,
}

impl Client {
    fn new(key: ApiKey, part: Part, directory: Arc<Directory>) -> Self {
        Self {
            key,
            part,
            manners: Manners::HASTY,
            directory,
            last_seq: 0,
            unanswered: BTreeMap::new(),
            core_told: 0,
            report: ReportSeq(0),
            refused: Vec::new(),
            applied: 0,
            is_catching_up: false,
            told: Vec::new(),
            ended: None,
        }
    }

    /// Lives through one life of the exchange.
    async fn live(mut self, address: String, life: Arc<Life>) -> Self {
        self.ended = self.act(&address, &life).await.err();
        if let Some(error) = &self.ended {
            let (key, is_over) = (self.key.key_id(), life.is_over.load(Ordering::Acquire));
            assert!(is_over, "the session of key {key} ended: {error}");
        }
        self
    }

    async fn act(&mut self, address: &str, life: &Life) -> Result<(), ClientError> {
        let mut session = self.log_on(address).await?;
        let mut settling = life.is_settling.subscribe();
        loop {
            if !*settling.borrow_and_update() {
                self.ask(&mut session).await?;
            } else if self.unanswered.is_empty() {
                return session.log_out().await;
            }
            session.flush().await?;
            let patience = if self.unanswered.is_empty() {
                Duration::MAX
            } else {
                PATIENCE
            };
            let message = tokio::select! {
                message = tokio::time::timeout(patience, session.next()) => message,
                _ = settling.changed() => continue,
            };
            let message = message.unwrap_or_else(|_| {
                let (key, waiting) = (self.key.key_id(), &self.unanswered);
                panic!("key {key}: no answer within {PATIENCE:?} to {waiting:?}")
            });
            self.hear(message?, life);
            while let Some(message) = session.try_next()? {
                self.hear(message, life);
            }
        }
    }

    /// Logs on, and sends again what was not answered; or asks for what it missed, and sends only what
    /// the exchange does not know.
    async fn log_on(&mut self, address: &str) -> Result<Session, ClientError> {
        let connection = Connection::open(address).await?;
        let asks = match &mut self.part {
            Part::Trader(whims) => whims.asks() && self.report.0 > 0,
            Part::Teller { .. } | Part::Reader { .. } => false,
        };
        let options = LogonOptions {
            last_report_seq: asks.then_some(self.report),
            ..LogonOptions::default()
        };
        let mut session = connection.log_on(&self.key, options).await?;
        let logon = *session.logon();
        let key = self.key.key_id();
        self.applied = logon.highest_client_seq.0;
        assert!(
            self.applied >= self.core_told,
            "{key}: a number was forgotten"
        );
        assert!(
            self.applied <= self.last_seq,
            "{key}: a number was invented"
        );
        let next = logon.next_report_seq;
        assert!(next > self.report, "{key}: {next} after {}", self.report);
        self.is_catching_up = asks;
        if !self.is_catching_up {
            self.report = ReportSeq(next.0 - 1);
        }
        if let Part::Reader { trades } = &mut self.part {
            trades.clear();
            session
                .connection()
                .subscribe(Channel::Trades, None)
                .await?;
        }
        self.renumber_transfers();
        let known = if self.is_catching_up { self.applied } else { 0 };
        for (seq, request) in self.unanswered.range(known + 1..) {
            self.queue(*seq, request, &mut session)?;
        }
        Ok(session)
    }

    /// The teller sends its transfers again under new numbers, every other time: the number of the
    /// transfer itself guards against doing it twice.
    fn renumber_transfers(&mut self) {
        let Part::Teller { rng, .. } = &mut self.part else {
            return;
        };
        if rng.bool() {
            for request in std::mem::take(&mut self.unanswered).into_values() {
                self.last_seq += 1;
                self.unanswered.insert(self.last_seq, request);
            }
        }
    }

    /// Fills the window.
    async fn ask(&mut self, session: &mut Session) -> Result<(), ClientError> {
        if matches!(self.part, Part::Reader { .. }) {
            return Ok(());
        }
        if let Some(pause) = self.manners.pause {
            if !self.unanswered.is_empty() {
                return Ok(());
            }
            // Not to wait for anything: this is how often such a client asks.
            tokio::time::sleep(pause).await;
        }
        let mut burst = self.manners.burst_max;
        while burst > 0 && self.unanswered.len() < self.manners.window {
            let request = match &mut self.part {
                Part::Trader(whims) => whims.next(),
                Part::Teller { rng, last } => {
                    *last += 1;
                    Request::Transfer(payment(rng, &self.directory, *last))
                }
                Part::Reader { .. } => return Ok(()),
            };
            self.last_seq += 1;
            self.queue(self.last_seq, &request, session)?;
            self.unanswered.insert(self.last_seq, request);
            burst -= 1;
        }
        Ok(())
    }

    /// Queues a request, and notes it first if somebody wants to know.
    fn queue(&self, seq: u64, request: &Request, session: &mut Session) -> Result<(), ClientError> {
        let seq = ClientSeq(seq);
        if let Some(sent) = &self.manners.sent {
            sent.note(self.key.key_id(), request.message(seq));
        }
        request.queue(seq, session)
    }

    fn hear(&mut self, message: Message, life: &Life) {
        if let Some(report) = told::report(&message) {
            let expected = ReportSeq(self.report.0 + 1);
            assert_eq!(report, expected, "a report is missing before {message:?}");
            self.report = report;
        }
        if let Some((key, seq)) = told::asked(&message)
            && key == self.key.key_id()
            && seq.0 > 0
        {
            self.core_told = self.core_told.max(seq.0);
            if self.unanswered.remove(&seq.0).is_some() {
                life.answered();
            }
        }
        match &message {
            Message::Refused(refused) => self.hear_refusal(refused, life),
            Message::ReportGap(gap) => {
                assert!(self.is_catching_up, "{gap:?}");
                assert_eq!(gap.first_missed.0, self.report.0 + 1);
                self.report = ReportSeq(gap.first_available.0 - 1);
            }
            Message::CaughtUp(end) => self.caught_up(end.last_report_seq),
            Message::ExecutionReport(report) if report.exec_type == ExecType::New => {
                let (Part::Trader(whims), Some(order)) = (&mut self.part, report.order_id) else {
                    panic!("nobody else places orders: {report:?}");
                };
                whims.remember(report.instrument_id.unwrap(), order);
            }
            Message::TradeTick(tick) => {
                let Part::Reader { trades } = &mut self.part else {
                    panic!("nobody else reads trades: {tick:?}");
                };
                let before = trades.insert(tick.instrument_id, tick.trade_id);
                let follows = before.is_none_or(|before| before.0 + 1 == tick.trade_id.0);
                assert!(follows, "{before:?}, then {tick:?}");
            }
            _ => {}
        }
        self.told.push(message);
    }

    /// Everything that was missed has been told: of what is known and was not told of, the answer was no
    /// report.
    fn caught_up(&mut self, last: ReportSeq) {
        assert!(self.is_catching_up, "nobody asked for what was missed");
        assert_eq!(self.report, last, "a report is missing before the end");
        self.is_catching_up = false;
        self.unanswered = self.unanswered.split_off(&(self.applied + 1));
    }

    fn hear_refusal(&mut self, refused: &Refused, life: &Life) {
        let seq = refused.client_seq.unwrap_or_else(|| panic!("{refused:?}"));
        let known = self.unanswered.remove(&seq.0);
        assert!(known.is_some(), "answered twice: {refused:?}");
        life.answered();
        if refused.reject_reason == Some(RejectReason::DuplicateSequence.into()) {
            assert!(seq.0 <= self.applied, "a new number was known: {refused:?}");
        } else {
            self.refused.push(seq);
        }
    }
}

/// A small deposit, or a smaller withdrawal from an account that only receives.
fn payment(rng: &mut Rng, directory: &Directory, sequence: u64) -> rialto_protocol::Transfer {
    let asset = AssetId(rng.u16(1..=3));
    let (account, amount) = match rng.u32(..4) {
        0 => (READER, -rng.i64(1..=10)),
        _ => (rng.u32(1..=READER), rng.i64(1..=1_000)),
    };
    let amount = (asset, Amount(amount));
    transfer(directory, SOURCE, sequence, AccountId(account), amount)
}

/// All clients of a venue.
#[derive(Debug)]
pub(crate) struct Crowd {
    clients: Vec<Client>,
}

impl Crowd {
    /// Clients of a new venue.
    pub(crate) async fn new(seed: u64, process: &Process) -> Self {
        let mut connection = process.connect().await;
        let directory = Arc::new(Directory::load(&mut connection).await.unwrap());
        let keys = process.keys();
        let key = |account: u32| keys[account as usize - 1].clone();
        let client = |key, part| Client::new(key, part, Arc::clone(&directory));
        let trader = |account: u32| {
            let whims = Whims::new(seed ^ u64::from(account), Arc::clone(&directory));
            client(key(account), Part::Trader(whims))
        };
        let mut clients: Vec<_> = (1..=TRADERS).map(trader).collect();
        let rng = Rng::with_seed(seed);
        clients.push(client(process.admin_key(), Part::Teller { rng, last: 0 }));
        let reader = Part::Reader {
            trades: BTreeMap::new(),
        };
        clients.push(client(key(READER), reader));
        Self { clients }
    }

    /// The same, who ask for little at a time, and note what they have sent. The administrator has used its
    /// key before.
    pub(crate) async fn gentle(seed: u64, process: &Process, sent: &Arc<Sent>) -> Self {
        let mut crowd = Self::new(seed, process).await;
        let admin = process.log_on(0).await;
        let used = admin.logon().highest_client_seq.0;
        admin.log_out().await.unwrap();
        for client in &mut crowd.clients {
            client.manners = Manners::gentle(Arc::clone(sent));
            if matches!(client.part, Part::Teller { .. }) {
                client.last_seq = used;
            }
        }
        crowd
    }

    /// Lets the clients ask while `beside` goes on; then everything is answered, and they log out. Returns
    /// all that they were told.
    pub(crate) async fn ask_beside(
        &mut self,
        process: &Process,
        beside: impl Future<Output = ()>,
    ) -> Vec<Message> {
        let life = Arc::new(Life::new(u64::MAX));
        let clients = self.begin(process, &life).await;
        beside.await;
        life.is_settling.send_replace(true);
        self.end(clients).await
    }

    /// Lets the clients ask until they have heard `enough` answers; then sends the exchange a signal that
    /// ends it. Returns all that they were told, when all their sessions have ended.
    pub(crate) async fn load(
        &mut self,
        process: &Process,
        enough: u64,
        signal: Signal,
    ) -> Vec<Message> {
        let life = Arc::new(Life::new(enough));
        let clients = self.begin(process, &life).await;
        let reached = tokio::time::timeout(PATIENCE, life.is_enough.notified()).await;
        let answers = life.answers.load(Ordering::Relaxed);
        assert!(reached.is_ok(), "{answers} of {enough} answers came");
        life.is_over.store(true, Ordering::Release);
        process.signal(signal);
        self.end(clients).await
    }

    /// Lets the clients ask while `beside` goes on, which begins when they have heard `enough` answers; they
    /// must hear as many again afterwards. Then sends the exchange a signal that ends it. Returns all that
    /// they were told.
    pub(crate) async fn load_beside(
        &mut self,
        process: &Process,
        enough: u64,
        beside: impl Future<Output = ()>,
        signal: Signal,
    ) -> Vec<Message> {
        let life = Arc::new(Life::new(u64::MAX));
        let clients = self.begin(process, &life).await;
        life.has_answered(enough).await;
        beside.await;
        let answers = life.answers.load(Ordering::Relaxed);
        life.has_answered(answers + enough).await;
        life.is_over.store(true, Ordering::Release);
        process.signal(signal);
        self.end(clients).await
    }

    /// Lets the clients ask until the exchange ends by itself. Returns how it ended, and all that they were
    /// told.
    pub(crate) async fn load_until_it_ends(
        &mut self,
        process: &mut Process,
    ) -> (ExitStatus, Vec<Message>) {
        let life = Arc::new(Life {
            // When connections fail is the exchange's business.
            is_over: AtomicBool::new(true),
            ..Life::new(u64::MAX)
        });
        let clients = self.begin(process, &life).await;
        let status = process.ended().await;
        (status, self.end(clients).await)
    }

    /// Asks for nothing new, and waits until everything is answered.
    pub(crate) async fn settle(&mut self, process: &Process) -> Vec<Message> {
        let life = Arc::new(Life {
            is_settling: watch::Sender::new(true),
            ..Life::new(u64::MAX)
        });
        let clients = self.begin(process, &life).await;
        self.end(clients).await
    }

    async fn begin(
        &mut self,
        process: &Process,
        life: &Arc<Life>,
    ) -> Vec<tokio::task::JoinHandle<Client>> {
        let address = process.address().await;
        let clients = std::mem::take(&mut self.clients);
        let begin = |client: Client| tokio::spawn(client.live(address.clone(), Arc::clone(life)));
        clients.into_iter().map(begin).collect()
    }

    /// Waits for the clients and takes from them what they were told.
    async fn end(&mut self, clients: Vec<tokio::task::JoinHandle<Client>>) -> Vec<Message> {
        let mut told = Vec::new();
        for client in clients {
            let ended = tokio::time::timeout(PATIENCE, client).await;
            let mut client = ended.expect("a client ends with the exchange").unwrap();
            told.append(&mut client.told);
            self.clients.push(client);
        }
        told
    }

    /// Asserts that nothing that the gate refused has reached the core.
    pub(crate) fn check_refusals(&mut self, ledger: &Ledger) {
        for client in &mut self.clients {
            let key = client.key.key_id();
            for seq in client.refused.drain(..) {
                assert!(!ledger.has_acted_on(key, seq), "{key} {seq} was refused");
            }
        }
    }

    /// Asserts that every session was ended for this reason, after everything that the core had to say
    /// to it.
    pub(crate) fn check_farewells(&self, reason: EndReason, ledger: &Ledger) {
        let image = ledger.image();
        for client in &self.clients {
            let (key, account) = (client.key.key_id(), client.key.account());
            match &client.ended {
                Some(ClientError::LoggedOut { reason: told, text }) => {
                    assert_eq!(*told, reason, "{key}");
                    assert!(!text.is_empty(), "{key}");
                }
                other => panic!("{key} ended with {other:?}"),
            }
            if client.is_catching_up {
                // It comes back and is sent the rest.
                continue;
            }
            let report = image.accounts[account.index()].report;
            assert_eq!(client.report, report, "{key} was not told everything");
            for seq in client.unanswered.keys() {
                let was_done = ledger.has_acted_on(key, ClientSeq(*seq));
                assert!(!was_done, "{key} {seq} was done and not answered");
            }
        }
    }

    /// The key and the last number of each client whose answers have all come.
    pub(crate) fn last_numbers(&self) -> Vec<(KeyId, ClientSeq)> {
        let last = |client: &Client| {
            assert!(client.unanswered.is_empty(), "{:?}", client.unanswered);
            (client.key.key_id(), ClientSeq(client.last_seq))
        };
        self.clients.iter().map(last).collect()
    }
}
