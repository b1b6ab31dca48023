//! Model files and checkpoints with all their checksums made right, so that bytes reach what lies behind them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What the text of a file begins with; eight digits follow.
const OPENING: &str = "{\"crc32c\":\"";
const DIGITS: usize = 8;
/// Bytes in front of the header: its length.
const PREFIX: usize = 8;

/// The file with right checksums, and a right length of its header; `None` where its parts cannot be told.
///
/// `key` is the one of the container's metadata whose value carries the checksums.
pub fn sealed(bytes: &[u8], key: &str) -> Option<Vec<u8>> {
    let rest = bytes.get(PREFIX..)?;
    let mut headers = serde_json::Deserializer::from_slice(rest).into_iter::<Map<String, Value>>();
    let mut header = headers.next()?.ok()?;
    let data = rest.get(headers.byte_offset()..)?;
    let data = data.get(data.iter().take_while(|&&byte| byte == b' ').count()..)?;
    let checksums = checksums(&header, data);
    let text = header.get_mut("__metadata__")?.get_mut(key)?;
    *text = sealed_text(text.as_str()?, checksums)?.into();
    let mut header = serde_json::to_vec(&header).ok()?;
    header.resize(header.len().next_multiple_of(PREFIX), b' ');
    Some([&(header.len() as u64).to_le_bytes()[..], &header, data].concat())
}

/// The checksum of each tensor that lies within the data.
fn checksums(header: &Map<String, Value>, data: &[u8]) -> BTreeMap<String, Value> {
    let of_tensor = |(name, info): (&String, &Value)| {
        let offset = |i: usize| info.get("data_offsets")?.get(i)?.as_u64().map(|offset| offset as usize);
        let numbers = data.get(offset(0)?..offset(1)?)?;
        Some((name.clone(), format!("{:08x}", crc32c::crc32c(numbers)).into()))
    };
    header.iter().filter_map(of_tensor).collect()
}

/// The text with the checksums of the tensors that it names, and with its own.
fn sealed_text(text: &str, mut checksums: BTreeMap<String, Value>) -> Option<String> {
    let mut text: Map<String, Value> = serde_json::from_str(text).ok()?;
    for (name, checksum) in text.get_mut("tensor_crc32c")?.as_object_mut()? {
        if let Some(right) = checksums.remove(name) {
            *checksum = right;
        }
    }
    text.insert("crc32c".into(), "0".repeat(DIGITS).into());
    let text = serde_json::to_string(&text).ok()?;
    // The checksum stands first: no key of these files comes before it in the alphabet.
    let rest = text.strip_prefix(OPENING)?.get(DIGITS..)?;
    Some(format!("{OPENING}{:08x}{rest}", crc32c::crc32c(rest.as_bytes())))
}
