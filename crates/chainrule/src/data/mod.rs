//! From files to numbers that a network takes.
//!
//! A reader ([`csv`], [`parquet`], [`npy`], [`idx`], [`embedded`], [`synthetic`]) makes a [`Dataset`]: named, typed
//! columns as they stand in the file. [`split`] chooses rows for training, validation and test. [`Preprocessing`]
//! learns statistics and vocabularies from the training rows alone and turns any rows into [`Samples`]: [`Columns`]
//! of numbers and category codes, and [`Targets`].

mod assemble;
mod batches;
mod columns;
pub mod csv;
mod dataset;
pub mod embedded;
mod grid;
pub mod idx;
mod inputs;
mod labels;
pub mod npy;
#[cfg(feature = "fs")]
mod open;
mod options;
#[cfg(feature = "parquet")]
pub mod parquet;
mod preprocessing;
mod printed;
mod scaler;
mod selection;
mod source;
pub mod split;
#[cfg(feature = "fs")]
mod stream;
pub mod synthetic;

pub use batches::Batches;
pub(crate) use columns::Chunk;
pub use columns::{Batch, Columns, NO_CATEGORY, Samples, Targets};
pub use dataset::{Column, Dataset, Lines, MISSING, Numbers, Target, Text, Values};
pub use inputs::{Inputs, Places, SparseRows};
pub use labels::{ClassWeight, Labels, Task, parse_renames, stratification};
#[cfg(feature = "fs")]
pub use open::open;
pub use options::{KnownColumns, OnBadRow, ReadOptions};
pub use preprocessing::{
    Feature, FeatureKind, MissingPolicy, Outputs, Preprocessing, PreprocessingConfig, Value, Weighting,
};
pub(crate) use preprocessing::{RowInputs, TableInputs, numbers_of};
pub use scaler::{Scaler, Standardize, loses_digits_in_f32};
#[cfg(feature = "fs")]
pub use stream::Stream;
#[cfg(feature = "fs")]
pub(crate) use stream::{Facts, Order, Part, Records, Share, StreamedTable, facts};
