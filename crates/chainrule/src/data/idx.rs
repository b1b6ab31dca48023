//! IDX: the format of MNIST and its kin.
//!
//! A big-endian header (two zero bytes, the type of the numbers, the number of dimensions, each dimension as `u32`) and
//! then the numbers, row by row. Images are n × rows × columns bytes, labels n bytes. The header says how long the
//! file must be, to the byte, and is held to it before anything is allocated.

use std::io::Read;

use crate::{Error, Result};

use super::assemble::{Extent, no_rows};
use super::grid::{Grid, transpose};
use super::source::read_bytes;
use super::{Column, Dataset, Numbers, ReadOptions, Values};

/// The first bytes of n × rows × columns bytes.
pub(super) const IMAGES: u32 = 0x0803;
/// The first bytes of n bytes.
pub(super) const LABELS: u32 = 0x0801;

/// Reads images, raw or gzipped; their pixels become columns `pixel 0`, `pixel 1`, …, line by line of the image.
///
/// `labels` are what [`read_labels`] reads from the file that belongs to them.
///
/// # Errors
/// [`Data`](crate::ErrorKind::Data) when the file is no IDX file of images, is shorter or longer than its header says,
/// or has another number of rows than there are labels; [`Configuration`](crate::ErrorKind::Configuration) when there
/// is no target; [`Memory`](crate::ErrorKind::Memory) and [`Io`](crate::ErrorKind::Io).
///
/// # Example
/// ```
/// use chainrule::data::{ReadOptions, idx};
/// let images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 11, 20, 21]; // two images of 1 × 2 pixels
/// let labels = [0, 0, 8, 1, 0, 0, 0, 2, 7, 5];
/// let labels = idx::read_labels(&labels[..], "labels")?;
/// let data = idx::read(&images[..], "images", Some(labels), &ReadOptions::default())?;
/// assert_eq!((data.n_rows, data.features.len(), data.targets.len()), (2, 2, 1));
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn read(reader: impl Read, name: &str, labels: Option<Column>, options: &ReadOptions) -> Result<Dataset> {
    let bytes = read_bytes(reader, name, worth::<3>)?;
    let (sizes, pixels) = body::<3>(&bytes, IMAGES).map_err(|error| error.in_file(name))?;
    let [n_rows, height, width] = sizes;
    if n_rows == 0 {
        return Err(no_rows(name));
    }
    if height * width == 0 {
        let message = format!("images of {height} × {width} pixels have nothing to predict from");
        return Err(Error::data(message).in_file(name));
    }
    let n_columns = height * width;
    let grid = Grid { source: name, n_rows, extent: Extent::Whole, n_columns, noun: "pixel", labels };
    grid.into_dataset(options, |wanted| {
        let columns = transpose(n_rows, wanted, |row, column| pixels[row * n_columns + column])?;
        Ok(columns.into_iter().map(Numbers::U8).collect())
    })
}

/// Reads labels, raw or gzipped, as a column `label`.
///
/// # Errors
/// As [`read`].
pub fn read_labels(reader: impl Read, name: &str) -> Result<Column> {
    let bytes = read_bytes(reader, name, worth::<1>)?;
    let ([n], labels) = body::<1>(&bytes, LABELS).map_err(|error| error.in_file(name))?;
    if n == 0 {
        return Err(no_rows(name));
    }
    Ok(Column { name: "label".into(), values: Values::Numbers(Numbers::U8(labels.to_vec())) })
}

/// The sizes in the header, and the bytes behind it, of which there are as many as the sizes say.
fn body<const N: usize>(bytes: &[u8], magic: u32) -> Result<([usize; N], &[u8])> {
    let sizes = sizes::<N>(bytes, magic)?;
    let claimed = claimed(&sizes);
    if claimed != Some(bytes.len()) {
        let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
        let found = if claimed.is_some_and(|claimed| claimed < bytes.len()) {
            "more".into()
        } else {
            bytes.len().to_string()
        };
        let claimed = claimed.map_or("more than can be counted".into(), |length| length.to_string());
        let message = format!(
            "the header says {}, which makes {claimed} bytes, but there are {found}",
            sizes.join(" × ")
        );
        return Err(Error::data(message));
    }
    Ok((sizes, &bytes[4 + 4 * N..]))
}

/// The sizes in the header.
pub(super) fn sizes<const N: usize>(bytes: &[u8], magic: u32) -> Result<[usize; N]> {
    let found = word(bytes, 0).ok_or_else(|| {
        Error::data(format!("the file has {} bytes, which is too short for an IDX header", bytes.len()))
    })?;
    if found != magic {
        return Err(wrong_magic(found, magic));
    }
    words::<N>(bytes).ok_or_else(|| {
        Error::data(format!("the file ends after {} bytes, inside the IDX header", bytes.len()))
    })
}

/// The numbers behind the magic one, if they are there.
fn words<const N: usize>(bytes: &[u8]) -> Option<[usize; N]> {
    let mut words = [0; N];
    for (place, number) in words.iter_mut().enumerate() {
        *number = word(bytes, 4 + 4 * place)? as usize;
    }
    Some(words)
}

/// The length of a file with these sizes.
fn claimed(sizes: &[usize]) -> Option<usize> {
    let body = sizes.iter().try_fold(1usize, |product, &size| product.checked_mul(size))?;
    body.checked_add(4 + 4 * sizes.len())
}

/// How many bytes of a file are worth unpacking: one more than it should have.
fn worth<const N: usize>(head: &[u8]) -> u64 {
    words::<N>(head).and_then(|sizes| claimed(&sizes)).map_or(0, |length| length as u64 + 1)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}

/// The error for a file that is something else than `expected`, named as well as can be.
fn wrong_magic(found: u32, expected: u32) -> Error {
    let kind = if expected == IMAGES { "images (0x0803)" } else { "labels (0x0801)" };
    let [zero, zero2, code, dimensions] = found.to_be_bytes();
    let numbers = match code {
        0x08 => "unsigned bytes",
        0x09 => "signed bytes",
        0x0b => "16-bit integers",
        0x0c => "32-bit integers",
        0x0d => "32-bit floats",
        0x0e => "64-bit floats",
        _ => "",
    };
    let message = if (zero, zero2) != (0, 0) || numbers.is_empty() {
        format!("this is no IDX file: it begins with 0x{found:08x}, where {kind} are expected")
    } else if found == IMAGES || found == LABELS {
        let other = if found == IMAGES { "images (0x0803)" } else { "labels (0x0801)" };
        format!("the file holds {other}, where {kind} are expected\nare the two files swapped?")
    } else {
        format!(
            "the file holds {numbers} in {dimensions} dimensions (0x{found:04x}), where {kind} are expected"
        )
    };
    Error::data(message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ErrorKind;
    use crate::data::Target;

    fn file(magic: u32, sizes: &[u32], body: &[u8]) -> Vec<u8> {
        let words = std::iter::once(magic).chain(sizes.iter().copied());
        words.flat_map(u32::to_be_bytes).chain(body.iter().copied()).collect()
    }

    fn read_alone(bytes: &[u8]) -> Result<Dataset> {
        read(bytes, "x", None, &ReadOptions { target: Target::None, ..ReadOptions::default() })
    }

    fn refused(bytes: &[u8]) -> String {
        let error = read_alone(bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data, "{error}");
        error.to_string()
    }

    #[test]
    fn h5_a_bad_magic_is_named() {
        assert!(refused(b"\x89PNG....").contains("no IDX file: it begins with 0x89504e47"));
        assert!(refused(&file(0x0d03, &[1, 1, 1], &[0; 4])).contains("32-bit floats in 3 dimensions"));
        assert!(refused(&file(LABELS, &[1], &[0])).contains("swapped"));
        assert!(
            read_labels(&file(IMAGES, &[1, 1, 1], &[0])[..], "y")
                .unwrap_err()
                .to_string()
                .contains("swapped")
        );
    }

    #[test]
    fn h5_sizes_that_overflow_are_refused_without_allocating() {
        let error = refused(&file(IMAGES, &[u32::MAX; 3], &[0; 100]));
        assert!(
            error.contains("4294967295 × 4294967295 × 4294967295, which makes more than can be counted"),
            "{error}"
        );
        let error = refused(&file(IMAGES, &[u32::MAX, 1, 1], &[0; 100]));
        assert!(error.contains("which makes 4294967311 bytes, but there are 116"), "{error}");
    }

    #[test]
    fn h5_every_other_length_than_the_header_says_is_refused() {
        let whole = file(IMAGES, &[2, 2, 2], &[1, 2, 3, 4, 5, 6, 7, 8]);
        for length in 0..whole.len() {
            refused(&whole[..length]);
        }
        assert!(refused(&[whole.as_slice(), &[9]].concat()).contains("makes 24 bytes, but there are more"));
    }

    #[test]
    fn images_without_pixels_or_rows_are_refused() {
        assert!(refused(&file(IMAGES, &[0, 28, 28], &[])).contains("0 data rows"));
        assert!(refused(&file(IMAGES, &[5, 0, 28], &[])).contains("0 × 28"));
    }

    #[test]
    fn labels_must_be_as_many_as_images_and_be_there() {
        let images = file(IMAGES, &[2, 1, 1], &[1, 2]);
        let labels = read_labels(&file(LABELS, &[3], &[1, 2, 3])[..], "y").unwrap();
        let error = read(&images[..], "x", Some(labels), &ReadOptions::default()).unwrap_err();
        assert!(error.to_string().contains("2 rows, but 3 labels"), "{error}");
        let error = read(&images[..], "x", None, &ReadOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("--labels"), "{error}");
    }

    proptest! {
        #[test]
        fn written_images_read_back(n in 1..40usize, height in 1..6usize, width in 1..6usize, seed in any::<u8>()) {
            let pixels: Vec<u8> = (0..n * height * width).map(|i| (i as u8).wrapping_mul(31) ^ seed).collect();
            let data = read_alone(&file(IMAGES, &[n as u32, height as u32, width as u32], &pixels)).unwrap();
            prop_assert_eq!((data.n_rows, data.features.len()), (n, height * width));
            for (index, column) in data.features.iter().enumerate() {
                let expected: Vec<u8> = pixels.iter().skip(index).step_by(height * width).copied().collect();
                prop_assert_eq!(&column.values, &Values::Numbers(Numbers::U8(expected)));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Err(error) = read_alone(&bytes) {
                prop_assert!(!error.message().is_empty());
            }
        }
    }
}
