//! Where the time of commands goes, told to the session that asks at its logon.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rialto_client::{Directory, LogonOptions, Session, order};
use rialto_protocol::{ExecType, LogonFlags, Message, NewOrder, StageTimes};
use rialto_types::{ClientSeq, Price, Qty, Side};

use crate::process::Setup;

/// Orders that are sent in one frame: more than the exchange follows at a time.
const BURST: usize = 150;
/// How many of one session it follows at a time.
const FOLLOWED_MAX: usize = 16;

async fn deep_buy(session: &mut Session) -> NewOrder {
    let directory = Directory::load(session.connection()).await.unwrap();
    let instrument = directory.by_symbol("BTC-USDT").unwrap();
    order::post_only(instrument, Side::Buy, Price(5_000_000), Qty(10))
}

/// What a session is told until so many orders are acknowledged and `enough` stage times have come.
async fn told(
    session: &mut Session,
    orders: usize,
    enough: usize,
) -> (BTreeSet<ClientSeq>, Vec<StageTimes>) {
    let (mut placed, mut followed) = (BTreeSet::new(), Vec::new());
    while placed.len() < orders || followed.len() < enough {
        let message = tokio::time::timeout(Duration::from_secs(30), session.next()).await;
        match message.expect("stage times come within 30 s").unwrap() {
            Message::ExecutionReport(report) => {
                assert_eq!(report.exec_type.known(), Some(ExecType::New));
                assert!(placed.insert(report.client_seq.unwrap()));
            }
            Message::StageTimes(times) => {
                assert!(placed.contains(&times.client_seq), "its report comes first");
                followed.push(times);
            }
            _ => {}
        }
    }
    (placed, followed)
}

#[tokio::test]
async fn a_session_that_asks_is_told_where_the_time_of_each_command_goes() {
    let directory = tempfile::tempdir().unwrap();
    let process = Setup::venue(directory.path().join("data")).open().await;
    let options = LogonOptions {
        stage_times: true,
        ..LogonOptions::default()
    };
    let mut asks = process.log_on_with(1, options).await;
    assert_eq!(asks.logon().logon_flags, LogonFlags::STAGE_TIMES);
    let mut silent = process.log_on(2).await;
    let placed = deep_buy(&mut asks).await;
    for _ in 0..20 {
        let begin = Instant::now();
        let client_seq = asks.submit(placed).unwrap();
        silent.submit(placed).unwrap();
        asks.flush().await.unwrap();
        silent.flush().await.unwrap();
        let (_, followed) = told(&mut asks, 1, 1).await;
        let passed = u64::try_from(begin.elapsed().as_nanos()).unwrap();
        let times = &followed[0];
        assert_eq!(times.client_seq, client_seq);
        let within =
            times.gate + times.ring_in + times.core + times.journal + times.ring_out + times.send;
        assert!(
            times.send > 0 && within < passed,
            "{times:?} in {passed} ns"
        );
    }
    let (_, followed) = told(&mut silent, 20, 0).await;
    assert_eq!(followed, [], "who does not ask is not told");

    // Of a burst, at least as many as are followed at a time, each once.
    for _ in 0..BURST {
        asks.submit(placed).unwrap();
    }
    asks.flush().await.unwrap();
    let (placed, followed) = told(&mut asks, BURST, FOLLOWED_MAX).await;
    let each: BTreeSet<ClientSeq> = followed.iter().map(|times| times.client_seq).collect();
    assert_eq!((placed.len(), each.len()), (BURST, followed.len()));
    asks.log_out().await.unwrap();
    silent.log_out().await.unwrap();
    process.stop().await;
}
