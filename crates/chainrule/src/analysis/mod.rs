//! What can be learned from a training by looking into it.
//!
//! Nothing here changes how a network is trained. A measure is computed once, in one place, so that an explanation and
//! a picture of the same network show the same numbers.

mod descent;
mod directions;
mod eigen;
mod examples;
mod gradient;
mod hessian;
mod landscape;
mod layer_gradients;
mod principal_plane;
mod retraining;
mod slice;
mod surface;

pub use descent::{Descent, DescentConfig, Moving, PathPoint};
pub use directions::random_directions;
pub use eigen::{Eigen, symmetric_eigen};
pub use examples::{DESCENT_EXAMPLES, DescentExample};
pub use hessian::hessian;
pub use landscape::{Landscape, ends, even_places, longer};
pub use layer_gradients::{LayerGradients, Size, layer_gradients};
pub use principal_plane::{PrincipalPlane, principal_plane};
pub use retraining::Retraining;
pub use slice::{Slice, Tangent};
pub use surface::{Plane, Surface};

pub use crate::network::parameter_place;
