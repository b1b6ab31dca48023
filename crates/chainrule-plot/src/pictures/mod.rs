//! The pictures of this project: what `chainrule` measures, as figures.
//!
//! Each file takes plain data or what [`chainrule::analysis`] gives, and says what is seen: titles, names of axes, legends, and
//! the sentences below. Nothing is computed here that a test could not read off the figure. The command line and the
//! Python package both draw these.

mod confusion;
mod curves;
mod descent;
mod dots;
mod gradients;
mod measured;
mod network;
mod regions;
mod residuals;
mod slice;
mod surface;
mod weights;

pub use confusion::ConfusionPicture;
pub use curves::{Epoch, Run, Show, curves};
pub use descent::{DescentPicture, DescentRun, SurfaceMoving};
pub use gradients::{MeasuredNetwork, gradients};
pub use network::{MOST_NEURONS, NetworkPicture, Neurons};
pub use regions::{MOST_REGION_POINTS, Moment, PlaneAnswers, RegionsPicture};
pub use residuals::{MOST_POINTS, Predicted, residuals};
pub use slice::SlicePicture;
pub use surface::{PlaneAxes, SurfacePicture};
pub use weights::{MOST_IMAGES, WeightImages};

/// So many rows, in words.
fn rows(n: usize) -> String {
    if n == 1 { "1 row".to_owned() } else { format!("{n} rows") }
}
