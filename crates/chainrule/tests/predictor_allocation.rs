//! A row allocates nothing after the first: one test alone in its process, so that nobody else's allocations count.

#[path = "../../chainrule-kernels/tests/counting/mod.rs"]
mod counting;
mod models;

use chainrule::Cpu;
use chainrule::data::{Feature, FeatureKind, MissingPolicy, Value};
use chainrule::model::Model;
use counting::{allocations_of, assert_that_allocations_count};

/// Rows of all kinds of values.
fn rows(model: &Model) -> Vec<Vec<Value<'static>>> {
    let of_number = [Value::Number(0.25), Value::Text("17.5"), Value::Number(-3.0), Value::Number(1e6)];
    let of_category = [Value::Text("1"), Value::Number(0.0), Value::Code(1), Value::Text("nobody knows it")];
    let impute = model.preprocessing.missing == MissingPolicy::Impute;
    let row = |i: usize| {
        let value = |feature: &Feature| match feature.kind {
            _ if impute && i == 4 => Value::Missing,
            FeatureKind::Numeric { .. } => of_number[i % 4],
            FeatureKind::Categorical { .. } => of_category[i % 4],
        };
        model.preprocessing.features.iter().map(value).collect()
    };
    (0..5).map(row).collect()
}

#[test]
fn a_row_allocates_nothing_after_the_first() {
    assert_that_allocations_count();
    let stored = models::stored().into_iter().chain([("two-classes", models::two_classes())]);
    for (name, model) in stored {
        let (cpu, rows) = (Cpu::new(1), rows(&model));
        let mut predictor = model.predictor(&cpu);
        predictor.predict_row(&rows[0]).expect("a row of this model");
        for (i, row) in rows.iter().enumerate() {
            let allocations = allocations_of(|| {
                predictor.predict_row(row).expect("a row of this model");
            });
            assert_eq!(allocations, 0, "{name}, row {i}");
        }
    }
}
