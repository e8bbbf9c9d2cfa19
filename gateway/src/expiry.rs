//! Until when a certificate is valid, read out of its DER encoding.
//!
//! For a metric alone: whether a certificate is to be trusted is for its reader to judge, with a library, and one that
//! is not understood here may be good, so it is served all the same. The fields up to the validity are skipped as
//! they lie (RFC 5280, section 4.1). Any bytes are an answer or none, never a panic. Runs when a certificate is
//! loaded; linear in the count of these fields.

use std::time::SystemTime;

// Tags of DER (ITU-T X.690).
const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The tag of the version, which is left out in certificates of version 1.
const VERSION: u8 = 0xa0;

/// The last second in which a certificate is valid; `None` when the bytes are no certificate, or its time is before
/// 1970.
pub(crate) fn not_after(certificate: &[u8]) -> Option<SystemTime> {
    let certificate = Der(certificate).content(SEQUENCE)?;
    let mut fields = Der(Der(certificate).content(SEQUENCE)?);
    let (tag, _) = fields.next()?;
    if tag == VERSION {
        fields.content(INTEGER)?;
    }
    let (_algorithm, _issuer) = (fields.content(SEQUENCE)?, fields.content(SEQUENCE)?);
    let mut validity = Der(fields.content(SEQUENCE)?);
    let _not_before = validity.next()?;
    let (tag, text) = validity.next()?;
    time(tag, std::str::from_utf8(text).ok()?)
}

/// A time as certificates have it: in UTC, to the second (RFC 5280, section 4.1.2.5).
fn time(tag: u8, text: &str) -> Option<SystemTime> {
    let digits = text.strip_suffix('Z')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (century, rest) = match (tag, digits.len()) {
        (UTC_TIME, 12) => (if digits < "50" { "20" } else { "19" }, digits),
        (GENERALIZED_TIME, 14) => digits.split_at(2),
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2);
    let (year, month, day) = (part(0)?, part(2)?, part(4)?);
    let (hour, minute, second) = (part(6)?, part(8)?, part(10)?);
    let text = format!("{century}{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    humantime::parse_rfc3339(&text).ok()
}

/// Values of DER, one after the other.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The tag and the content of the next one.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, first], rest) = self.0.split_first_chunk()?;
        // Up to 127 it is the length, above it says how many bytes the length has.
        let (len, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let append = |len, byte: &u8| len << 8 | usize::from(*byte);
                (bytes.iter().fold(0, append), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next one, which must have this tag.
    fn content(&mut self, expected: u8) -> Option<&'a [u8]> {
        self.next()
            .and_then(|(tag, content)| (tag == expected).then_some(content))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn certificate(year: i32, month: u8, day: u8) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, month, day);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn the_time_is_that_of_the_certificate_in_both_forms() {
        for (year, month, day) in [
            (1999, 12, 31),
            (2028, 2, 29),
            (2049, 12, 31),
            (2050, 1, 1),
            (9999, 12, 31),
        ] {
            let seconds = date_time_ymd(year, month, day).unix_timestamp();
            let expected = Some(at(u64::try_from(seconds).unwrap()));
            let found = not_after(&certificate(year, month, day));
            assert_eq!(found, expected, "{year}-{month}-{day}");
        }
    }

    #[test]
    fn a_time_is_read_to_the_second() {
        assert_eq!(time(UTC_TIME, "700101000001Z"), Some(at(1)));
        assert_eq!(time(UTC_TIME, "491231235959Z"), Some(at(2_524_607_999)));
        assert_eq!(
            time(GENERALIZED_TIME, "20500101000000Z"),
            Some(at(2_524_608_000))
        );
        assert_eq!(
            time(GENERALIZED_TIME, "99991231235959Z"),
            Some(at(253_402_300_799))
        );
    }

    #[test]
    fn what_is_no_time_gives_none() {
        for text in [
            "",
            "Z",
            "691231235959Z",
            "7001010000Z",
            "700101000000",
            "700101000000+0100",
            "701301000000Z",
            "700132000000Z",
            "700101240000Z",
            "70010100000éZ",
            "19700101000000Z",
            "69-101000000Z",
        ] {
            assert_eq!(time(UTC_TIME, text), None, "{text:?}");
        }
        assert_eq!(time(GENERALIZED_TIME, "700101000000Z"), None);
        assert_eq!(time(INTEGER, "700101000000Z"), None);
    }

    /// Truncated anywhere, and with each byte replaced by the ones that lengths and tags are made of.
    #[test]
    fn no_bytes_make_it_panic() {
        let whole = certificate(2031, 5, 17);
        assert!(not_after(&whole).is_some());
        for end in 0..whole.len() {
            assert_eq!(not_after(&whole[..end]), None, "{end} bytes");
        }
        for at in 0..whole.len() {
            for byte in [0, 1, 0x7f, 0x80, 0x81, 0x84, 0x85, 0xff, whole[at] ^ 1] {
                let mut changed = whole.clone();
                changed[at] = byte;
                // Whatever it finds, a few bytes further on there may be a time.
                let _ = not_after(&changed);
            }
        }
        let huge = [SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(not_after(&huge), None);
    }
}
