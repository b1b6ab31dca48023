//! Numbers as bytes, little-endian, bit for bit.

use crate::Float;

/// The kinds of numbers that files hold.
pub(crate) trait Bytes: Float {
    /// Appends the bytes of the number.
    fn append_to(self, bytes: &mut Vec<u8>);
    /// The number in exactly as many bytes as it takes.
    fn from_bytes(bytes: &[u8]) -> Self;
    /// As many numbers as there is room for, from as many bytes as they take.
    fn decode(bytes: &[u8], into: &mut [Self]);
}

macro_rules! bytes {
    ($kind:ident) => {
        impl Bytes for $kind {
            fn append_to(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn from_bytes(bytes: &[u8]) -> Self {
                let mut number = [0; size_of::<$kind>()];
                number.copy_from_slice(bytes);
                Self::from_le_bytes(number)
            }

            fn decode(bytes: &[u8], into: &mut [Self]) {
                let (numbers, _) = bytes.as_chunks();
                into.iter_mut().zip(numbers).for_each(|(into, &number)| *into = Self::from_le_bytes(number));
            }
        }
    };
}

bytes!(f32);
bytes!(f64);
