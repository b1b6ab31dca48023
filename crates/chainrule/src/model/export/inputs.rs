//! From the columns of a table to what the first layer reads: numbers, indicators of missing ones, categories one-hot.
//!
//! Numbers: x ↦ ((NaN ? median : x) − mean) / scale, in f64, then rounded to the network's precision. A category becomes its
//! place in the vocabulary, or −1, and is compared with 0, 1, 2, …: all of a row's columns are 0 where it has no place.

use super::Elements;
use super::graph::{Attribute, Graph, Value, length};
use crate::data::{Feature, FeatureKind, MissingPolicy, Preprocessing, Scaler};

/// Texts that stand for a missing category, as files have them by default; and how Python prints what is none.
const MISSING_TEXTS: [&str; 7] = ["", "NA", "NaN", "null", "?", "nan", "None"];

/// How far from 0, in standard deviations, a column's mean may lie if f32 is to keep the digits of its numbers.
const FARTHEST_MEAN_IN_F32: f64 = 64.0;

/// A numeric feature.
struct Number {
    median: f64,
    scaler: Scaler,
    missing_in_training: bool,
}

/// Writes the inputs and what becomes of them; returns the rows of the first layer.
pub(super) fn push(preprocessing: &Preprocessing, graph: &mut Graph) -> Value {
    let mut parts = numbers(preprocessing, graph);
    parts.extend(categories(preprocessing, graph));
    match &parts[..] {
        [only] => only.clone(),
        several => {
            let several: Vec<&Value> = several.iter().collect();
            graph.apply_with("Concat", &several, vec![("axis", Attribute::Int(1))])
        }
    }
}

fn numbers(preprocessing: &Preprocessing, graph: &mut Graph) -> Vec<Value> {
    let numeric = |feature: &Feature| match feature.kind {
        FeatureKind::Numeric { median, scaler, missing_in_training } => {
            Some((feature.name.clone(), Number { median, scaler, missing_in_training }))
        }
        FeatureKind::Categorical { .. } => None,
    };
    let (names, numbers): (Vec<String>, Vec<Number>) =
        preprocessing.features.iter().filter_map(numeric).unzip();
    if numbers.is_empty() {
        return vec![];
    }
    let elements = input_elements(graph.precision, &numbers);
    let given = graph.input("numbers", elements, names);
    let (filled, indicators) = match preprocessing.missing {
        MissingPolicy::Impute => impute(&given, elements, &numbers, graph),
        MissingPolicy::Error => (given, None),
    };
    let scaled = scale(&filled, elements, &numbers, graph);
    std::iter::once(scaled).chain(indicators).collect()
}

/// What the numbers come as: what the network computes with, or f64 where f32 would lose digits before they are scaled.
fn input_elements(precision: Elements, numbers: &[Number]) -> Elements {
    let is_far = |number: &Number| number.scaler.mean.abs() > FARTHEST_MEAN_IN_F32 * number.scaler.scale;
    if numbers.iter().any(is_far) { Elements::F64 } else { precision }
}

/// Medians in place of missing numbers, and where they were missing in those columns that miss some in training.
fn impute(
    given: &Value,
    elements: Elements,
    numbers: &[Number],
    graph: &mut Graph,
) -> (Value, Option<Value>) {
    let missing = graph.apply("IsNaN", &[given]);
    let medians = numbers.iter().map(|number| number.median);
    let medians = graph.numbers(None, elements, &[1, numbers.len()], medians);
    let filled = graph.apply("Where", &[&missing, &medians, given]);
    let indicated: Vec<i64> =
        (0..).zip(numbers).filter(|(_, number)| number.missing_in_training).map(|(i, _)| i).collect();
    if indicated.is_empty() {
        return (filled, None);
    }
    let columns = graph.integers(&[indicated.len()], indicated);
    let of_those = graph.apply_with("Gather", &[&missing, &columns], vec![("axis", Attribute::Int(1))]);
    let indicators = graph.cast(&of_those, graph.precision);
    (filled, Some(indicators))
}

/// Numbers in the network's unit and precision.
fn scale(filled: &Value, elements: Elements, numbers: &[Number], graph: &mut Graph) -> Value {
    let cast = |value: Value, from: Elements, to: Elements, graph: &mut Graph| {
        if from == to { value } else { graph.cast(&value, to) }
    };
    if numbers.iter().all(|number| number.scaler == Scaler::IDENTITY) {
        return cast(filled.clone(), elements, graph.precision, graph);
    }
    let shape = [1, numbers.len()];
    let wide = cast(filled.clone(), elements, Elements::F64, graph);
    let means = numbers.iter().map(|number| number.scaler.mean);
    let means = graph.numbers(Some("preprocessing.features.mean".into()), Elements::F64, &shape, means);
    let scales = numbers.iter().map(|number| number.scaler.scale);
    let scales = graph.numbers(Some("preprocessing.features.scale".into()), Elements::F64, &shape, scales);
    let centred = graph.apply("Sub", &[&wide, &means]);
    let scaled = graph.apply("Div", &[&centred, &scales]);
    cast(scaled, Elements::F64, graph.precision, graph)
}

fn categories(preprocessing: &Preprocessing, graph: &mut Graph) -> Vec<Value> {
    let categorical = |feature: &Feature| match &feature.kind {
        FeatureKind::Numeric { .. } => None,
        FeatureKind::Categorical { vocabulary, missing_in_training } => {
            Some((feature.name.clone(), (vocabulary.clone(), *missing_in_training)))
        }
    };
    let (names, vocabularies): (Vec<String>, Vec<(Vec<String>, bool)>) =
        preprocessing.features.iter().filter_map(categorical).unzip();
    if vocabularies.is_empty() {
        return vec![];
    }
    let given = graph.input("categories", Elements::Text, names);
    let one_hot = |(column, (vocabulary, missing)): (usize, (Vec<String>, bool))| {
        let column = graph.integers(&[1], [length(column)]);
        let texts = graph.apply_with("Gather", &[&given, &column], vec![("axis", Attribute::Int(1))]);
        one_hot(&texts, vocabulary, missing, graph)
    };
    vocabularies
        .into_iter()
        .enumerate()
        .filter(|(_, (vocabulary, missing))| *missing || !vocabulary.is_empty())
        .map(one_hot)
        .collect()
}

/// One column of texts, rows × 1, as a column of 0 and 1 per category.
fn one_hot(texts: &Value, vocabulary: Vec<String>, missing_in_training: bool, graph: &mut Graph) -> Value {
    let n = vocabulary.len();
    let mut places: Vec<i64> = (0..length(n)).collect();
    let mut keys = vocabulary;
    if missing_in_training {
        for text in MISSING_TEXTS {
            if !keys[..n].iter().any(|known| known == text) {
                keys.push(text.into());
                places.push(length(n));
            }
        }
    }
    let attributes = vec![
        ("default_int64", Attribute::Int(-1)),
        ("keys_strings", Attribute::Texts(keys)),
        ("values_int64s", Attribute::Ints(places)),
    ];
    let codes = graph.apply_with("LabelEncoder", &[texts], attributes);
    let n = n + usize::from(missing_in_training);
    let all = graph.integers(&[1, n], 0..length(n));
    let is_it = graph.apply("Equal", &[&codes, &all]);
    graph.cast(&is_it, graph.precision)
}
