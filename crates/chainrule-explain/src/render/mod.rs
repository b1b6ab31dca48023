//! A [`Derivation`](crate::Derivation) for people and programs: text, LaTeX, HTML, JSON.

pub mod json;
pub mod number;
