//! The container: a safetensors file, taken apart with limits of our own.
//!
//! A safetensors file is the length of its header (8 bytes, little-endian), the header (JSON: metadata, and for each
//! tensor its type, shape and place) and the numbers. The crate of that name lays files out and checks that tensors
//! neither overlap nor leave holes. The header is parsed here, because the crate allows one of 100 MB, takes the last of
//! two tensors of the same name, and keeps every value twice on the way.

use crate::{Error, Result};
use safetensors::tensor::{Metadata, TensorInfo};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;
use std::marker::PhantomData;

/// Bytes in front of the header: its length.
const PREFIX: usize = 8;
/// The longest header.
pub(super) const MAX_HEADER: usize = 4 << 20;
/// The most tensors.
pub(super) const MAX_TENSORS: usize = 10_000;
/// The key of the metadata whose value is a model's [`super::manifest`].
pub(super) const KEY: &str = "chainrule";
/// The key of the metadata whose value is the text of a checkpoint.
#[cfg(feature = "fs")]
pub(crate) const CHECKPOINT: &str = "chainrule-checkpoint";

/// A safetensors file in memory, with a sound table of tensors.
pub(crate) struct Container<'a> {
    header: Header,
    data: &'a [u8],
}

/// The header of a safetensors file.
pub(super) struct Header {
    table: Metadata,
    names: BTreeSet<String>,
    /// The text of the key that was asked for.
    text: Option<String>,
}

impl<'a> Container<'a> {
    /// Takes a whole file apart, whose text has that key.
    pub(crate) fn open_as(bytes: &'a [u8], key: &str) -> Result<Self> {
        let (header, data) = split(bytes)?;
        let header = Header::parse(header, key)?;
        let expected = header.data_length();
        if data.len() < expected {
            return Err(Error::model(format!(
                "expected {expected} bytes of numbers behind the header, found {}\nthe file has been cut off",
                data.len()
            )));
        }
        if data.len() > expected {
            return Err(Error::model(format!(
                "expected the file's end behind {expected} bytes of numbers, found more"
            )));
        }
        Ok(Self { header, data })
    }

    /// The text that makes a safetensors file a model, or a checkpoint; `origin` says where such files come from.
    pub(crate) fn text(&self, key: &str, what: &str, origin: &str) -> Result<&str> {
        let none = || {
            Error::model(format!(
                "a safetensors file, but no chainrule {what}: its metadata has no key '{key}'\n{origin}"
            ))
        };
        self.header.text.as_deref().ok_or_else(none)
    }

    /// The names of all tensors.
    pub(super) fn names(&self) -> &BTreeSet<String> {
        &self.header.names
    }

    /// A tensor's type and shape, and its bytes.
    pub(super) fn tensor(&self, name: &str) -> Option<(&TensorInfo, &'a [u8])> {
        let info = self.header.table.info(name)?;
        let (start, end) = info.data_offsets;
        Some((info, self.data.get(start..end)?))
    }

    /// Number of bytes of all tensors.
    pub(super) fn data_length(&self) -> usize {
        self.data.len()
    }
}

/// Reads a safetensors file to its end, or to where it becomes clear that it is none.
pub(crate) fn read(mut from: impl Read) -> Result<Vec<u8>> {
    let mut bytes = read_header(&mut from)?;
    let (header, _) = split(&bytes)?;
    let data_length = Header::parse(header, KEY)?.data_length();
    // One byte more shows that the file goes on where it should end.
    read_up_to(from, data_length.saturating_add(1), &mut bytes)?;
    Ok(bytes)
}

/// Whether the header of a file is that of a model.
#[cfg(feature = "fs")]
pub(super) fn is_model(from: impl Read) -> bool {
    let header = read_header(from).and_then(|bytes| Header::parse(split(&bytes)?.0, KEY));
    header.is_ok_and(|header| header.text.is_some())
}

/// The first bytes of a file, up to its header's end.
fn read_header(mut from: impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read_up_to(&mut from, PREFIX, &mut bytes)?;
    let length = header_length(&bytes)?;
    read_up_to(&mut from, length, &mut bytes)?;
    Ok(bytes)
}

/// Appends the next `n` bytes, or those that are left. The buffer grows with what comes, not with what is asked for.
fn read_up_to(from: impl Read, n: usize, bytes: &mut Vec<u8>) -> Result<()> {
    let read = from.take(n as u64).read_to_end(bytes);
    read.map(drop).map_err(|error| Error::io("read the model", error))
}

/// Cuts a file into its header and its numbers.
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8])> {
    let length = header_length(bytes)?;
    bytes[PREFIX..].split_at_checked(length).ok_or_else(|| {
        Error::model(format!(
            "expected {PREFIX} + {length} bytes up to the end of the header, found {}\n\
             the file has been cut off, or is no model file",
            bytes.len()
        ))
    })
}

/// What the first bytes of a file say of its header's length.
fn header_length(bytes: &[u8]) -> Result<usize> {
    let Some(prefix) = bytes.first_chunk::<PREFIX>() else {
        return Err(Error::model(format!(
            "no safetensors file: expected at least {PREFIX} bytes, found {}",
            bytes.len()
        )));
    };
    let length = u64::from_le_bytes(*prefix);
    usize::try_from(length).ok().filter(|&length| length <= MAX_HEADER).ok_or_else(|| {
        Error::model(format!(
            "no safetensors file: its first {PREFIX} bytes should be the length of a header, at most {MAX_HEADER} \
             bytes; they give {length}"
        ))
    })
}

impl Header {
    fn parse(bytes: &[u8], key: &str) -> Result<Self> {
        let text = std::str::from_utf8(bytes).map_err(broken)?;
        let mut entries: Entries = serde_json::from_str(text).map_err(broken)?;
        let names = entries.tensors.keys().cloned().collect();
        let mut tensors: Vec<(String, TensorInfo)> = entries.tensors.into_iter().collect();
        tensors.sort_by_key(|(_, info)| info.data_offsets);
        let table = Metadata::new(None, tensors).map_err(broken)?;
        Ok(Self { table, names, text: entries.metadata.remove(key) })
    }

    /// Number of bytes that the tensors take; they lie without holes from 0.
    fn data_length(&self) -> usize {
        self.table.data_len()
    }
}

fn broken(reason: impl std::error::Error + Send + Sync + 'static) -> Error {
    let text = reason.to_string();
    let message = format!("the header is no sound safetensors header: {}", super::shortened(&text));
    Error::model(message).with_source(reason)
}

/// The entries of a header as they are read.
#[derive(Default)]
struct Entries {
    metadata: BTreeMap<String, String>,
    tensors: BTreeMap<String, TensorInfo>,
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with an entry per tensor")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Entries, M::Error> {
                let mut entries = Entries::default();
                let mut metadata = None;
                while let Some(key) = map.next_key::<String>()? {
                    if key == "__metadata__" {
                        if metadata.replace(map.next_value::<Unique<String>>()?).is_some() {
                            return Err(occurs_twice(&key));
                        }
                    } else if entries.tensors.len() == MAX_TENSORS {
                        return Err(M::Error::custom(format!("more than {MAX_TENSORS} tensors")));
                    } else {
                        insert_once(&mut entries.tensors, key, map.next_value()?)?;
                    }
                }
                entries.metadata = metadata.map(|metadata| metadata.0).unwrap_or_default();
                Ok(entries)
            }
        }
        from.deserialize_map(Reader)
    }
}

/// A map in which no key occurs twice.
struct Unique<V>(BTreeMap<String, V>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Unique<V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        unique(from).map(Self)
    }
}

/// Reads a map and refuses a key that occurs twice, of which others would take the last in silence.
pub(crate) fn unique<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    from: D,
) -> Result<BTreeMap<String, V>, D::Error> {
    struct Reader<V>(PhantomData<V>);
    impl<'de, V: Deserialize<'de>> Visitor<'de> for Reader<V> {
        type Value = BTreeMap<String, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
            let mut entries = BTreeMap::new();
            while let Some((key, value)) = map.next_entry::<String, V>()? {
                insert_once(&mut entries, key, value)?;
            }
            Ok(entries)
        }
    }
    from.deserialize_map(Reader(PhantomData))
}

fn insert_once<V, E: serde::de::Error>(
    entries: &mut BTreeMap<String, V>,
    key: String,
    value: V,
) -> Result<(), E> {
    match entries.entry(key) {
        Entry::Occupied(entry) => Err(occurs_twice(entry.key())),
        Entry::Vacant(entry) => {
            entry.insert(value);
            Ok(())
        }
    }
}

fn occurs_twice<E: serde::de::Error>(key: &str) -> E {
    E::custom(format!("the key {} occurs twice", super::quoted(key)))
}
