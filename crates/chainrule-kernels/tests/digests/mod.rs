//! Digests of results, so that bits can be held against those of another processor; the library's tests take this file too.
//!
//! What processors must agree on is stored in `testdata/bits` as one line per result, `digest  name`. A digest says
//! nothing about right and wrong, which other tests see to: it says that a result is the same everywhere.

use chainrule_kernels::Float;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The digests of one device, by the names of the results.
#[derive(Default, PartialEq)]
pub(crate) struct Digests(BTreeMap<String, u64>);

impl Digests {
    /// Adds the digest of a result.
    pub(crate) fn add<F: Float>(&mut self, name: &str, values: &[F]) {
        let name = format!("{} {name}", F::NAME);
        let before = self.0.insert(name.clone(), digest(values));
        assert!(before.is_none(), "two results are called {name:?}");
    }

    fn text(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, (name, digest)| {
            let _ = writeln!(text, "{digest:016x}  {name}");
            text
        })
    }
}

/// FNV-1a, 64 bits, over the bits of the numbers, the lowest byte first. All NaN count as the same: which bits an
/// operation gives them is nowhere promised, and differs between processors.
fn digest<F: Float>(values: &[F]) -> u64 {
    let size = size_of::<F>();
    values.iter().fold(0xcbf2_9ce4_8422_2325, |digest, x| {
        let wide = x.to_f64();
        let bits = match (wide.is_nan(), size) {
            (true, _) => u64::MAX,
            (false, 4) => u64::from((wide as f32).to_bits()),
            (false, _) => wide.to_bits(),
        };
        let bytes = bits.to_le_bytes();
        bytes[..size]
            .iter()
            .fold(digest, |digest, &byte| (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
    })
}

/// Holds the digests of every device against the stored ones. With `UPDATE_BITS=1` those of the last device are stored
/// first; that the others agree is then still checked.
pub(crate) fn assert_stored(file: &str, devices: &[(String, Digests)]) {
    let path = format!("{}/../../testdata/bits/{file}", env!("CARGO_MANIFEST_DIR"));
    let (_, last) = devices.last().expect("a device to check");
    if std::env::var_os("UPDATE_BITS").is_some() {
        std::fs::write(&path, last.text()).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap();
    assert!(stored.lines().count() > 0, "{file} is empty");
    for (device, digests) in devices {
        let found = digests.text();
        let (found, stored) = (found.lines().collect::<Vec<_>>(), stored.lines().collect::<Vec<_>>());
        let other: Vec<_> = found.iter().filter(|line| !stored.contains(line)).collect();
        let missing: Vec<_> = stored.iter().filter(|line| !found.contains(line)).collect();
        assert!(
            other.is_empty() && missing.is_empty(),
            "{device} on {}: other bits than in {file}\nfound:  {other:#?}\nstored: {missing:#?}\n\
             if a definition has changed, UPDATE_BITS=1 stores the new ones",
            std::env::consts::ARCH,
        );
    }
}

#[test]
fn a_digest_sees_every_bit_but_not_which_nan() {
    // FNV-1a of no bytes and of `foob`, as its authors publish them.
    assert_eq!(digest::<f32>(&[]), 0xcbf2_9ce4_8422_2325);
    assert_eq!(digest(&[f32::from_bits(u32::from_le_bytes(*b"foob"))]), 0xdd12_0e79_0c25_12af);
    assert_ne!(digest(&[0.0_f32]), digest(&[-0.0_f32]));
    assert_ne!(digest(&[1.0_f64]), digest(&[1.0_f64 + f64::EPSILON]));
    assert_ne!(digest(&[1.0_f64, 2.0]), digest(&[2.0_f64, 1.0]));
    assert_eq!(digest(&[f32::NAN]), digest(&[-f32::NAN]));
    assert_ne!(digest(&[f32::NAN]), digest(&[f32::INFINITY]));
}
