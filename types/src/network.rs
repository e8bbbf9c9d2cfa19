//! Networks of internet addresses: where a key may be used from.
//!
//! Plain numbers: an address is its 16 bytes as IPv6, an IPv4 address in its mapped form
//! (RFC 4291, section 2.5.5.2). The core keeps a key's networks and hands them out; whoever sees sockets
//! compares them.

use core::fmt;

/// The most networks that one key may have.
pub const NETWORKS_MAX: usize = 3;

/// The addresses that begin with the same bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    /// Bits beyond the prefix are 0.
    address: [u8; 16],
    /// 1 to 128; 0 only of an unused place of [`Networks`].
    prefix_bits: u8,
}

impl Network {
    /// What stands in an unused place.
    const UNUSED: Self = Self {
        address: [0; 16],
        prefix_bits: 0,
    };

    /// A network; `None` unless the prefix has 1 to 128 bits and the address none beyond it.
    pub fn new(address: [u8; 16], prefix_bits: u8) -> Option<Self> {
        let network = Self {
            address,
            prefix_bits,
        };
        let in_range = (1..=128).contains(&prefix_bits);
        (in_range && u128::from_be_bytes(address) & !network.mask() == 0).then_some(network)
    }

    /// The address that it begins with.
    pub const fn address(&self) -> [u8; 16] {
        self.address
    }

    /// How many bits its addresses have in common, 1 to 128; of an IPv4 network 96 more than is
    /// usually written.
    pub const fn prefix_bits(&self) -> u8 {
        self.prefix_bits
    }

    /// Whether an address belongs to it.
    pub fn contains(&self, address: [u8; 16]) -> bool {
        u128::from_be_bytes(address) & self.mask() == u128::from_be_bytes(self.address)
    }

    const fn mask(&self) -> u128 {
        u128::MAX << (128 - self.prefix_bits as u32)
    }
}

/// The networks that a key may be used from: none for anywhere.
///
/// 51 bytes, so that adding a key is no longer than other commands, which all have the same size in memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Networks {
    /// Those that are there come first.
    networks: [Network; NETWORKS_MAX],
}

impl Networks {
    /// Anywhere.
    pub const ANY: Self = Self {
        networks: [Network::UNUSED; NETWORKS_MAX],
    };

    /// These; anywhere when there are none. `None` when there are more than [`NETWORKS_MAX`].
    pub fn new(networks: &[Network]) -> Option<Self> {
        let mut all = Self::ANY;
        let places = all.networks.get_mut(..networks.len())?;
        places.copy_from_slice(networks);
        Some(all)
    }

    /// Them, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Network> {
        self.networks
            .iter()
            .take_while(|network| network.prefix_bits > 0)
    }

    /// Whether a key may be used from anywhere.
    pub const fn is_any(&self) -> bool {
        self.networks[0].prefix_bits == 0
    }

    /// Whether a key may be used from this address.
    pub fn allow(&self, address: [u8; 16]) -> bool {
        self.is_any() || self.iter().any(|network| network.contains(address))
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({:?}, {})", self.address, self.prefix_bits)
    }
}

impl fmt::Debug for Networks {
    /// As a test would write it, with a function that takes addresses and prefixes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_any() {
            return f.write_str("Networks::ANY");
        }
        f.write_str("networks(&")?;
        f.debug_list().entries(self.iter()).finish()?;
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(a: u8, b: u8, c: u8, d: u8) -> [u8; 16] {
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d]
    }

    #[test]
    fn a_network_has_the_addresses_that_begin_as_it_does() {
        let network = Network::new(v4(10, 0, 0, 0), 96 + 8).unwrap();
        assert!(network.contains(v4(10, 255, 1, 2)));
        assert!(!network.contains(v4(11, 0, 0, 0)));
        assert!(!network.contains([0; 16]));
        let one = Network::new([7; 16], 128).unwrap();
        assert!(one.contains([7; 16]) && !one.contains([6; 16]));
        let half = Network::new([0; 16], 1).unwrap();
        assert!(half.contains([0x7f; 16]) && !half.contains([0x80; 16]));
    }

    #[test]
    fn what_is_no_network_is_none() {
        assert_eq!(Network::new([0; 16], 0), None);
        assert_eq!(Network::new([0; 16], 129), None);
        assert_eq!(Network::new(v4(10, 0, 0, 1), 96 + 8), None);
    }

    #[test]
    fn networks_allow_what_one_of_them_has() {
        let network = |last| Network::new(v4(10, 0, 0, last), 128).unwrap();
        let some = Networks::new(&[network(1), network(2)]).unwrap();
        assert!(some.allow(v4(10, 0, 0, 2)) && !some.allow(v4(10, 0, 0, 3)));
        assert!(Networks::ANY.allow(v4(10, 0, 0, 3)));
        assert_eq!(Networks::new(&[]), Some(Networks::ANY));
        assert_eq!(Networks::new(&[1, 2, 3, 4].map(network)), None);
        assert_eq!(some.iter().count(), 2);
        assert_eq!(format!("{:?}", Networks::ANY), "Networks::ANY");
        let one = Networks::new(&[Network::new([0; 16], 1).unwrap()]).unwrap();
        let zeros = [0_u8; 16];
        assert_eq!(format!("{one:?}"), format!("networks(&[({zeros:?}, 1)])"));
    }
}
