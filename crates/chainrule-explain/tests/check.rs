//! Derivations made by hand, right and wrong, and what is said about them.

#[path = "check/hand.rs"]
mod hand;

use chainrule::loss::Loss;
use chainrule::optimizer::{OptimizerConfig, Rule};
use chainrule::{Activation, Matrix};
use chainrule_explain::check::report;
use chainrule_explain::claim::{Printed, Written};
use chainrule_explain::{
    Cause, Claim, Judgement, Kind, Layer, LayerValues, Quantity, State, Step, Trace, Verdict, Worked, check,
};
use hand::{Feeds, Hand, claim, draw, number, random};

/// Greaney's 3-2-1 network.
fn example_a() -> Step {
    let layer = |weights: &[f64], rows| Layer {
        activation: Activation::Sigmoid,
        values: LayerValues {
            weights: Matrix::from_vec(weights.to_vec(), rows, weights.len() / rows),
            bias: None,
        },
    };
    let step = Step {
        x: Matrix::from_vec(vec![0.0, 1.0, 2.0], 1, 3),
        y: Matrix::from_vec(vec![1.0], 1, 1),
        sample_weights: None,
        layers: vec![layer(&[0.4, 0.5, 0.3, 0.2, 0.7, 0.1], 2), layer(&[0.1, 0.2], 1)],
        loss: Loss::Mse,
        optimizer: OptimizerConfig { rule: Rule::Sgd, learning_rate: 0.1, ..OptimizerConfig::default() },
        state: State::default(),
    };
    step.checked().unwrap()
}

/// What Greaney printed, in his order; the fields are symbol, quantity and the numbers, rows parted by `;`.
fn claims_of_example_a() -> Vec<Claim> {
    use Kind::{
        Activations, Delta, OutputDerivative, Preactivations, Prediction, Slopes, WeightGradient, Weights,
    };
    let (before, after) = (Quantity::before, Quantity::after);
    [
        ("z1", before(Preactivations(1)), "1.1 0.9"),
        ("a1", before(Activations(1)), "0.75 0.71"),
        ("z2", before(Preactivations(2)), "0.217"),
        ("yhat", before(Prediction), "0.554"),
        ("delta2", before(Delta(2)), "-0.22"),
        ("dW2", before(WeightGradient(2)), "-0.165 -0.156"),
        ("W2'", after(Weights(2)), "0.1165 0.2156"),
        ("sigma'(z1)", before(Slopes(1)), "0.187 0.206"),
        ("z2", before(Preactivations(2)), "2.17"),
        ("yhat", before(Prediction), "0.5541"),
        ("sigma'(z2)", before(Slopes(2)), "0.092"),
        ("dloss_dyhat", before(OutputDerivative), "0.892"),
        ("delta2", before(Delta(2)), "0.082"),
        ("dW1", before(WeightGradient(1)), "0 0.0015 0.0031;0 0.0034 0.0068"),
        ("W1'", after(Weights(1)), "0.4 0.4999 0.2997;0.2 0.6997 0.0993"),
        ("W1'", after(Weights(1)), "0.4 0.4998 0.2996;0.2 0.6997 0.0993"),
        ("z1'", after(Preactivations(1)), "1.099 0.8983"),
        ("a1'", after(Activations(1)), "0.7501 0.7106"),
        ("z2'", after(Preactivations(2)), "0.2406"),
        ("yhat'", after(Prediction), "0.5599"),
    ]
    .into_iter()
    .zip(1..)
    .map(|((symbol, quantity, numbers), line)| {
        let row = |row: &str| row.split(' ').map(number).collect();
        let claim = claim(symbol, quantity, numbers.split(';').map(row).collect());
        Claim { place: format!("line {line}"), ..claim }
    })
    .collect()
}

/// `symbol printed: causes` of every number with that verdict.
fn with_verdict(judgements: &[Judgement], verdict: Verdict) -> Vec<String> {
    let why = |one: &Judgement| {
        let causes = one.causes.iter().map(|cause| format!(" {cause}"));
        causes.chain(one.fed.iter().map(|claim| format!(" {claim}"))).collect::<String>()
    };
    let fed = |one: &Judgement| if one.fed.is_empty() { "" } else { " fed" };
    let chosen = judgements.iter().filter(|one| one.verdict == verdict);
    chosen.map(|one| format!("{} {}:{}{}", one.symbol, one.printed, fed(one), why(one))).collect()
}

#[test]
fn every_error_of_example_a_is_found_and_nothing_right_is_flagged() {
    let judgements = check(&example_a(), &claims_of_example_a());
    let wrong = [
        "z2 2.17: decimal-point",
        "sigma'(z2) 0.092: carried(8)",
        "dloss_dyhat 0.892: sign",
        "delta2 0.082: carried(11) carried(10)",
        "dW1 0.0015: carried(12)",
        "dW1 0.0031: carried(12)",
        "dW1 0.0034: carried(12)",
        "dW1 0.0068: carried(12)",
        "W1' 0.4999: carried(13) swapped-index neighbour",
        "W1' 0.2997: carried(13)",
        "W1' 0.6997: carried(13)",
        "W1' 0.0993: carried(13)",
        "W1' 0.4998: carried(13)",
        "W1' 0.2996: carried(13)",
        "W1' 0.6997: carried(13)",
        "W1' 0.0993: carried(13)",
        "z1' 1.099: carried(15)",
        "z1' 0.8983: carried(15)",
        "a1' 0.7501: carried(16)",
        "a1' 0.7106: carried(16)",
        "z2' 0.2406: carried(17)",
        "yhat' 0.5599: carried(18)",
    ];
    assert_eq!(with_verdict(&judgements, Verdict::Wrong), wrong);
    // A rounded −0.22 and 0.71 were fed forward, and what came of it again.
    assert_eq!(with_verdict(&judgements, Verdict::Rounded), ["dW2 -0.156: fed 1 4", "W2' 0.2156: fed 5"]);
}

#[test]
fn the_text_names_every_claim_and_keeps_to_80_columns() {
    let text = report::text(&check(&example_a(), &claims_of_example_a()));
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn the_json_has_the_keys_of_the_interface_for_every_number() {
    let claims = claims_of_example_a();
    let json = report::json(&check(&example_a(), &claims)).unwrap();
    let objects: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(&json).unwrap();
    assert_eq!(objects.len(), claims.iter().map(|claim| claim.value.iter().flatten().count()).sum::<usize>());
    for object in &objects {
        for key in ["symbol", "claim", "index", "where", "printed", "right", "verdict", "causes"] {
            assert!(object.contains_key(key), "{key} is missing in {object:?}");
        }
    }
    let misprint = objects.iter().find(|object| object["printed"] == "2.17").unwrap();
    assert_eq!(misprint["verdict"], "wrong");
    assert_eq!(misprint["causes"], serde_json::json!(["decimal-point"]));
    assert_eq!(misprint["where"], "line 9");
    assert_eq!(misprint["index"], serde_json::json!([0, 0]));
}

/// Units of the last digit by which a planted mistake moves a number.
const MOVED: f64 = 5.0;
const NETWORKS: u64 = 200;

const KINDS: [Cause; 16] = [
    Cause::Sign,
    Cause::Factor2,
    Cause::FactorHalf,
    Cause::BatchMean,
    Cause::OutputsMean,
    Cause::DecimalPoint,
    Cause::DerivativeOfActivation,
    Cause::ActivationForDerivative,
    Cause::Transposed,
    Cause::SwappedIndex,
    Cause::Neighbour,
    Cause::UpdatedWeights,
    Cause::LearningRateMissing,
    Cause::LearningRateTwice,
    Cause::MissingPath,
    Cause::MissingBias,
];

/// A network with a mistake in it.
struct Planted {
    step: Step,
    claims: Vec<Claim>,
    /// Where the mistake is.
    claim: usize,
    index: Vec<usize>,
    /// Whether another mistake that people make there gives the same digits.
    is_ambiguous: bool,
}

/// Draws networks until a mistake of this kind can be made in one so that its number moves far enough.
fn plant(cause: Cause, index: u64, digits: usize, feeds: Feeds) -> Planted {
    let mut rng = random(1, index);
    loop {
        let step = draw(&mut rng);
        let Some(page) = Hand::work(&step, digits, feeds, None) else { continue };
        let mut places = Vec::new();
        for (c, mistakes) in page.mistakes.iter().enumerate() {
            for (m, _) in mistakes.iter().enumerate().filter(|(_, mistake)| mistake.cause == cause) {
                for (r, row) in page.values[c].iter().enumerate() {
                    places.extend((0..row.len()).map(|column| (c, m, r, column)));
                }
            }
        }
        rng.shuffle(&mut places);
        for &(c, m, r, column) in places.iter().take(20) {
            let (mistake, right) = (&page.mistakes[c][m], &page.values[c]);
            let mut value = if mistake.is_single { right.clone() } else { mistake.value.clone() };
            value[r][column] = mistake.value[r][column];
            let written = hand::rounded(value[r][column], digits);
            let exact =
                page.claims[c].quantity.value(&step, &chainrule_explain::Trace::new(&step)).row(r)[column];
            let moved = (written.value - right[r][column]).abs().min((written.value - exact).abs());
            if !written.value.is_finite() || written.value == 0.0 || moved < MOVED * written.unit {
                continue;
            }
            let gives_the_same = |other: &&hand::Mistake| {
                other.cause != cause && hand::rounded(other.value[r][column], digits).text == written.text
            };
            let is_ambiguous = page.mistakes[c].iter().any(|other| gives_the_same(&other));
            let Some(page) = Hand::work(&step, digits, feeds, Some((c, &value))) else { continue };
            return Planted { claims: page.claims, claim: c, index: vec![r, column], is_ambiguous, step };
        }
    }
}

#[test]
fn one_planted_mistake_is_found_and_named() {
    let (mut named, mut clear, mut first, mut several) = (0, 0, 0, 0);
    let (mut followed, mut carried) = (0, 0);
    for i in 0..NETWORKS {
        let cause = KINDS[i as usize % KINDS.len()];
        let (digits, feeds) = (
            3 + (i / 16) as usize % 4,
            if (i + i / 16) % 2 == 0 { Feeds::Unrounded } else { Feeds::Rounded },
        );
        let planted = plant(cause, i, digits, feeds);
        let judgements = check(&planted.step, &planted.claims);
        let found = judgements.iter().find(|one| one.verdict == Verdict::Wrong).unwrap();
        assert_eq!(found.claim, planted.claim, "network {i}: {cause} planted, found {found:?}");
        let found =
            judgements.iter().find(|one| one.claim == planted.claim && one.index == planted.index).unwrap();
        assert_eq!(found.verdict, Verdict::Wrong, "network {i}: {cause} planted, found {found:?}");
        let is_first = found.causes.first() == Some(&cause);
        named += u32::from(found.causes.contains(&cause));
        clear += u32::from(!planted.is_ambiguous);
        several += u32::from(found.causes.len() > 1);
        first += u32::from(!planted.is_ambiguous && is_first);
        if !is_first && !planted.is_ambiguous {
            println!("network {i}: {cause} planted, {digits} digits, {feeds:?}, found {found:?}");
        }
        let wrong =
            judgements.iter().filter(|one| one.claim > planted.claim && one.verdict == Verdict::Wrong);
        for one in wrong {
            followed += 1;
            carried += u32::from(matches!(one.causes.first(), Some(Cause::Carried(_))));
        }
    }
    println!(
        "{} of {NETWORKS} mistakes are ambiguous: another mistake gives the same digits",
        NETWORKS as u32 - clear
    );
    println!("several causes are named for {several}");
    println!("named: {named}; first of {clear} that are not ambiguous: {first}");
    println!("of {followed} wrong numbers that follow, {carried} are first called carried");
    assert!(f64::from(named) >= 0.99 * NETWORKS as f64);
    assert!(f64::from(first) >= 0.95 * f64::from(clear));
    assert!(f64::from(carried) >= 0.99 * f64::from(followed));
}

#[test]
fn a_correct_derivation_raises_no_alarm() {
    for i in 0..NETWORKS {
        let mut rng = random(2, i);
        let step = draw(&mut rng);
        let digits = 3 + rng.below(4) as usize;
        for feeds in [Feeds::Unrounded, Feeds::Rounded] {
            let Some(page) = Hand::work(&step, digits, feeds, None) else { continue };
            for one in check(&step, &page.claims) {
                if feeds == Feeds::Unrounded {
                    assert_eq!(one.verdict, Verdict::Right, "network {i}: {one:?}");
                }
                assert_ne!(one.verdict, Verdict::Wrong, "network {i}: {one:?}");
            }
        }
    }
}

/// Who goes on from the page here and from the calculator there may be put off in ways that no reading repeats.
#[test]
fn rounding_now_and_then_raises_hardly_an_alarm() {
    let (mut numbers, mut wrong) = (0, 0);
    for i in 0..NETWORKS {
        let mut rng = random(4, i);
        let (step, digits) = (draw(&mut rng), 3 + rng.below(4) as usize);
        let feeds = Feeds::Mixed(rng.bits());
        let Some(page) = Hand::work(&step, digits, feeds, None) else { continue };
        let judgements = check(&step, &page.claims);
        numbers += judgements.len();
        wrong += judgements.iter().filter(|one| one.verdict == Verdict::Wrong).count();
    }
    println!("{wrong} of {numbers} numbers");
    assert!(wrong as f64 <= 0.002 * numbers as f64, "{wrong} of {numbers}");
}

#[test]
fn a_misprint_of_no_known_kind_carries_on() {
    let (mut followed, mut carried) = (0, 0);
    for i in 0..NETWORKS / 4 {
        let mut rng = random(3, i);
        let (digits, feeds) = (4, if i % 2 == 0 { Feeds::Unrounded } else { Feeds::Rounded });
        let step = draw(&mut rng);
        let Some(page) = Hand::work(&step, digits, feeds, None) else { continue };
        let place = rng.below(page.claims.len() as u64 / 2) as usize;
        let misprint: hand::Rows =
            page.values[place].iter().map(|row| row.iter().map(|v| 1.37 * v).collect()).collect();
        let Some(page) = Hand::work(&step, digits, feeds, Some((place, &misprint))) else { continue };
        for one in check(&step, &page.claims).iter().filter(|one| one.verdict == Verdict::Wrong) {
            assert!(one.claim >= place, "network {i}: {one:?}");
            if one.claim > place {
                followed += 1;
                carried += u32::from(matches!(one.causes.first(), Some(Cause::Carried(_))));
            }
        }
    }
    println!("of {followed} wrong numbers that follow, {carried} are first called carried");
    assert!(f64::from(carried) >= 0.95 * f64::from(followed));
}

#[test]
fn one_path_followed_for_all_is_a_missing_path() {
    let layer = |n_outputs: usize, n_inputs: usize| Layer {
        activation: Activation::Tanh,
        values: LayerValues {
            weights: Matrix::from_fn(n_outputs, n_inputs, |i, j| 0.3 + 0.17 * i as f64 - 0.41 * j as f64),
            bias: None,
        },
    };
    let matrix = |values: &[f64]| Matrix::from_vec(values.to_vec(), 1, values.len());
    let step = Step { x: matrix(&[0.6, -0.9]), y: matrix(&[1.0, -0.5, 0.3]), ..example_a() };
    let step = Step { layers: vec![layer(2, 2), layer(3, 2)], ..step }.checked().unwrap();
    let trace = Trace::new(&step);
    for k in 0..3 {
        let entry = |j: usize| {
            let path = trace.backward.deltas[1].row(0)[k] * step.layers[1].values.weights.row(k)[j];
            hand::rounded(path * trace.backward.slopes[0].row(0)[j], 4)
        };
        let delta = claim("delta1", Quantity::before(Kind::Delta(1)), vec![vec![entry(0), entry(1)]]);
        for one in check(&step, &[delta]) {
            assert_eq!(one.causes.first(), Some(&Cause::MissingPath), "{one:?}");
        }
    }
}

/// An entry of δ that looks cut off comes of the weights after the step like those beside it, and ∂L/∂W follows from that.
#[test]
fn what_looks_rounded_beside_a_mistake_carries_it_on() {
    let text = r#"
        loss = "mse"
        learning_rate = 0.05
        x = [[-1.8, -1.5, -0.3], [-0.5, 0.7, 0.2]]
        y = [[-0.2, 0.0], [-0.8, 0.2]]
        [[layers]]
        activation = "sigmoid"
        weights = [[0.88, 1.09, -0.74], [-0.74, 0.22, 0.91], [0.4, -0.08, 1.33]]
        bias = [-0.12, 0.05, 0.23]
        [[layers]]
        activation = "sigmoid"
        weights = [[0.71, 0.36, 0.48], [-1.11, -0.81, -0.74], [1.05, 0.06, 0.07]]
        [[layers]]
        activation = "sigmoid"
        weights = [[-0.97, -0.37, -1.02], [1.3, 0.11, 0.22]]
        [[claims]]
        symbol = "delta1"
        value = [["0.0002255", "0.001223", "0.001562"], ["-0.003471", "0.0002501", "0.0001334"]]
        [[claims]]
        symbol = "dW1"
        value = [["0.001330", "-0.002768", "-0.0007618"], ["-0.002327", "-0.001660", "-0.0003169"],
                 ["-0.002877", "-0.002249", "-0.0004418"]]
    "#;
    let worked = Worked::parse(text, "homework").unwrap();
    let judgements = check(&worked.example.step, &worked.claims);
    assert_eq!(judgements[2].verdict, Verdict::Rounded, "{:?}", judgements[2]);
    let wrong = judgements.iter().filter(|one| one.claim == 1 && one.verdict == Verdict::Wrong);
    for one in wrong {
        assert_eq!(one.causes.first(), Some(&Cause::Carried(0)), "{one:?}");
    }
    assert_eq!(judgements[12].causes, [Cause::Carried(0)], "{:?}", judgements[12]);
}

#[test]
fn a_mistake_in_what_was_not_written_down_is_named() {
    let step = example_a();
    let trace = Trace::new(&step);
    // ∂L/∂W1 with σ'(a) where σ'(z) belongs, and nothing written down before it.
    let (a, delta) = (trace.forward.a[0].row(0), trace.backward.deltas[1].row(0)[0]);
    let weights = step.layers[1].values.weights.row(0);
    let entry = |i: usize, j: usize| {
        let sigmoid = 1.0 / (1.0 + (-a[i]).exp());
        hand::rounded(delta * weights[i] * sigmoid * (1.0 - sigmoid) * step.x.row(0)[j], 4)
    };
    let value = (0..2).map(|i| (0..3).map(|j| entry(i, j)).collect()).collect();
    let judgements = check(&step, &[claim("dW1", Quantity::before(Kind::WeightGradient(1)), value)]);
    let wrong: Vec<_> = judgements.iter().filter(|one| one.verdict == Verdict::Wrong).collect();
    assert_eq!(wrong.len(), 4);
    for one in wrong {
        assert_eq!(one.causes, [Cause::DerivativeOfActivation], "{one:?}");
    }
}

#[test]
fn a_matrix_of_the_transposed_shape_is_transposed_and_a_column_is_a_vector() {
    let step = example_a();
    let column = |texts: &[&str]| texts.iter().map(|text| vec![number(text)]).collect::<Vec<_>>();
    let z = claim("z1", Quantity::before(Kind::Preactivations(1)), column(&["1.1", "0.8"]));
    let judgements = check(&step, &[z]);
    assert_eq!(with_verdict(&judgements, Verdict::Right), ["z1 1.1:"]);
    assert!((judgements[1].right - 0.9).abs() < 1e-12);

    let rows = [["0", "0"], ["-0.0041", "-0.0091"], ["-0.0083", "-0.0181"]];
    let value = rows.iter().map(|row| row.iter().map(|text| number(text)).collect()).collect();
    let judgements = check(&step, &[claim("dW1", Quantity::before(Kind::WeightGradient(1)), value)]);
    assert!(judgements.iter().all(|one| one.causes == [Cause::Transposed]), "{judgements:?}");
    assert!((judgements[3].right + 0.009_056_189).abs() < 1e-9);
}

#[test]
fn the_text_speaks_in_the_signs_of_the_author() {
    let printed = Printed { text: "0.30".into(), value: -0.30, unit: 0.01 };
    let delta = claim("delta2", Quantity::before(Kind::Delta(2)), vec![vec![printed]]);
    let written = Written { negated: true, ..Written::default() };
    let judgements = check(&example_a(), &[Claim { written, ..delta }]);
    assert!(report::text(&judgements).contains("0.30 is wrong, right is 0.220345"), "{judgements:?}");
    assert!(judgements[0].right < 0.0);
}

#[test]
fn a_claim_that_fits_nothing_is_wrong_without_a_cause() {
    let value = vec![vec![number("1.5"), number("2.5")]];
    let judgements = check(&example_a(), &[claim("z9", Quantity::before(Kind::Preactivations(9)), value)]);
    assert_eq!(with_verdict(&judgements, Verdict::Wrong), ["z9 1.5:", "z9 2.5:"]);
    assert!(report::text(&judgements).contains("no such quantity"));
}
