//! A TOML file as a tree in which everything knows where it stands.
//!
//! The tree is read by hand and not by serde: a matrix whose third row is too short, or a layer that does not fit the one
//! before, is known only when several values have been seen, and must still be reported at its own line and column.

use std::ops::Range;

use chainrule::{Error, Position, Result};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::names;

/// A value and its place.
pub(crate) type Value<'a> = Spanned<DeValue<'a>>;

/// A file: what it is called in messages, and what it says.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
}

/// A table of a file.
pub(crate) struct Table<'a> {
    pub(crate) source: Source<'a>,
    /// What messages call it: `[state]`, `layer 1`; empty for the file itself.
    pub(crate) what: String,
    pub(crate) span: Range<usize>,
    entries: &'a DeTable<'a>,
}

/// Reads a text as TOML, and hands its root to `read`.
pub(crate) fn with_root<T>(text: &str, name: &str, read: impl FnOnce(&Table<'_>) -> Result<T>) -> Result<T> {
    let source = Source { name, text };
    let root = DeTable::parse(text).map_err(|error| {
        let message = error.message().to_owned();
        source.refused(&error.span().unwrap_or(0..0), message)
    })?;
    read(&Table { source, what: String::new(), span: 0..0, entries: root.get_ref() })
}

/// What kind of value it is, with an article.
pub(crate) fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl<'a> Source<'a> {
    /// The line and the column, in characters, of a byte of the text.
    pub(crate) fn position(self, offset: usize) -> Position {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.split('\n').count() as u64;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() as u64 + 1;
        Position { file: self.name.into(), line: Some(line), column: Some((column, String::new())) }
    }

    /// The error that something at a place is not what it should be.
    pub(crate) fn refused(self, span: &Range<usize>, message: impl Into<String>) -> Error {
        Error::data(message).at(self.position(span.start))
    }

    /// The text that a value is.
    pub(crate) fn text_of(self, value: &'a Value<'_>, expected: &str) -> Result<&'a str> {
        let found = value.get_ref();
        found.as_str().ok_or_else(|| {
            self.refused(&value.span(), format!("expected {expected}, got {}", kind_of(found)))
        })
    }
}

impl<'a> Table<'a> {
    /// The same error, of whatever kind, at a place of this file.
    pub(crate) fn at(&self, span: &Range<usize>) -> impl Fn(Error) -> Error + '_ {
        let span = span.clone();
        move |error| self.source.refused(&span, error.message())
    }

    /// Refuses every key that is not known here.
    pub(crate) fn only(&self, known: &[&str]) -> Result<()> {
        let Some((key, _)) = self.entries.iter().find(|(key, _)| !known.contains(&&**key.get_ref())) else {
            return Ok(());
        };
        let message = names::unknown("key", key.get_ref(), known);
        Err(self.source.refused(&key.span(), message))
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Value<'a>> {
        self.entries.get(key)
    }

    /// The value of a key that must be there; `hint` says what to write.
    pub(crate) fn required(&self, key: &str, hint: &str) -> Result<&'a Value<'a>> {
        self.get(key).ok_or_else(|| {
            let subject = if self.what.is_empty() { "the file" } else { &self.what };
            self.source.refused(&self.span, format!("{subject} has no '{key}'\n{hint}"))
        })
    }

    /// A table within this one.
    pub(crate) fn table(&self, key: &str) -> Result<Option<Self>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        self.within(value, format!("[{key}]")).map(Some)
    }

    /// A list of tables within this one; `what` is a single one.
    pub(crate) fn tables(&self, key: &str, what: &str) -> Result<Vec<Self>> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let DeValue::Array(items) = value.get_ref() else {
            let message = format!("expected a list of tables, got {}", kind_of(value.get_ref()));
            return Err(self.source.refused(&value.span(), message));
        };
        (1..).zip(items.iter()).map(|(number, item)| self.within(item, format!("{what} {number}"))).collect()
    }

    /// A value within this one as a table.
    pub(crate) fn within(&self, value: &'a Value<'a>, what: String) -> Result<Self> {
        let DeValue::Table(table) = value.get_ref() else {
            let message = format!("expected a table for {what}, got {}", kind_of(value.get_ref()));
            return Err(self.source.refused(&value.span(), message));
        };
        Ok(Self { source: self.source, what, span: value.span(), entries: table })
    }
}
