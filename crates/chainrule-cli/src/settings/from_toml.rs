//! How the [values](super::values) of a run file are read from TOML.
//!
//! Whatever can be one of several kinds (a number or a file, a name or a table) has a visitor, not an untagged enum:
//! an untagged enum loses both the place inside the value and the reason why it was refused.

use super::names::{ActivationName, ScheduleName};
use super::numbers::{AtLeastZero, Finite, Size};
use super::sections::ScheduleOptions;
use super::values::{
    ActivationChoice, BatchSize, CheckpointInterval, ClassWeight, ColumnName, Delimiter, DeviceName,
    FilePath, InitializerChoice, List, Part, PerLayer,
};
use serde::de::{self, IntoDeserializer, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};
use std::{fmt, marker::PhantomData};

/// Something that one TOML value of several kinds may stand for. What is not overridden is refused.
trait FromToml: Sized {
    const EXPECTED: &'static str;

    fn from_text(text: &str) -> Result<Self, String> {
        Err(format!("expected {}, got the text '{text}'", Self::EXPECTED))
    }

    fn from_integer(integer: i64) -> Result<Self, String> {
        Err(format!("expected {}, got {integer}", Self::EXPECTED))
    }

    fn from_float(float: f64) -> Result<Self, String> {
        Err(format!("expected {}, got {float:?}", Self::EXPECTED))
    }

    fn from_table<'de, A: de::MapAccess<'de>>(table: A) -> Result<Self, A::Error> {
        drop(table);
        Err(de::Error::custom(format!("expected {}, got a table", Self::EXPECTED)))
    }
}

struct AnyOf<T>(PhantomData<T>);

impl<'de, T: FromToml> de::Visitor<'de> for AnyOf<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::from_text(text).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, integer: i64) -> Result<T, E> {
        T::from_integer(integer).map_err(E::custom)
    }

    fn visit_f64<E: de::Error>(self, float: f64) -> Result<T, E> {
        T::from_float(float).map_err(E::custom)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, table: A) -> Result<T, A::Error> {
        T::from_table(table)
    }
}

impl FromToml for ColumnName {
    const EXPECTED: &'static str = "a column's name, or its index";

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse()
    }

    fn from_integer(integer: i64) -> Result<Self, String> {
        Ok(Self(integer.to_string()))
    }
}

impl FromToml for BatchSize {
    const EXPECTED: &'static str = "a whole number of 1 or more, or \"full\"";

    fn from_text(text: &str) -> Result<Self, String> {
        if text == "full" {
            Ok(Self::Full)
        } else {
            Err(format!("expected {}, got '{text}'", Self::EXPECTED))
        }
    }

    fn from_integer(integer: i64) -> Result<Self, String> {
        integer.to_string().parse().map_err(|_| format!("expected {}, got {integer}", Self::EXPECTED))
    }
}

impl FromToml for Part {
    const EXPECTED: &'static str = "a share of the rows from 0 up to, but not including, 1, or a file";

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map(Self::File)
    }

    fn from_integer(integer: i64) -> Result<Self, String> {
        Self::from_float(integer as f64)
    }

    fn from_float(float: f64) -> Result<Self, String> {
        let share = float.to_string().parse().map(Self::Fraction);
        share.map_err(|_| format!("expected {}, got {float:?}", Self::EXPECTED))
    }
}

impl FromToml for ClassWeight {
    const EXPECTED: &'static str = "\"none\", \"balanced\", or a table of labels with their weights";

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse()
    }

    fn from_table<'de, A: de::MapAccess<'de>>(table: A) -> Result<Self, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(table)).map(Self::PerLabel)
    }
}

impl FromToml for Delimiter {
    const EXPECTED: &'static str = "one ASCII character in quotes";

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse()
    }
}

impl FromToml for FilePath {
    const EXPECTED: &'static str = "a path in quotes";

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse()
    }
}

impl FromToml for DeviceName {
    const EXPECTED: &'static str = "\"auto\" or \"cpu\"";

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse()
    }
}

impl FromToml for InitializerChoice {
    const EXPECTED: &'static str = "the name of an initializer, in quotes";

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse()
    }
}

impl FromToml for CheckpointInterval {
    const EXPECTED: &'static str = "a distance in quotes, such as \"30s\", \"50steps\" or \"1epoch\"";

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse()
    }
}

/// An activation with its parameter, as a run file has it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ActivationTable {
    name: ActivationName,
    #[serde(skip_serializing_if = "Option::is_none")]
    slope: Option<Finite>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alpha: Option<Finite>,
}

impl FromToml for ActivationChoice {
    const EXPECTED: &'static str = "an activation: its name, or { name = \"leaky-relu\", slope = 0.01 }";

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse()
    }

    fn from_table<'de, A: de::MapAccess<'de>>(table: A) -> Result<Self, A::Error> {
        let ActivationTable { name, slope, alpha } =
            Deserialize::deserialize(MapAccessDeserializer::new(table))?;
        for (given, parameter, owner) in
            [(slope.is_some(), "slope", "leaky-relu"), (alpha.is_some(), "alpha", "elu")]
        {
            if given && name.as_str() != owner {
                let message = format!("'{}' has no {parameter}\nonly {owner} has one", name.as_str());
                return Err(de::Error::custom(message));
            }
        }
        Ok(Self { name, slope: slope.map(|s| s.0), alpha: alpha.map(|a| a.0) })
    }
}

impl Serialize for ActivationChoice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.slope.is_none() && self.alpha.is_none() {
            return self.name.serialize(serializer);
        }
        let table = ActivationTable {
            name: self.name.clone(),
            slope: self.slope.map(Finite),
            alpha: self.alpha.map(Finite),
        };
        table.serialize(serializer)
    }
}

impl FromToml for ScheduleOptions {
    const EXPECTED: &'static str = "a schedule: its name, or { name = \"cosine\", warmup = 100 }";

    fn from_text(text: &str) -> Result<Self, String> {
        let name: ScheduleName = text.parse()?;
        Ok(Self { name: Some(name), ..Self::default() })
    }

    fn from_table<'de, A: de::MapAccess<'de>>(table: A) -> Result<Self, A::Error> {
        // The inherent function that serde derives for `remote = "Self"`, not this trait's.
        let schedule = ScheduleOptions::deserialize(MapAccessDeserializer::new(table))?;
        let name = schedule.name.as_ref().map_or("constant", ScheduleName::as_str);
        match schedule.parameters().find(|(_, owners)| !owners.contains(&name)) {
            Some((parameter, owners)) => Err(de::Error::custom(format!(
                "the schedule '{name}' has no {parameter}\nit belongs to {}",
                owners.join(" and ")
            ))),
            None => Ok(schedule),
        }
    }
}

impl Serialize for ScheduleOptions {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ScheduleOptions::serialize(self, serializer)
    }
}

/// Implements `Deserialize` through [`AnyOf`].
macro_rules! deserialize_any_of {
    ($($type:ty),+ $(,)?) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(AnyOf(PhantomData))
            }
        }
    )+};
}

deserialize_any_of!(
    ColumnName,
    BatchSize,
    Part,
    ClassWeight,
    Delimiter,
    FilePath,
    DeviceName,
    InitializerChoice,
    CheckpointInterval,
    ActivationChoice,
    ScheduleOptions,
);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self)
    }
}

/// One value, or an array of them.
struct OneOrEach<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for OneOrEach<T> {
    type Value = PerLayer<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one value for all layers, or an array with one per layer")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        T::deserialize(text.into_deserializer()).map(PerLayer::All)
    }

    fn visit_i64<E: de::Error>(self, integer: i64) -> Result<Self::Value, E> {
        T::deserialize(integer.into_deserializer()).map(PerLayer::All)
    }

    fn visit_f64<E: de::Error>(self, float: f64) -> Result<Self::Value, E> {
        T::deserialize(float.into_deserializer()).map(PerLayer::All)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, table: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(table)).map(PerLayer::All)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element()? {
            values.push(value);
        }
        Ok(PerLayer::Each(values))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for PerLayer<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrEach(PhantomData))
    }
}

impl Serialize for BatchSize {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Full => serializer.serialize_str("full"),
            Self::Rows(rows) => Size::serialize(rows, serializer),
        }
    }
}

impl Serialize for Part {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fraction(fraction) => fraction.serialize(serializer),
            Self::File(path) => path.serialize(serializer),
        }
    }
}

impl Serialize for ClassWeight {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_str("none"),
            Self::Balanced => serializer.serialize_str("balanced"),
            Self::PerLabel(weights) => {
                serializer.collect_map(weights.iter().map(|(label, AtLeastZero(weight))| (label, weight)))
            }
        }
    }
}

impl Serialize for Delimiter {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.map(|byte| char::from(byte).to_string()).unwrap_or_default())
    }
}

impl Serialize for FilePath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.as_path().to_string_lossy())
    }
}
