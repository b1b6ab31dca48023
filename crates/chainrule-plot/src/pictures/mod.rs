//! The pictures of this project: what `chainrule` measures, as figures.
//!
//! Each file takes plain data or what [`chainrule::analysis`] gives, and says what is seen: titles, names of axes, legends, and
//! the sentences below. Nothing is computed here that a test could not read off the figure. The command line and the
//! Python package both draw these.

mod curves;
mod descent;
mod dots;
mod slice;
mod surface;

pub use curves::{Epoch, Run, curves};
pub use descent::{DescentPicture, DescentRun, SurfaceMoving};
pub use slice::SlicePicture;
pub use surface::{PlaneAxes, SurfacePicture};

/// So many rows, in words.
fn rows(n: usize) -> String {
    if n == 1 { "1 row".to_owned() } else { format!("{n} rows") }
}
