//! A model made ready says of rows of values and of tables what `Model::predict` says of tables, to the bit, whatever the
//! number of rows; and says what is wrong with a row.

mod models;

use chainrule::data::{
    Column, Dataset, Feature, FeatureKind, Lines, MISSING, MissingPolicy, Numbers, Preprocessing, Scaler,
    Text, Value, Values,
};
use chainrule::model::{Answers, AnyNetwork, Model, Predictions, RowAnswer};
use chainrule::network::Network;
use chainrule::{Cpu, ErrorKind, Float};

/// Every kind of model, in both precisions.
fn all() -> Vec<(String, Model)> {
    let stored = models::stored().into_iter().chain([("two-classes", models::two_classes())]);
    let both = stored.flat_map(|(name, model)| {
        let other = in_other_precision(&model);
        [(name.to_owned(), model), (format!("{name}, other precision"), other)]
    });
    both.collect()
}

fn in_other_precision(model: &Model) -> Model {
    fn converted<F: Float, G: Float>(network: &Network<F>) -> Network<G> {
        let values = network.parameters.values.iter().map(|value| G::from_f64(value.to_f64())).collect();
        Network::from_parameters(&network.config(), values).expect("the same shapes")
    }
    let network = match &model.network {
        AnyNetwork::F32(network) => AnyNetwork::F64(converted(network)),
        AnyNetwork::F64(network) => AnyNetwork::F32(converted(network)),
    };
    Model { network, ..model.clone() }
}

/// The values of a row of a table whose columns are the features.
fn values(data: &Dataset, row: usize) -> Vec<Value<'_>> {
    fn of_column(column: &Column, row: usize) -> Value<'_> {
        match &column.values {
            Values::Numbers(numbers) if numbers.get(row).is_nan() => Value::Missing,
            Values::Numbers(numbers) => Value::Number(numbers.get(row)),
            Values::Text(text) if text.codes[row] == MISSING => Value::Missing,
            Values::Text(text) => Value::Text(&text.vocabulary[text.codes[row] as usize]),
        }
    }
    data.features.iter().map(|column| of_column(column, row)).collect()
}

/// Rows of a table again and again, until there are so many.
fn repeated(data: &Dataset, n: usize) -> Dataset {
    let row = |i: usize| (i * 7 + i / 3) % data.n_rows;
    let features = data.features.iter().map(|column| {
        let values = match &column.values {
            Values::Numbers(numbers) => {
                // Every row is another one, but for what is missing.
                let number = |i: usize| numbers.get(row(i)) + (i / data.n_rows) as f64 / 64.0;
                Values::Numbers(Numbers::F64((0..n).map(number).collect()))
            }
            Values::Text(text) => {
                let codes = (0..n).map(|i| text.codes[row(i)]).collect();
                Values::Text(Text { codes, vocabulary: text.vocabulary.clone() })
            }
        };
        Column { name: column.name.clone(), values }
    });
    Dataset { features: features.collect(), n_rows: n, lines: Lines::default(), ..data.clone() }
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Row `i` of predictions: codes, numbers, probabilities.
fn of_row(said: &Predictions, i: usize) -> (Vec<u32>, Vec<u64>, Option<Vec<u64>>) {
    let (codes, numbers) = match &said.answers {
        Answers::Classes(classes) => (vec![classes[i]], vec![]),
        Answers::Numbers(numbers) => (vec![], bits(numbers.row(i))),
        Answers::Flags(flags) => (flags.row(i).to_vec(), vec![]),
    };
    (codes, numbers, said.probabilities.as_ref().map(|p| bits(p.row(i))))
}

#[test]
fn rows_and_tables_have_the_same_bits_however_many_are_asked_for() {
    for (name, model) in all() {
        let data = repeated(&models::rows(&model), 2100);
        let whole = model.predict(&data).expect("rows of this model");
        let cpu = Cpu::new(2);
        let mut predictor = model.predictor(&cpu);
        assert_eq!(predictor.predict(&data).expect("as above"), whole, "{name}");
        for n in [0, 1, 2, 63, 64, 65, 1024, 1025] {
            let part = repeated(&models::rows(&model), n);
            let said = model.predict(&part).expect("rows of this model");
            assert_eq!(predictor.predict(&part).expect("as above"), said, "{name}, {n} rows");
            for i in (0..n).step_by(13) {
                assert_eq!(of_row(&said, i), of_row(&whole, i), "{name}, row {i} of {n}");
            }
        }
        for i in 0..200 {
            let values = values(&data, i);
            let said = predictor.predict_row(&values).expect("a row of this model");
            let (codes, numbers) = match said.answer {
                RowAnswer::Class(class) => (vec![class], vec![]),
                RowAnswer::Numbers(numbers) => (vec![], bits(numbers)),
                RowAnswer::Flags(flags) => (flags.to_vec(), vec![]),
            };
            assert_eq!((codes, numbers, said.probabilities.map(bits)), of_row(&whole, i), "{name}, row {i}");
            let new = |&(_, value): &(usize, &Value<'_>)| *value == Value::Text("new");
            let new: Vec<usize> = values.iter().enumerate().filter(new).map(|(place, _)| place).collect();
            assert_eq!(said.unseen, new, "{name}, row {i}");
        }
    }
}

#[test]
fn a_category_can_be_given_as_text_as_a_number_and_as_its_code() {
    let model = models::multi_label();
    let cpu = Cpu::new(1);
    let mut predictor = model.predictor(&cpu);
    // 'a' knows no and yes, 'b' the empty text, 0 and 1.
    let mut said = |b: Value<'_>| {
        let said = predictor.predict_row(&[Value::Text("yes"), b]).expect("a row of this model");
        (bits(said.probabilities.expect("of labels")), said.unseen.to_vec())
    };
    let one = said(Value::Text("1"));
    assert_eq!(one.1, [0_usize; 0]);
    for same in [Value::Number(1.0), Value::Code(2), Value::Text("1.0")] {
        assert_eq!(said(same), one, "{same:?}");
    }
    assert_eq!(said(Value::Number(-0.0)), said(Value::Text("0")));
    assert_ne!(said(Value::Text("0")), one);
    assert_eq!(said(Value::Number(f64::NAN)), said(Value::Missing));
    for unseen in [Value::Number(0.5), Value::Text("x"), Value::Number(f64::INFINITY)] {
        assert_eq!(said(unseen).1, [1], "{unseen:?}");
    }
}

#[test]
fn a_number_can_be_given_as_text() {
    let model = models::regression();
    let cpu = Cpu::new(1);
    let mut predictor = model.predictor(&cpu);
    let mut said = |x: Value<'_>| match predictor.predict_row(&[x]).expect("a number").answer {
        RowAnswer::Numbers(numbers) => bits(numbers),
        other => panic!("a regression says numbers, not {other:?}"),
    };
    assert_eq!(said(Value::Text(" 2.50 ")), said(Value::Number(2.5)));
}

/// What is wrong with a row.
fn error(model: &Model, values: &[Value<'_>]) -> String {
    let cpu = Cpu::new(1);
    let error = model.predictor(&cpu).predict_row(values).expect_err("a row that cannot be");
    assert_eq!(error.kind(), ErrorKind::Data, "{error}");
    error.to_string()
}

#[test]
fn an_error_names_the_feature_and_the_value() {
    let model = models::classification();
    let row = |age, city| [age, city, Value::Number(1.8)];
    let oslo = Value::Text("Oslo");
    let cases = [
        (row(Value::Text("old"), oslo), "feature 'age': expected a number, as in training, got 'old'"),
        (
            row(Value::Code(3), oslo),
            "feature 'age': expected a number, as in training, got the code 3 of a category",
        ),
        (row(Value::Number(f64::INFINITY), oslo), "feature 'age': expected a finite number, got inf"),
        (row(Value::Number(1e300), oslo), "becomes infinite in single precision"),
        (row(Value::Number(20.0), Value::Code(3)), "expected the code of one of 3 categories, from 0, got 3"),
        (row(Value::Number(20.0), Value::Code(u32::MAX)), "expected the code of one of 3 categories"),
    ];
    for (values, expected) in cases {
        let error = error(&model, &values);
        assert!(error.contains(expected), "{error}");
    }
    let error_of_two = error(&model, &[Value::Missing; 2]);
    assert!(
        error_of_two.contains("one value per feature, 3, from 'age' to 'height', got 2"),
        "{error_of_two}"
    );
    let missing = error(&models::regression(), &[Value::Missing]);
    assert!(missing.contains("feature 'x': expected a value, got a missing one"), "{missing}");
}

#[test]
fn a_row_that_cannot_be_leaves_the_predictor_as_it_was() {
    let model = models::classification();
    let cpu = Cpu::new(1);
    let mut predictor = model.predictor(&cpu);
    let row = [Value::Number(20.0), Value::Text("Oslo"), Value::Missing];
    let before = bits(predictor.predict_row(&row).expect("a row").probabilities.expect("of classes"));
    predictor.predict_row(&[Value::Missing, Value::Text("new"), Value::Text("tall")]).expect_err("no number");
    let said = predictor.predict_row(&row).expect("a row");
    assert_eq!((bits(said.probabilities.expect("of classes")), said.unseen), (before, &[][..]));
}

#[test]
fn the_first_number_that_is_not_finite_is_named_in_whichever_block_it_is() {
    let model = models::classification();
    for (n, row) in [(1, 0), (64, 63), (3000, 5), (3000, 1024), (3000, 2999)] {
        let mut data = repeated(&models::rows(&model), n);
        let Values::Numbers(Numbers::F64(ages)) = &mut data.features[0].values else { panic!("ages") };
        ages[row] = f64::INFINITY;
        let expected = format!("column 'age', data row {}: expected a finite number, got inf", row + 1);
        let cpu = Cpu::new(2);
        let mut predictor = model.predictor(&cpu);
        for error in [model.predict(&data), predictor.predict(&data)].map(Result::unwrap_err) {
            assert!(error.to_string().contains(&expected), "{error}");
        }
    }
}

#[test]
fn columns_are_found_by_name_where_their_order_is_another() {
    let model = models::classification();
    for n in [4, 400] {
        let data = repeated(&models::rows(&model), n);
        let mut turned = data.clone();
        turned.features.reverse();
        assert_eq!(model.predict(&turned).expect("by name"), model.predict(&data).expect("in order"));
    }
}

#[test]
fn many_numeric_inputs_with_indicators_stand_where_training_had_them() {
    // More inputs than a tile of the conversion has columns, every third with an indicator.
    let feature = |j: usize| Feature {
        name: format!("x{j}"),
        kind: FeatureKind::Numeric {
            median: j as f64,
            scaler: Scaler { mean: 1.0, scale: 2.0 },
            missing_in_training: j.is_multiple_of(3),
        },
    };
    let base = models::regression();
    let preprocessing = Preprocessing {
        features: (0..150).map(feature).collect(),
        missing: MissingPolicy::Impute,
        ..base.preprocessing.clone()
    };
    let AnyNetwork::F32(network) = &base.network else { panic!("single precision") };
    let config = models::config(&preprocessing, network.config().layers);
    let model = Model {
        network: AnyNetwork::F32(Network::new(&config, 3).expect("a network")),
        preprocessing,
        ..base
    };
    let data = repeated(&models::rows(&model), 130);
    let whole = model.predict(&data).expect("rows of this model");
    let cpu = Cpu::new(1);
    let mut predictor = model.predictor(&cpu);
    for i in 0..data.n_rows {
        let RowAnswer::Numbers(numbers) = predictor.predict_row(&values(&data, i)).expect("a row").answer
        else {
            panic!("a regression")
        };
        assert_eq!(bits(numbers), of_row(&whole, i).1, "row {i}");
    }
}
