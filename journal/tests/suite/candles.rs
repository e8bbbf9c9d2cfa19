//! The candles beside snapshots: their bytes, their files, and to which snapshot they belong.

use rialto_journal::candle_files::{self, list, prune, read, save};
use rialto_journal::candles::{SERIES_CANDLES_MAX, file_bytes_max};
use rialto_journal::storage::Storage;
use rialto_journal::{
    Base, CandleRow, Candles, CandlesError, CandlesFault, ExchangeId, FileStorage,
    InstrumentCandles, MemoryStorage, ReadOnlyDirectory, snapshots,
};
use rialto_types::{Price, Seq, Timestamp};

use crate::common::EXCHANGE;
use crate::golden::check_golden;
use crate::snapshots::snapshot_at;

const MINUTE_NS: u64 = 60_000_000_000;

fn row(minute: u64, price: i64) -> CandleRow {
    CandleRow {
        open_time: Timestamp(minute * MINUTE_NS),
        open: Price(price),
        high: Price(price + 3),
        low: Price(price - 2),
        close: Price(price + 1),
        volume_lots: i128::from(i64::MAX) * 5,
        quote_volume_units: 7,
        trade_count: 9,
    }
}

fn base(seq: u64) -> Base {
    Base {
        exchange_id: EXCHANGE,
        seq: Seq(seq),
        link: 0x1234_5678,
    }
}

/// Two instruments, of which one has traded.
pub(crate) fn candles(seq: u64) -> Candles {
    let mut traded = InstrumentCandles {
        since: Timestamp(5),
        ..InstrumentCandles::default()
    };
    traded.series[1] = vec![row(2, 100), row(4, 90)];
    traded.series[6] = vec![row(0, 95)];
    Candles {
        base: base(seq),
        time: Timestamp(5 * MINUTE_NS),
        instruments: vec![traded, InstrumentCandles::default()],
    }
}

/// States the size and the checksums anew, of bytes that were changed.
pub(crate) fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = bytes.len() as u64 - 128;
    bytes[48..56].copy_from_slice(&length.to_le_bytes());
    let body = crc32c::crc32c(&bytes[128..]);
    bytes[56..60].copy_from_slice(&body.to_le_bytes());
    let header = crc32c::crc32c(&bytes[..124]);
    bytes[124..128].copy_from_slice(&header.to_le_bytes());
    bytes
}

fn fault(bytes: &[u8]) -> String {
    Candles::decode(bytes).unwrap_err().to_string()
}

#[test]
fn candles_are_read_back_and_have_their_golden_bytes() {
    let candles = candles(9);
    let bytes = candles.encode();
    assert_eq!(Candles::decode(&bytes).unwrap(), candles);
    assert_eq!(bytes.len(), 128 + 8 + 2 * 64 + 3 * 80);
    check_golden("candles-v1.bin", &bytes);
}

#[test]
fn no_bit_of_candles_may_change_and_no_byte_be_missing_or_added() {
    let bytes = candles(9).encode();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Candles::decode(&flipped).is_err(), "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert!(Candles::decode(&bytes[..length]).is_err(), "{length}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(fault(&longer).contains("its header states"));
}

#[test]
fn a_newer_version_of_candles_is_named() {
    let mut bytes = candles(9).encode();
    bytes[8] = 2;
    assert_eq!(
        fault(&sealed(bytes)),
        "it has candle format version 2, and this build reads version 1"
    );
}

#[test]
fn candles_whose_checksums_are_right_and_that_cannot_be_are_refused() {
    let bytes = candles(9).encode();
    let mut count = bytes.clone();
    count[128..136].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(fault(&sealed(count)).contains("a list claims"));
    let mut fewer = bytes.clone();
    fewer[128] = 1;
    assert!(fault(&sealed(fewer)).contains("where it should end"));
    let mut reserved = bytes.clone();
    reserved[100] = 1;
    assert!(fault(&sealed(reserved)).contains("reserved byte"));
    let mut many = candles(9);
    many.instruments[0].series[1] = vec![row(1, 5); SERIES_CANDLES_MAX + 1];
    assert!(fault(&many.encode()).contains("count of candles holds 1441"));
    let mut most = candles(9);
    most.instruments.truncate(1);
    let full = || vec![row(1, 5); SERIES_CANDLES_MAX];
    most.instruments[0].series = std::array::from_fn(|_| full());
    let bytes = most.encode();
    assert_eq!(bytes.len() as u64, file_bytes_max(1));
    assert_eq!(Candles::decode(&bytes).unwrap(), most);
}

#[test]
fn candles_are_of_one_snapshot_of_one_history() {
    let storage = MemoryStorage::new();
    let file = save(&storage, &candles(9)).unwrap();
    assert_eq!(read(&storage, &base(9), 2).unwrap(), candles(9));
    let refused = |base: Base, count| read(&storage, &base, count).unwrap_err().to_string();
    let another = Base {
        exchange_id: ExchangeId(*b"another exchange"),
        ..base(9)
    };
    assert!(refused(another, 2).contains("its exchange id is"));
    let another = Base { link: 1, ..base(9) };
    assert_eq!(
        refused(another, 2),
        format!(
            "{} is no good: its link is 12345678, and that of the snapshot 00000001",
            file.name
        )
    );
    let missing = read(&storage, &base(10), 2).unwrap_err();
    assert!(matches!(missing, CandlesError::Missing { .. }), "{missing}");
    // Under the name of another one.
    let bytes = storage.files()[&file.name].clone();
    storage
        .save("00000000000000000010.candles", &bytes)
        .unwrap();
    assert!(refused(base(10), 2).contains("by its name another"));
}

#[test]
fn no_more_is_read_than_the_instruments_can_have() {
    let storage = MemoryStorage::new();
    let mut many = candles(9);
    let full = || vec![row(1, 5); SERIES_CANDLES_MAX];
    for instrument in &mut many.instruments {
        instrument.series = std::array::from_fn(|_| full());
    }
    save(&storage, &many).unwrap();
    assert_eq!(read(&storage, &base(9), 2).unwrap(), many);
    let error = read(&storage, &base(9), 1).unwrap_err();
    let is_too_large = |fault: &CandlesFault| matches!(fault, CandlesFault::TooLarge { .. });
    assert!(
        matches!(&error, CandlesError::Fault { fault, .. } if is_too_large(fault)),
        "{error}"
    );
}

#[test]
fn candles_are_replaced_and_pruned_and_snapshots_pass_them_over() {
    let storage = MemoryStorage::new();
    for seq in [5, 900, 70] {
        save(&storage, &candles(seq)).unwrap();
    }
    snapshots::save(&storage, &snapshot_at(70)).unwrap();
    assert_eq!(snapshots::list(&storage).unwrap().len(), 1);
    let mut newer = candles(70);
    newer.instruments[1].since = Timestamp(77);
    save(&storage, &newer).unwrap();
    assert_eq!(read(&storage, &base(70), 2).unwrap(), newer);
    snapshots::prune(&storage, &[Seq(70)]).unwrap();
    let removed = prune(&storage, &[Seq(70)]).unwrap();
    assert_eq!(
        removed,
        [
            "00000000000000000900.candles",
            "00000000000000000005.candles"
        ]
    );
    let left: Vec<_> = storage.files().into_keys().collect();
    assert_eq!(
        left,
        [
            "00000000000000000070.candles",
            "00000000000000000070.snapshot"
        ]
    );
}

#[test]
fn damaged_candles_are_told_by_name_and_replaced_when_they_are_written_again() {
    let directory = tempfile::tempdir().unwrap();
    let looked_at = ReadOnlyDirectory::new(directory.path().join("none"));
    assert_eq!(list(&looked_at).unwrap(), []);
    let storage = FileStorage::open(directory.path()).unwrap();
    let file = save(&storage, &candles(8)).unwrap();
    assert!(file.verify(&storage, &base(8)).is_ok());
    assert!(file.verify(&storage, &base(7)).is_err());
    let path = directory.path().join(&file.name);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[200] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    for error in [
        file.verify(&storage, &base(8)).unwrap_err(),
        candle_files::read(&storage, &base(8), 2).unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(text.contains(&file.name), "{text}");
        assert!(text.contains("the checksum of its body is"), "{text}");
    }
    save(&storage, &candles(8)).unwrap();
    assert_eq!(read(&storage, &base(8), 2).unwrap(), candles(8));
}
