//! Numbers as bytes, little-endian, bit for bit.

use crate::Float;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// The kinds of numbers that files hold; their own bytes, as they stand in memory, can be read and written too.
pub(crate) trait Bytes: Float + FromBytes + IntoBytes + Immutable {
    /// Appends the bytes of the number.
    fn append_to(self, bytes: &mut Vec<u8>);
    /// The number in exactly as many bytes as it takes.
    fn from_le(bytes: &[u8]) -> Self;
}

macro_rules! bytes {
    ($kind:ident) => {
        impl Bytes for $kind {
            fn append_to(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn from_le(bytes: &[u8]) -> Self {
                let mut number = [0; size_of::<$kind>()];
                number.copy_from_slice(bytes);
                Self::from_le_bytes(number)
            }
        }
    };
}

bytes!(f32);
bytes!(f64);
