//! A derivation put together by hand: the first steps of a 3-2-1 network, then every kind of formula and block.
//!
//! It is for renderers, which know nothing of how derivations come about.

pub(crate) mod random;

use chainrule::loss::Loss;
use chainrule::optimizer::OptimizerConfig;
use chainrule::{Activation, Matrix};
use chainrule_explain::derivation::Check;
use chainrule_explain::verify::{Comparison, Verification};
use chainrule_explain::{
    Block, Conventions, Derivation, Expr, Form, Layer, LayerValues, Line, Operator, Section, Span, State,
    Step, Symbol, Trace, Value,
};

pub(crate) fn matrix<const N: usize>(rows: &[[f64; N]]) -> Matrix<f64> {
    Matrix::from_vec(rows.concat(), rows.len(), N)
}

pub(crate) fn text(words: &str) -> Span {
    Span::Text(words.into())
}

pub(crate) fn math(expr: impl Into<Expr>) -> Span {
    Span::Math(expr.into())
}

/// A line without a check.
pub(crate) fn line(symbol: impl Into<Expr>, formula: Expr, numbers: Option<Expr>, value: Value) -> Line {
    let symbol = symbol.into();
    Line {
        id: symbol.id().unwrap_or_default(),
        form: None,
        symbol,
        formula: Some(formula),
        numbers,
        value,
        check: None,
    }
}

/// A line of a derivative that agrees with its central difference.
pub(crate) fn checked(form: Form, line: Line) -> Block {
    let check = Some(Check { error: 1.2e-11, agrees: true, kinks: 0 });
    Block::Line(Box::new(Line { form: Some(form), check, ..line }))
}

pub(crate) fn unchecked(line: Line) -> Block {
    Block::Line(Box::new(line))
}

/// A derivation of these sections; its numbers are of the 3-2-1 network.
pub(crate) fn derivation(title: &str, sections: Vec<Section>) -> Derivation {
    let step = step();
    let trace = Trace::new(&step);
    let verification = Verification {
        finite_difference: Comparison::default(),
        forms_agree: Comparison::default(),
        engine: Comparison::default(),
        engine_f32: None,
    };
    Derivation {
        title: title.into(),
        step,
        trace,
        conventions: Conventions::default(),
        sections,
        verification,
    }
}

/// The network of the first worked example: no biases, sigmoid, squared error.
pub(crate) fn step() -> Step {
    let layer =
        |weights| Layer { activation: Activation::Sigmoid, values: LayerValues { weights, bias: None } };
    let step = Step {
        x: matrix(&[[0.0, 1.0, 2.0]]),
        y: matrix(&[[1.0]]),
        sample_weights: None,
        layers: vec![layer(matrix(&[[0.4, 0.5, 0.3], [0.2, 0.7, 0.1]])), layer(matrix(&[[0.1, 0.2]]))],
        loss: Loss::Mse,
        optimizer: OptimizerConfig { learning_rate: 0.1, ..OptimizerConfig::default() },
        state: State::default(),
    };
    step.checked().expect("the example is a valid step")
}

fn w(layer: usize, i: usize, j: usize) -> Symbol {
    Symbol::new("w").layer(layer).at([i, j])
}

fn a(layer: usize, i: usize) -> Symbol {
    Symbol::new("a").layer(layer).at([i])
}

fn z(layer: usize, i: usize) -> Symbol {
    Symbol::new("z").layer(layer).at([i])
}

fn delta(layer: usize, i: usize) -> Symbol {
    Symbol::new("δ").layer(layer).at([i])
}

fn x(j: usize) -> Symbol {
    Symbol::new("x").at([j])
}

fn y_hat() -> Expr {
    Symbol::new("ŷ").into()
}

fn loss() -> Expr {
    Symbol::new("L").into()
}

fn times(left: impl Into<Expr>, right: impl Into<Expr>) -> Expr {
    Expr::product([left.into(), right.into()])
}

fn numbers(left: f64, right: f64) -> Expr {
    Expr::product([Expr::operand(left), Expr::operand(right)])
}

fn section(id: &str, title: &str, blocks: Vec<Block>) -> Section {
    Section { id: id.into(), title: title.into(), blocks }
}

/// The start of the first worked example, as a teacher writes it.
pub(crate) fn sample() -> Derivation {
    let sections = vec![given(), forward(), component(), whole_layers(), update()];
    derivation("One step of gradient descent, 3-2-1, mse", sections)
}

fn given() -> Section {
    let settings = vec![
        (
            "indices".into(),
            vec![
                math(Symbol::new("w").layer(1).at([2, 3])),
                text(" leads to unit 2 from input 3 (destination first)"),
            ],
        ),
        (
            "loss".into(),
            vec![
                text("mse: the mean over rows and outputs of "),
                math(Symbol::new("e").into_expr().squared()),
                text(", no ½"),
            ],
        ),
        (
            "sign of δ".into(),
            vec![math(delta(1, 2).into_expr().equals(Expr::partial(loss(), z(1, 2).into())))],
        ),
        (
            "gradient".into(),
            vec![
                math(Expr::partial(loss(), Symbol::new("W").layer(1).bold().into())),
                text(" has the shape of "),
                math(Symbol::new("W").layer(1).bold()),
            ],
        ),
    ];
    let words = vec![text(
        "The loss depends on a weight of the first layer only by way of the unit it leads to. So its derivative is a product, a factor for each station on the way; 5 % & 3_2 # of {this} is ~nothing~ but^punctuation \\ $.",
    )];
    section("given", "What is given", vec![Block::Settings(settings), Block::Paragraph(words)])
}

fn forward() -> Section {
    let step = step();
    let trace = Trace::new(&step);
    let weights = &step.layers[0].values.weights;
    let z_line = |i: usize| {
        let formula = Expr::sum((1..=3).map(|j| times(w(1, i, j), x(j))));
        let filled = Expr::sum((0..3).map(|j| numbers(weights.row(i - 1)[j], step.x.row(0)[j])));
        unchecked(line(z(1, i), formula, Some(filled), Value::Scalar(trace.forward.z[0].row(0)[i - 1])))
    };
    let a_line = |i: usize| {
        let z_value = trace.forward.z[0].row(0)[i - 1];
        let one_over = |exponent: Expr| {
            Expr::Integer(1).over(Expr::sum([
                Expr::Integer(1),
                Expr::Power(Box::new(Expr::Word("e")), Box::new(exponent)),
            ]))
        };
        let formula = Expr::of(Symbol::new("σ").into(), z(1, i).into());
        unchecked(line(
            a(1, i),
            formula,
            Some(one_over(Expr::Number(-z_value))),
            Value::Scalar(trace.forward.a[0].row(0)[i - 1]),
        ))
    };
    let error = y_hat().minus(Symbol::new("y").into()).grouped().squared();
    let filled = Expr::Number(0.554_091_463).minus(Expr::Number(1.0)).grouped().squared();
    let loss_line = line(loss(), error, Some(filled), Value::Scalar(trace.forward.loss));
    section(
        "forward",
        "Forward pass",
        vec![
            Block::Heading("Layer 1".into()),
            z_line(1),
            z_line(2),
            a_line(1),
            a_line(2),
            Block::Heading("Loss".into()),
            unchecked(loss_line),
        ],
    )
}

fn component() -> Section {
    let step = step();
    let trace = Trace::new(&step);
    let upper = trace.backward.deltas[1].row(0)[0];
    let slopes = trace.backward.slopes[0].row(0);
    let by_weight = |i: usize, j: usize| {
        let path = |k: usize| {
            let product = Expr::product([
                Expr::partial(loss(), z(2, 1).into()),
                Expr::partial(z(2, 1).into(), a(1, k).into()),
                Expr::partial(a(1, k).into(), z(1, k).into()),
                Expr::partial(z(1, k).into(), w(1, i, j).into()),
            ]);
            if k == i { product } else { Expr::Zero(Box::new(product)) }
        };
        let filled = |k: usize| {
            let input = if k == i { step.x.row(0)[j - 1] } else { 0.0 };
            let product = Expr::product(
                [upper, step.layers[1].values.weights.row(0)[k - 1], slopes[k - 1], input].map(Expr::operand),
            );
            if k == i && input != 0.0 { product } else { Expr::Zero(Box::new(product)) }
        };
        let value = trace.backward.gradients[0].weights.row(i - 1)[j - 1];
        let by = Expr::partial(loss(), w(1, i, j).into());
        line(by, Expr::sum([path(1), path(2)]), Some(Expr::sum([filled(1), filled(2)])), Value::Scalar(value))
    };
    let delta_line = line(
        delta(2, 1),
        times(Expr::partial(loss(), y_hat()), Expr::of(Symbol::new("σ'").into(), z(2, 1).into())),
        Some(numbers(trace.backward.activations[1].row(0)[0], trace.backward.slopes[1].row(0)[0])),
        Value::Scalar(upper),
    );
    let unit = |i: usize| {
        line(
            delta(1, i),
            Expr::product([
                delta(2, 1).into(),
                w(2, 1, i).into(),
                Expr::of(Symbol::new("σ'").into(), z(1, i).into()),
            ]),
            Some(Expr::product(
                [upper, step.layers[1].values.weights.row(0)[i - 1], slopes[i - 1]].map(Expr::operand),
            )),
            Value::Scalar(trace.backward.deltas[0].row(0)[i - 1]),
        )
    };
    section(
        "component",
        "Backward pass, component form",
        vec![
            Block::Paragraph(vec![
                text(
                    "Every path from a weight to the loss gives a product, and the derivative is their sum. A path through the other hidden unit carries nothing, since ",
                ),
                math(Expr::partial(z(1, 2).into(), w(1, 1, 3).into()).equals(Expr::Integer(0))),
                text("; it stands here all the same."),
            ]),
            checked(Form::Component, delta_line),
            checked(Form::Component, unit(1)),
            checked(Form::Component, unit(2)),
            checked(Form::Component, by_weight(1, 1)),
            checked(Form::Component, by_weight(2, 3)),
            Block::Omitted {
                what: "weights of layer 1".into(),
                count: 4,
                hint: "--layer 1 --weight I,J".into(),
            },
        ],
    )
}

fn whole_layers() -> Section {
    let trace = Trace::new(&step());
    let bold = |name, layer| Expr::from(Symbol::new(name).layer(layer).bold());
    let column = |values: &[f64]| Matrix::from_vec(values.to_vec(), values.len(), 1);
    let shown = |matrix: &Matrix<f64>| {
        Expr::Matrix(
            (0..matrix.rows()).map(|i| matrix.row(i).iter().map(|&v| Expr::Number(v)).collect()).collect(),
        )
    };
    let slopes = column(trace.backward.slopes[0].row(0));
    let deltas = column(trace.backward.deltas[0].row(0));
    let formula = Expr::joined(
        Operator::Hadamard,
        [
            Expr::joined(Operator::MatrixTimes, [bold("W", 2).transposed(), bold("δ", 2)]).grouped(),
            Expr::of(Symbol::new("σ'").into(), bold("z", 1)),
        ],
    );
    let weights = matrix(&[[0.1], [0.2]]);
    let filled = Expr::joined(
        Operator::Hadamard,
        [
            Expr::joined(Operator::MatrixTimes, [shown(&weights), shown(&trace.backward.deltas[1])])
                .grouped(),
            shown(&slopes),
        ],
    );
    let delta_line = line(bold("δ", 1), formula, Some(filled), Value::Matrix(deltas.clone()));
    let x_row = shown(&matrix(&[[0.0, 1.0, 2.0]]));
    let outer = Expr::joined(Operator::MatrixTimes, [shown(&deltas), x_row]);
    let gradient = line(
        Expr::partial(loss(), bold("W", 1)),
        Expr::joined(Operator::MatrixTimes, [bold("δ", 1), Expr::from(Symbol::new("x").bold()).transposed()]),
        Some(outer),
        Value::Matrix(trace.backward.gradients[0].weights.clone()),
    );
    let block = |k: usize| {
        let entry = |i: usize, j: usize| {
            if i == k { Expr::Number(j as f64) } else { Expr::Zero(Box::new(Expr::Integer(0))) }
        };
        Expr::Matrix((1..=2).map(|i| (0..3).map(|j| entry(i, j)).collect()).collect())
    };
    let tensor = |k: usize| {
        let entry = |i: usize, j: usize| if i == k { j as f64 } else { 0.0 };
        line(
            Symbol::new("T").at([k]).bold(),
            block(k),
            None,
            Value::Matrix(Matrix::from_fn(2, 3, |i, j| entry(i + 1, j))),
        )
    };
    let contraction = line(
        Expr::partial(loss(), bold("W", 1)),
        Expr::Sum("k", Box::new(times(Expr::from(Symbol::new("δₖ").layer(1)), Symbol::new("Tₖ").bold()))),
        Some(Expr::sum((1..=2).map(|k| times(Expr::operand(deltas.values()[k - 1]), block(k))))),
        Value::Matrix(trace.backward.gradients[0].weights.clone()),
    );
    let contraction = Line { id: "tensor-1".into(), ..contraction };
    section(
        "matrix",
        "Backward pass, whole layers",
        vec![
            Block::Heading("Matrix form".into()),
            checked(Form::Matrix, delta_line),
            checked(Form::Matrix, gradient),
            Block::Heading("Tensor form".into()),
            unchecked(tensor(1)),
            unchecked(tensor(2)),
            checked(Form::Tensor, contraction),
        ],
    )
}

fn update() -> Section {
    let eta = || Expr::from(Symbol::new("η"));
    let after = line(
        w(1, 1, 2).after(),
        Expr::from(w(1, 1, 2)).minus(times(eta(), Expr::partial(loss(), w(1, 1, 2).into()))),
        Some(Expr::Number(0.5).minus(numbers(0.1, -0.004_128_600_4))),
        Value::Scalar(0.500_412_860_04),
    );
    let header = ["", "before", "after", "change"].map(String::from).to_vec();
    let rows = vec![
        ("loss".into(), vec![Some(0.198_834_423), Some(0.193_634_758), Some(-0.005_199_665)]),
        ("prediction".into(), vec![Some(0.554_091_463), Some(0.559_960_504), None]),
        ("predicted by the gradient".into(), vec![None, None, Some(-5.234e-12)]),
    ];
    section("update", "Update", vec![unchecked(after), Block::Table { header, rows }])
}

/// Every variant of a formula, wide formulas of each, and every block.
pub(crate) fn gallery() -> Derivation {
    let many = |count: usize| (1..=count).map(|j| times(w(1, 12, j), a(1, j)));
    let number = |value: f64| Value::Scalar(value);
    let wide = Matrix::from_fn(3, 14, |i, j| (i as f64 - 1.0) * 0.123_456_7 * (j as f64 + 0.5));
    let huge = Matrix::from_fn(40, 784, |i, j| i as f64 - j as f64);
    let cases = Expr::Row(vec![
        Expr::Number(1.5e-7),
        Expr::Word("if"),
        Expr::joined(
            Operator::AtMost,
            [Expr::Absolute(Box::new(Symbol::new("e").into())), Symbol::new("d").into()],
        ),
        Expr::Word("else"),
        Expr::joined(Operator::Above, [Expr::Number(f64::INFINITY), Expr::Number(f64::NAN)]),
    ]);
    let adam = Expr::from(Symbol::new("m\u{302}").at([1, 2])).over(Expr::sum([
        Expr::Root(Box::new(Symbol::new("v\u{302}").at([1, 2]).into())),
        Symbol::new("ε").into(),
    ]));
    let list = Expr::joined(Operator::Comma, (1..=30).map(|k| a(1, k).into()));
    let nested = Expr::product([
        Expr::sum([x(1).into(), x(2).into()]),
        Expr::Root(Box::new(Expr::sum([x(1).into(), x(2).into()]))),
    ]);
    let lines = vec![
        line(Symbol::new("s"), Expr::sum(many(12)), None, number(-1234.5)),
        line(
            Symbol::new("net").layer(3).at([2]),
            Expr::of(Expr::Word("ln"), Expr::sum(many(9))),
            None,
            number(0.25),
        ),
        line(Symbol::new("θ'").layer(2).at([1]).after(), adam, Some(nested), number(1e9)),
        line(
            Symbol::new("q"),
            cases,
            Some(Expr::Power(
                Box::new(z(1, 1).into()),
                Box::new(Expr::sum([Symbol::new("n").into(), Expr::Integer(1)])),
            )),
            number(f64::NEG_INFINITY),
        ),
        line(
            Symbol::new("A").bold(),
            Expr::Transpose(Box::new(Symbol::new("B").bold().into())),
            None,
            Value::Matrix(wide.clone()),
        ),
        line(Symbol::new("H").bold(), Expr::Matrix(vec![vec![Expr::Word("⋯")]]), None, Value::Matrix(huge)),
        line(Symbol::new("p"), list, None, number(1.0)),
        line(
            Symbol::new("r"),
            Expr::sum(many(14)).over(Expr::sum(many(3))),
            Some(Expr::Power(Box::new(Expr::sum(many(10)).grouped()), Box::new(Expr::Integer(2)))),
            number(0.0),
        ),
        line(
            Expr::sum(many(4)),
            Expr::Sum("n", Box::new(Expr::product(many(14)))),
            Some(Expr::Zero(Box::new(Expr::sum(many(14))))),
            number(0.1),
        ),
        line(
            Symbol::new("u"),
            Expr::of(Expr::Word("diag"), Expr::Matrix(vec![vec![x(1).into()], vec![x(2).into()]])),
            Some(Expr::Absolute(Box::new(Expr::Matrix(vec![vec![Expr::Integer(-1), Expr::Integer(10)]])))),
            number(0.1),
        ),
    ];
    let kink = |error: f64, agrees: bool, kinks: usize| {
        let line = line(Expr::partial(loss(), w(1, 1, 1).into()), x(1).into(), None, number(0.5));
        Block::Line(Box::new(Line {
            id: format!("kink-{kinks}"),
            check: Some(Check { error, agrees, kinks }),
            ..line
        }))
    };
    let header = (0..14).map(|j| format!("column with a rather long name {j}")).collect();
    let row = |i: usize| {
        (
            format!("row {i} with a name that is much too long for its column"),
            (0..13).map(|j| Some(i as f64 - 0.37 * f64::from(j))).collect(),
        )
    };
    let mut blocks: Vec<Block> = lines.into_iter().map(unchecked).collect();
    blocks.extend([kink(f64::NAN, true, 1), kink(1e-12, true, 3), kink(0.0123, false, 0)]);
    blocks.extend([
        Block::Paragraph(vec![
            text("A matrix in prose, "),
            math(Expr::Matrix(vec![
                vec![Expr::Integer(1), Expr::Integer(2)],
                vec![Expr::Integer(3), Expr::Integer(4)],
            ])),
            text(", and letters ⊙ · × − ≤ ½ é ö … “quoted” – — → ∂ δ Σ ŷ₁ w⁽¹⁾ σ'(z) in words."),
        ]),
        Block::Table { header, rows: (0..3).map(row).collect() },
        Block::Settings(vec![(
            "a name of a setting that is too long for its column".into(),
            vec![text("x")],
        )]),
        Block::Omitted { what: "weights".into(), count: 100_352, hint: String::new() },
    ]);
    derivation("Every formula & every block", vec![section("gallery", "Gallery", blocks)])
}

trait IntoExpr {
    fn into_expr(self) -> Expr;
}

impl IntoExpr for Symbol {
    fn into_expr(self) -> Expr {
        self.into()
    }
}
