//! A [`Derivation`](crate::Derivation) for people and programs: text, LaTeX, HTML, JSON.

mod grouping;
pub mod html;
mod linear;
mod mathml;
pub mod number;
mod pieces;
mod shown;
