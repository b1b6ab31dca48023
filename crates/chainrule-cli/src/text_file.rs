//! Texts that people type in: run files, steps by hand.
//!
//! They are short, so a limit far beyond any keeps a mistyped data file from being read as one. It is held while reading: a
//! pipe or a device says nothing true of its length.

use crate::errors::Failure;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The longest text; parsed, its parts take fifty times as much memory.
const LARGEST: u64 = 512 << 10;

/// Reads a text; `what` it is, as in "a run file", stands in messages, and `code` is the exit code of a text that is none.
pub(crate) fn read(path: &Path, what: &str, code: u8) -> Result<String, Failure> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| Failure::io(format!("read {name}"), &error))?;
    decode(bytes, &name, what, code)
}

/// The text of bytes that are UTF-8.
pub(crate) fn decode(bytes: Vec<u8>, name: &str, what: &str, code: u8) -> Result<String, Failure> {
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::new(
            code,
            format!("{name} is longer than {LARGEST} bytes, which {what} never is"),
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].split(|&byte| byte == b'\n').count();
        Failure::new(code, format!("{name}, line {line}: {what} is UTF-8 text, and this is none"))
    })
}
