//! The table that a network is asked about: every place of a plane as a row with all of its features.

use crate::errors::{Failure, code};
use crate::settings::values::{ColumnName, List};
use chainrule::data::{Column, Dataset, Feature, FeatureKind, Numbers, Text, Values};
use chainrule::model::Model;

/// The features of a model, two of which are the plane's.
pub(super) struct Table<'a> {
    model: &'a Model,
    dataset: &'a Dataset,
    rows: &'a [u32],
    /// The plane's columns in the data, with the places of their features in the model.
    axes: [(&'a Numbers, usize); 2],
}

impl<'a> Table<'a> {
    pub(super) fn new(
        model: &'a Model,
        dataset: &'a Dataset,
        rows: &'a [u32],
        asked: Option<&List<ColumnName>>,
    ) -> Result<Self, Failure> {
        let [a, b] = chosen(&model.preprocessing.features, asked)?;
        let numbers = |feature: usize| {
            let name = &model.preprocessing.features[feature].name;
            let column = dataset.features.iter().find(|column| column.name == *name);
            match column.map(|column| &column.values) {
                Some(Values::Numbers(numbers)) => Ok((numbers, feature)),
                _ => Err(Failure::new(
                    code::DATA,
                    format!(
                        "{}: there is no numeric column '{name}', which the model asks for",
                        dataset.source
                    ),
                )),
            }
        };
        Ok(Self { model, dataset, rows, axes: [numbers(a)?, numbers(b)?] })
    }

    /// The names of the plane's features.
    pub(super) fn names(&self) -> [String; 2] {
        self.axes.map(|(_, feature)| self.features()[feature].name.clone())
    }

    fn features(&self) -> &'a [Feature] {
        &self.model.preprocessing.features
    }

    /// Where a row of the data is on the plane.
    pub(super) fn point(&self, row: usize) -> [f64; 2] {
        self.axes.map(|(numbers, _)| numbers.get(row))
    }

    /// Places along an axis: all of the data, and some more on either side.
    pub(super) fn places(&self, axis: usize, n: usize) -> Result<Vec<f64>, Failure> {
        let numbers = self.axes[axis].0;
        let finite = self.rows.iter().map(|row| numbers.get(*row as usize)).filter(|x| x.is_finite());
        let [low, high] =
            finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)]);
        if low > high {
            let message = format!("{}: no row has a number as '{}'", self.dataset.source, self.names()[axis]);
            return Err(Failure::new(code::DATA, message));
        }
        let beside = if high > low { (high - low) * 0.08 } else { low.abs().max(1.0) * 0.1 };
        let (low, span) = (low - beside, high - low + 2.0 * beside);
        Ok((0..n).map(|i| low + span * i as f64 / (n - 1) as f64).collect())
    }

    /// Every place as a row.
    pub(super) fn plane(&self, [x, y]: &[Vec<f64>; 2]) -> Dataset {
        let n_rows = x.len() * y.len();
        let [across, up] = self.axes.map(|(_, feature)| feature);
        let column = |(n, feature): (usize, &Feature)| {
            let values = if n == across {
                Values::Numbers(Numbers::F64((0..n_rows).map(|place| x[place % x.len()]).collect()))
            } else if n == up {
                Values::Numbers(Numbers::F64((0..n_rows).map(|place| y[place / x.len()]).collect()))
            } else {
                match &feature.kind {
                    FeatureKind::Numeric { median, .. } => {
                        Values::Numbers(Numbers::F64(vec![*median; n_rows]))
                    }
                    FeatureKind::Categorical { .. } => {
                        let vocabulary = vec![self.usual(&feature.name).unwrap_or_default()];
                        Values::Text(Text { codes: vec![0; n_rows], vocabulary })
                    }
                }
            };
            Column { name: feature.name.clone(), values }
        };
        Dataset {
            source: "the plane".to_owned(),
            features: self.features().iter().enumerate().map(column).collect(),
            targets: Vec::new(),
            sample_weight: None,
            ignored: Vec::new(),
            lines: chainrule::data::Lines::default(),
            n_rows,
            warnings: Vec::new(),
        }
    }

    /// The most frequent category of a column in the rows; of equally frequent ones the first to appear.
    fn usual(&self, name: &str) -> Option<String> {
        let column = self.dataset.features.iter().find(|column| column.name == name)?;
        let Values::Text(text) = &column.values else { return None };
        let mut counts = vec![0_usize; text.vocabulary.len()];
        for row in self.rows {
            if let Some(count) = counts.get_mut(text.codes[*row as usize] as usize) {
                *count += 1;
            }
        }
        let most = counts.iter().copied().max().filter(|most| *most > 0)?;
        let code = counts.iter().position(|count| *count == most)?;
        Some(text.vocabulary[code].clone())
    }

    /// What the other features stay at, in a sentence.
    pub(super) fn held(&self) -> Option<String> {
        let [across, up] = self.axes.map(|(_, feature)| feature);
        let others = self.features().iter().enumerate().filter(|(n, _)| *n != across && *n != up);
        let mut told: Vec<String> = others
            .map(|(_, feature)| match &feature.kind {
                FeatureKind::Numeric { median, .. } => {
                    format!("{} {}", feature.name, chainrule_plot::number(*median))
                }
                FeatureKind::Categorical { .. } => {
                    format!("{} {}", feature.name, self.usual(&feature.name).unwrap_or_default())
                }
            })
            .collect();
        let n = told.len();
        if n > 6 {
            told.truncate(6);
            told.push(format!("{} more", n - 6));
        }
        (n > 0).then(|| {
            format!(
                "All other features are held, numbers at the median of the model's training and categories at the most frequent \
                 one, so rows with other values may lie in a region that is not theirs: {}.",
                told.join(", ")
            )
        })
    }
}

/// The places of the two features that make the plane.
fn chosen(features: &[Feature], asked: Option<&List<ColumnName>>) -> Result<[usize; 2], Failure> {
    let numeric: Vec<usize> =
        (0..features.len()).filter(|n| matches!(features[*n].kind, FeatureKind::Numeric { .. })).collect();
    let names = || {
        let names: Vec<&str> = numeric.iter().take(12).map(|n| features[*n].name.as_str()).collect();
        let more = if numeric.len() > 12 { ", …" } else { "" };
        crate::output::escaped(&format!("{}{more}", names.join(", ")))
    };
    if numeric.len() < 2 {
        let message = format!(
            "decision regions lie over two numeric features, and this model has {}\n\
             chainrule inspect MODEL shows what it takes",
            numeric.len()
        );
        return Err(Failure::usage(message));
    }
    let Some(asked) = asked else {
        if features.len() == 2 {
            return Ok([0, 1]);
        }
        let message = format!(
            "decision regions lie over two features, and this model has {}\n\
             choose two of the numeric ones, the others are held: --features A,B (there are: {})",
            features.len(),
            names()
        );
        return Err(Failure::usage(message));
    };
    let place = |name: &str| {
        numeric.iter().copied().find(|n| features[*n].name == name).ok_or_else(|| {
            let message = format!("--features: there is no numeric feature '{name}'\nthere are: {}", names());
            Failure::usage(message)
        })
    };
    match &asked.0[..] {
        [a, b] if a.0 != b.0 => Ok([place(&a.0)?, place(&b.0)?]),
        given => {
            let given: Vec<&str> = given.iter().map(|name| name.0.as_str()).collect();
            let message =
                format!("--features {}: expected two different features, as in A,B", given.join(","));
            Err(Failure::usage(message))
        }
    }
}
