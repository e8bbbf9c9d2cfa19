//! Networks on the wire and in words: where a key may be used from.
//!
//! On the wire there are always as many entries as a key may have: one byte with the bits of the prefix,
//! then the address in 16 bytes as IPv6, IPv4 in its mapped form. An entry without prefix is none, and
//! only those that are none follow it.

use std::net::{IpAddr, Ipv6Addr};

use rialto_types::{NETWORKS_MAX, Network, Networks};
use thiserror::Error;

/// Bytes of one entry.
const ENTRY_BYTES: usize = 17;
/// Bytes of all entries.
pub const NETWORKS_BYTES: usize = NETWORKS_MAX * ENTRY_BYTES;
/// What an IPv4 prefix is longer by in the mapped form.
const MAPPED_BITS: u8 = 96;

/// What is wrong with the text of a network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{text:?} is no network: {reason}, as in 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32")]
pub struct NetworkError {
    text: String,
    reason: &'static str,
}

/// An address as networks compare it.
pub fn address_bytes(address: IpAddr) -> [u8; 16] {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

/// Reads an address, or an address and the bits of its prefix.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Network, NetworkError> {
    let refuse = |reason| NetworkError {
        text: text.to_owned(),
        reason,
    };
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address: IpAddr = address
        .parse()
        .map_err(|_| refuse("it begins with an IPv4 or IPv6 address"))?;
    let (most, mapped) = match address {
        IpAddr::V4(_) => (32, MAPPED_BITS),
        IpAddr::V6(_) => (128, 0),
    };
    let bits: u8 = match bits {
        Some(bits) => bits
            .parse()
            .ok()
            .filter(|bits| (1..=most).contains(bits))
            .ok_or_else(|| refuse("its prefix has 1 to 32 bits, or to 128 for IPv6"))?,
        None => most,
    };
    let bytes = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    };
    Network::new(bytes, bits + mapped).ok_or_else(|| refuse("the bits beyond its prefix are 0"))
}

/// A network as it is usually written.
pub fn text(network: &Network) -> String {
    let (address, bits) = (Ipv6Addr::from(network.address()), network.prefix_bits());
    match address.to_ipv4_mapped() {
        Some(address) if bits == 128 => address.to_string(),
        Some(address) if bits > MAPPED_BITS => format!("{address}/{}", bits - MAPPED_BITS),
        _ if bits == 128 => address.to_string(),
        _ => format!("{address}/{bits}"),
    }
}

/// All of them, each as it is usually written.
pub fn texts(networks: &Networks) -> Vec<String> {
    networks.iter().map(text).collect()
}

/// The bytes of the wire.
pub fn to_wire(networks: &Networks) -> [u8; NETWORKS_BYTES] {
    let mut bytes = [0; NETWORKS_BYTES];
    for (entry, network) in bytes.chunks_exact_mut(ENTRY_BYTES).zip(networks.iter()) {
        entry[0] = network.prefix_bits();
        entry[1..].copy_from_slice(&network.address());
    }
    bytes
}

/// Reads the bytes of the wire; `Err` has the bits of the prefix of the first entry that is not right.
///
/// # Errors
/// When an entry is no network, or one follows an entry that is none.
pub fn from_wire(bytes: &[u8; NETWORKS_BYTES]) -> Result<Networks, u8> {
    let mut networks = Vec::with_capacity(NETWORKS_MAX);
    let mut ended = false;
    for entry in bytes.chunks_exact(ENTRY_BYTES) {
        let (bits, mut address) = (entry[0], [0; 16]);
        address.copy_from_slice(&entry[1..]);
        if bits == 0 && address == [0; 16] {
            ended = true;
            continue;
        }
        let network = Network::new(address, bits).filter(|_| !ended);
        networks.push(network.ok_or(bits)?);
    }
    // There are as many entries as a key may have networks.
    Networks::new(&networks).ok_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_as_they_are_written() {
        for text in [
            "203.0.113.7",
            "10.0.0.0/8",
            "2001:db8::/32",
            "::1",
            "128.0.0.0/1",
        ] {
            assert_eq!(super::text(&parse(text).unwrap()), text);
        }
        let whole = [("10.0.0.1/32", "10.0.0.1"), ("::1/128", "::1")];
        for (long, short) in whole {
            assert_eq!(super::text(&parse(long).unwrap()), short);
        }
        let four = parse("127.0.0.0/8").unwrap();
        assert!(four.contains(address_bytes("127.9.9.9".parse().unwrap())));
        assert!(four.contains(address_bytes("::ffff:127.0.0.1".parse().unwrap())));
        assert!(!four.contains(address_bytes("::1".parse().unwrap())));
    }

    #[test]
    fn what_is_no_network_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "begins with an IPv4"),
            ("host/8", "begins with an IPv4"),
            ("10.0.0.0/0", "1 to 32 bits"),
            ("10.0.0.0/33", "1 to 32 bits"),
            ("::/129", "1 to 32 bits"),
            ("10.0.0.0/", "1 to 32 bits"),
            ("10.0.0.1/8", "beyond its prefix"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text:?} gives {error}");
        }
    }

    #[test]
    fn the_wire_holds_them_in_their_order() {
        let all = ["10.0.0.0/8", "::1", "192.0.2.1"].map(|text| parse(text).unwrap());
        for count in 0..=all.len() {
            let networks = Networks::new(&all[..count]).unwrap();
            assert_eq!(from_wire(&to_wire(&networks)), Ok(networks));
        }
        assert_eq!(to_wire(&Networks::ANY), [0; NETWORKS_BYTES]);
        let mut gap = to_wire(&Networks::new(&all).unwrap());
        gap[..ENTRY_BYTES].fill(0);
        assert_eq!(from_wire(&gap), Err(128));
        let mut beyond = to_wire(&Networks::new(&all[..1]).unwrap());
        beyond[0] = 97;
        assert_eq!(from_wire(&beyond), Err(97));
        beyond[0] = 0;
        assert_eq!(from_wire(&beyond), Err(0));
    }
}
