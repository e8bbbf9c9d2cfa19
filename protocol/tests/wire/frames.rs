//! Frames of several messages, whole and damaged.

use rialto_protocol::{
    DecodeError, FRAME_BYTES_MAX, Frame, HEADER_LEN, Heartbeat, L2Snapshot, Level, Message,
    MessageError, NewOrder, WireMessage,
};

use crate::samples;

fn bytes(messages: &[Message]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for message in messages {
        message.encode(&mut bytes);
    }
    bytes
}

fn new_order() -> NewOrder {
    let order = samples::all().into_iter().find_map(|sample| match sample {
        Message::NewOrder(order) => Some(order),
        _ => None,
    });
    order.unwrap()
}

#[test]
fn several_messages_follow_one_another_in_a_frame() {
    let all = samples::all();
    let bytes = bytes(&all);
    let mut frame = Frame::new(&bytes);
    let read: Vec<_> = frame.by_ref().map(Result::unwrap).collect();
    assert_eq!(read, all);
    assert_eq!(frame.offset(), bytes.len());
    assert!(Frame::new(&[]).next().is_none());
}

#[test]
fn every_frame_that_ends_too_early_says_so() {
    for sample in samples::all() {
        let whole = bytes(&[sample]);
        for len in 1..whole.len() {
            let mut frame = Frame::new(&whole[..len]);
            let error = frame.next().unwrap().unwrap_err();
            let DecodeError::Truncated {
                needed, available, ..
            } = error
            else {
                panic!("{error}");
            };
            assert!(needed > available && available == len, "{error}");
            assert!(frame.next().is_none(), "nothing is read after an error");
        }
    }
}

#[test]
fn an_error_in_a_frame_tells_where_and_leaves_what_came_before() {
    let heartbeat = Message::from(Heartbeat::default());
    let mut frame = bytes(&[heartbeat.clone(), heartbeat.clone()]);
    let second = frame.len() / 2;
    frame[second + 2..second + 4].copy_from_slice(&999_u16.to_le_bytes());
    let mut messages = Frame::new(&frame);
    assert_eq!(messages.next(), Some(Ok(heartbeat)));
    let error = DecodeError::UnknownTemplate { found: 999 };
    assert_eq!(messages.next(), Some(Err(error)));
    assert_eq!(error.code(), MessageError::UnknownTemplate);
    assert_eq!(
        (messages.offset(), messages.template_id()),
        (second, Some(999))
    );
    assert_eq!(messages.next(), None);
}

#[test]
fn another_schema_is_refused() {
    let mut frame = bytes(&[new_order().into()]);
    frame[4] = 2;
    let error = DecodeError::WrongSchema { found: 2 };
    assert_eq!(NewOrder::decode(&frame), Err(error));
    assert_eq!(error.to_string(), "schema id 2 is not 1");
}

#[test]
fn a_block_that_is_too_short_is_refused() {
    let mut frame = bytes(&[new_order().into()]);
    frame[0] -= 1;
    let error = DecodeError::ShortBlock {
        message: "NewOrder",
        found: 92,
        minimum: 93,
    };
    assert_eq!(NewOrder::decode(&frame), Err(error));
}

#[test]
fn what_a_newer_version_has_appended_is_skipped() {
    for sample in samples::all() {
        let old = bytes(std::slice::from_ref(&sample));
        let block_length = u16::from_le_bytes([old[0], old[1]]);
        let block_end = HEADER_LEN + usize::from(block_length);
        // A newer version: five more bytes at the end of the block, and its number in the header.
        let mut new = old[..block_end].to_vec();
        new.extend([0xab; 5]);
        new.extend(&old[block_end..]);
        new[0..2].copy_from_slice(&(block_length + 5).to_le_bytes());
        new[6..8].copy_from_slice(&7_u16.to_le_bytes());
        new.extend(bytes(&[Heartbeat::default().into()]));
        let read: Vec<_> = Frame::new(&new).map(Result::unwrap).collect();
        assert_eq!(read, [sample, Heartbeat::default().into()]);
    }
}

#[test]
fn what_a_newer_version_has_appended_to_the_entries_of_a_group_is_skipped() {
    let snapshot = samples::all().into_iter().find_map(|sample| match sample {
        Message::L2Snapshot(snapshot) => Some(snapshot),
        _ => None,
    });
    let snapshot = snapshot.unwrap();
    let mut old = Vec::new();
    snapshot.encode(&mut old);
    let entries = HEADER_LEN + usize::from(L2Snapshot::BLOCK_LENGTH) + 4;
    let entry = (old.len() - entries) / snapshot.levels.len();
    let mut new = old[..entries].to_vec();
    for level in old[entries..].chunks(entry) {
        new.extend(level);
        new.extend([0xcd; 3]);
    }
    let wider = u16::try_from(entry + 3).unwrap();
    new[entries - 4..entries - 2].copy_from_slice(&wider.to_le_bytes());
    assert_eq!(L2Snapshot::decode(&new), Ok(snapshot));
}

#[test]
fn one_message_is_decoded_only_when_it_is_all_there_is() {
    let mut frame = bytes(&[new_order().into()]);
    frame.push(0);
    let trailing = Err(DecodeError::TrailingBytes { count: 1 });
    assert_eq!(NewOrder::decode(&frame), trailing);
    let other = DecodeError::UnexpectedTemplate {
        expected: 6,
        found: 20,
    };
    assert_eq!(Heartbeat::decode(&frame), Err(other));
}

#[test]
fn groups_and_texts_are_bounded() {
    let snapshot = L2Snapshot::default();
    let mut frame = Vec::new();
    snapshot.encode(&mut frame);
    let count = frame.len() - 2;
    frame[count..].copy_from_slice(&u16::MAX.to_le_bytes());
    let found = usize::from(u16::MAX);
    let (message, maximum) = ("L2Snapshot", L2Snapshot::LEVELS_MAX);
    let error = DecodeError::TooManyEntries {
        message,
        found,
        maximum,
    };
    assert_eq!(L2Snapshot::decode(&frame), Err(error));

    frame[count..].copy_from_slice(&1_u16.to_le_bytes());
    frame[count - 2..count].copy_from_slice(&0_u16.to_le_bytes());
    let error = DecodeError::ShortBlock {
        message,
        found: 0,
        minimum: 22,
    };
    assert_eq!(L2Snapshot::decode(&frame), Err(error));

    let mut frame = bytes(&[rialto_protocol::Logout::default().into()]);
    frame.truncate(HEADER_LEN + 1);
    for text in [vec![b'a'; 513], vec![0xff]] {
        let mut frame = frame.clone();
        frame.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
        frame.extend(&text);
        let error = Frame::new(&frame).next().unwrap().unwrap_err();
        assert_eq!(error.code(), MessageError::InvalidText, "{error}");
    }
}

#[test]
fn the_longest_messages_fit_in_one_frame() {
    let levels = vec![Level::default(); L2Snapshot::LEVELS_MAX];
    let snapshot = L2Snapshot {
        levels: levels.try_into().unwrap(),
        ..L2Snapshot::default()
    };
    let len = snapshot.encoded_len();
    assert!(
        len <= FRAME_BYTES_MAX && len + 22 > FRAME_BYTES_MAX,
        "{len}"
    );
    let report = rialto_protocol::ExecutionReport {
        text: "x".repeat(10_000).into(),
        ..Default::default()
    };
    assert!(report.encoded_len() < FRAME_BYTES_MAX / 16);
}

#[test]
fn encoding_to_a_slice_writes_all_or_nothing() {
    let order = new_order();
    let mut slice = [0xee; 101];
    assert_eq!(order.encode_to_slice(&mut slice[..100]), None);
    assert_eq!(slice, [0xee; 101]);
    assert_eq!(order.encode_to_slice(&mut slice), Some(101));
    assert_eq!(NewOrder::decode(&slice), Ok(order));
}
