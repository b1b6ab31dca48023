//! What remains after training: a network with everything needed to answer for new rows.

mod answers;
mod evaluate;
mod export;
pub(crate) mod file;
#[allow(clippy::module_inception)] // the type's own file, beside its parts
mod model;
mod predict;
mod predictor;
mod score;

pub use evaluate::{Evaluation, Metrics};
pub(crate) use evaluate::{MetricsSum, PiecewiseEvaluation};
pub use export::{Elements, OPERATOR_SET, Onnx, Port};
pub use file::FORMAT_VERSION;
#[cfg(feature = "fs")]
pub use file::{check_destination, is_chainrule_model};
pub use model::{AnyNetwork, Model};
pub use predict::{Answers, Predictions};
pub use predictor::{Predictor, RowAnswer, RowPrediction};
pub(crate) use score::{CHUNK, ScoreSum, outputs};
pub use score::{Score, score};
