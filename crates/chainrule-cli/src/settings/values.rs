//! Values with two spellings: text on the command line, TOML in a run file.
//!
//! An empty text means "none" throughout, as in `out = ""`.

use crate::nearest::unknown;
use chainrule::network::Initializer;
use chainrule::training::Interval;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    str::FromStr,
};

use super::names::ActivationName;
use super::numbers::{AtLeastZero, BelowOne, Size};

/// A list: comma-separated on the command line, an array in a run file.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

/// One value for all layers, or one per layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum PerLayer<T> {
    All(T),
    Each(Vec<T>),
}

/// A column: its name, or its index from 0, negative from the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct ColumnName(pub(crate) String);

/// An activation: its name, and its parameter where it has one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ActivationChoice {
    pub(crate) name: ActivationName,
    pub(crate) slope: Option<f64>,
    pub(crate) alpha: Option<f64>,
}

/// Rows per step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum BatchSize {
    Full,
    Rows(Size),
}

/// Where the rows of a split come from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// This share of the data's rows; 0: no such split.
    Fraction(BelowOne),
    /// All rows of another file.
    File(FilePath),
}

/// How much the rows of each class count.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ClassWeight {
    None,
    Balanced,
    PerLabel(BTreeMap<String, AtLeastZero>),
}

/// `--map-label FROM=TO`: labels to rename, as pairs. A label with `=` in it can be read in several ways; all are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Renames(pub(crate) Vec<(String, String)>);

/// How weights start: a name, some with a scale behind a colon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct InitializerChoice(String);

/// The character between cells, or none: by the file's extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delimiter(pub(crate) Option<u8>);

/// Weights and biases by their names, such as `layers.0.weight[0,1]`: comma-separated on the command line, an array in a run file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct WeightNames(pub(crate) Vec<String>);

/// A path, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FilePath(PathBuf);

/// `--weight I,J`: the weight of a unit and of one of its inputs, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WeightPlace(pub(crate) usize, pub(crate) usize);

/// Where to compute. This build knows the processor alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct DeviceName(String);

/// The distance between two checkpoints, as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct CheckpointInterval(String);

impl FromStr for WeightPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.trim().parse().ok().filter(|&number: &usize| number > 0);
        let place = text.split_once(',').and_then(|(unit, input)| Some(Self(number(unit)?, number(input)?)));
        place.ok_or_else(|| "expected a unit and one of its inputs, both from 1, such as 2,3".to_owned())
    }
}

impl FromStr for WeightNames {
    type Err = String;

    /// Commas within brackets are part of a name.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut inside = false;
        let parts = text.split(|c| {
            inside = (inside || c == '[') && c != ']';
            c == ',' && !inside
        });
        let names: Vec<String> = parts.map(|name| name.trim().to_owned()).collect();
        match &names[..] {
            [none] if none.is_empty() => Ok(Self::default()),
            all if all.iter().any(String::is_empty) => {
                Err("expected weights such as layers.0.weight[0,1],layers.1.bias[0]".to_owned())
            }
            _ => Ok(Self(names)),
        }
    }
}

impl FromStr for CheckpointInterval {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed: chainrule::Result<Interval> = text.parse();
        parsed.map(|_| Self(text.to_owned())).map_err(|error| error.message().to_owned())
    }
}

impl CheckpointInterval {
    /// As the library takes it.
    pub(crate) fn get(&self) -> Interval {
        // Cannot fail: it was parsed when it was read.
        self.0.parse().unwrap_or_default()
    }
}

impl<T: FromStr<Err = String>> FromStr for List<T> {
    type Err = String;

    /// `a,b` is two, the empty text is none; `,a` is the empty text and `a` (for `--missing-values`).
    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(Vec::new()));
        }
        text.split(',').map(|item| item.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl<T: FromStr<Err = String>> FromStr for PerLayer<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains(',') {
            Ok(Self::Each(text.parse::<List<T>>()?.0))
        } else {
            text.parse().map(Self::All)
        }
    }
}

impl<T: Clone> PerLayer<T> {
    /// One value per layer, or one value for all of them in a list of one.
    pub(crate) fn to_vec(&self) -> Vec<T> {
        match self {
            Self::All(value) => vec![value.clone()],
            Self::Each(values) => values.clone(),
        }
    }
}

impl FromStr for ColumnName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for ActivationChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(|name| Self { name, slope: None, alpha: None })
    }
}

impl FromStr for BatchSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "full" {
            return Ok(Self::Full);
        }
        text.parse().map(Self::Rows).map_err(|expected: String| format!("{expected}, or 'full'"))
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<f64>() {
            Ok(_) => text
                .parse()
                .map(Self::Fraction)
                .map_err(|expected: String| format!("{expected} (a share of the rows), or a file")),
            Err(_) => text.parse().map(Self::File),
        }
    }
}

impl FromStr for ClassWeight {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" | "none" => return Ok(Self::None),
            "balanced" => return Ok(Self::Balanced),
            _ => {}
        }
        let pair = |item: &str| {
            let (label, weight) = item.rsplit_once('=').ok_or("expected none, balanced or LABEL=WEIGHT,…")?;
            Ok((label.trim().to_owned(), weight.parse().map_err(|e| format!("weight of '{label}': {e}"))?))
        };
        text.split(',').map(pair).collect::<Result<_, String>>().map(Self::PerLabel)
    }
}

impl FromStr for Renames {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        chainrule::data::parse_renames(text).map(Self).map_err(|error| error.message().to_owned())
    }
}

impl FromStr for InitializerChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text != "auto" {
            text.parse::<Initializer>().map_err(|error| error.message().to_owned())?;
        }
        Ok(Self(text.to_owned()))
    }
}

impl InitializerChoice {
    /// As the library reads it, or `auto`.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Delimiter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.as_bytes() {
            [] => Ok(Self(None)),
            [byte] if byte.is_ascii() && !b"\"\r\n\0".contains(byte) => Ok(Self(Some(*byte))),
            b"tab" | b"\\t" => Ok(Self(Some(b'\t'))),
            _ => Err("expected one ASCII character such as ',', ';' or 'tab'".to_owned()),
        }
    }
}

impl FromStr for FilePath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('\0') {
            return Err("a path cannot contain the character NUL".to_owned());
        }
        Ok(Self(PathBuf::from(text)))
    }
}

impl FilePath {
    /// A path that is already known.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The path as it was given, empty for none.
    pub(crate) fn as_path(&self) -> &Path {
        &self.0
    }

    /// The path, unless it is empty.
    pub(crate) fn given(&self) -> Option<&Path> {
        (!self.0.as_os_str().is_empty()).then_some(&self.0)
    }

    /// The same path, seen from where `folder` stands.
    pub(crate) fn seen_from(&mut self, folder: &Path) {
        if self.given().is_some() {
            self.0 = folder.join(&self.0);
        }
    }
}

impl FromStr for DeviceName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, number) = text.split_once(':').unwrap_or((text, "0"));
        match kind {
            "auto" | "cpu" if text == kind => Ok(Self(text.to_owned())),
            "cuda" if number.parse::<u32>().is_ok() => Err(
                "this build has no CUDA support\nleave --device out, or give cpu, to train on the processor"
                    .into(),
            ),
            _ => Err(unknown("device", text, &["auto", "cpu", "cuda", "cuda:N"])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_contain_an_equals_sign_can_be_renamed() {
        let wanted = ("<=50K.".to_owned(), "<=50K".to_owned());
        assert!("<=50K.=<=50K".parse::<Renames>().is_ok_and(|renames| renames.0.contains(&wanted)));
        assert!("ab".parse::<Renames>().is_err());
    }

    #[test]
    fn an_initializer_may_have_a_scale() {
        assert!("auto".parse::<InitializerChoice>().is_ok());
        assert!("normal:0.05".parse::<InitializerChoice>().is_ok());
        assert!("normal:-1".parse::<InitializerChoice>().is_err());
        assert!("he".parse::<InitializerChoice>().is_err());
    }

    #[test]
    fn a_number_is_a_share_and_anything_else_a_file() {
        assert_eq!("0.25".parse(), Ok(Part::Fraction(BelowOne(0.25))));
        assert_eq!("2020.csv".parse(), Ok(Part::File(FilePath::new("2020.csv".into()))));
        assert!("1.5".parse::<Part>().is_err());
    }

    #[test]
    fn a_comma_within_brackets_is_part_of_a_weights_name() {
        let names = |text: &str| text.parse::<WeightNames>().map(|names| names.0);
        assert_eq!(
            names("layers.0.weight[0,1], a.bias[2]"),
            Ok(vec!["layers.0.weight[0,1]".into(), "a.bias[2]".into()])
        );
        assert_eq!(names(""), Ok(Vec::new()));
        assert!(names("a[0,1],,b[1]").is_err());
    }

    #[test]
    fn an_empty_item_of_a_list_is_the_empty_text() {
        let names = |list: &str| list.parse::<List<ColumnName>>().map(|list| list.0.len());
        assert_eq!((names(""), names("a"), names(",a")), (Ok(0), Ok(1), Ok(2)));
    }

    #[test]
    fn weights_are_read_per_label() {
        let weights =
            BTreeMap::from([("<=50K".to_owned(), AtLeastZero(1.0)), ("b".to_owned(), AtLeastZero(2.5))]);
        assert_eq!("<=50K=1,b=2.5".parse(), Ok(ClassWeight::PerLabel(weights)));
        assert!("a=-1".parse::<ClassWeight>().is_err());
        assert!("a".parse::<ClassWeight>().is_err());
    }

    #[test]
    fn a_device_that_this_build_lacks_is_an_error_that_says_so() {
        assert!("auto".parse::<DeviceName>().is_ok());
        for device in ["cuda", "cuda:1"] {
            let error = device.parse::<DeviceName>().expect_err("no CUDA here");
            assert!(error.starts_with("this build has no CUDA support"), "{error}");
        }
        assert!("cuda:x".parse::<DeviceName>().expect_err("no number").starts_with("unknown device"));
    }
}
