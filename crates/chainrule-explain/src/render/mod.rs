//! A [`Derivation`](crate::Derivation) for people and programs: text, LaTeX, HTML, JSON.

mod breaks;
mod grouping;
pub mod html;
pub mod json;
pub mod latex;
mod linear;
mod mathml;
pub mod number;
mod pieces;
mod shown;
pub mod text;
