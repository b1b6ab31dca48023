//! What can be learned from a training by looking into it.
//!
//! Nothing here changes how a network is trained. A measure is computed once, in one place, so that an explanation and
//! a picture of the same network show the same numbers.

mod descent;
mod layer_gradients;
mod retraining;
mod surface;

pub use descent::{Descent, DescentConfig, Moving, PathPoint};
pub use layer_gradients::{LayerGradients, Size, layer_gradients};
pub use retraining::Retraining;
pub use surface::{Plane, Surface};

pub use crate::network::parameter_place;
