//! A [`Derivation`](crate::Derivation) for people and programs: text, LaTeX, HTML, JSON.

mod breaks;
mod grouping;

pub mod latex;
pub mod number;
mod shown;
pub mod text;
