//! What holds for every picture: no two texts overlap, none leaves the picture, and nothing that can be in the numbers is
//! a panic.

use chainrule::analysis::{PathPoint, Tangent};
use chainrule_plot::pictures::{DescentPicture, DescentRun, SlicePicture, SurfaceMoving};
use chainrule_plot::render::{self, TerminalColours};
use chainrule_plot::{
    Axis, Colour, Field, Figure, Frame, Graph, Layer, Line, Link, Marker, Node, Panel, Regions, Scale,
    Shades, Side, Stroke, Style, Theme, Tiles, lay_out,
};
use proptest::prelude::*;

const WIDTHS: [u32; 6] = [240, 400, 427, 800, 1600, 3200];

/// Texts apart, and all within the picture.
fn check_texts(name: &str, figure: &Figure) {
    for width in WIDTHS {
        for theme in [Theme::Light, Theme::Dark] {
            let picture = lay_out(figure, &Style { width, theme });
            let whole = Frame { left: 0.0, top: 0.0, width: picture.width, height: picture.height };
            for (i, text) in picture.texts.iter().enumerate() {
                assert!(whole.holds(&text.frame()), "{name}, {width}: '{}' leaves the picture", text.content);
                for other in &picture.texts[..i] {
                    let apart = !text.frame().overlaps(&other.frame());
                    assert!(apart, "{name}, {width}: '{}' and '{}' overlap", text.content, other.content);
                }
            }
        }
    }
}

fn curve(name: &str, n: usize, value: impl Fn(f64) -> f64) -> Line {
    Line::new(name, (1..=n).map(|i| [i as f64, value(i as f64)]).collect())
}

fn panel(x: Axis, y: Axis, lines: Vec<Line>) -> Panel {
    Panel { layers: lines.into_iter().map(Layer::Line).collect(), ..Panel::new(x, y) }
}

fn surface(n: usize, height: impl Fn(f64, f64) -> f64) -> Field {
    let axis: Vec<f64> = (0..n).map(|i| i as f64 / (n - 1).max(1) as f64 * 4.0 - 2.0).collect();
    let heights = axis.iter().flat_map(|&y| axis.iter().map(move |&x| (x, y)));
    let heights = heights.map(|(x, y)| height(x, y)).collect();
    Field { name: "mean loss over the rows".into(), x: axis.clone(), y: axis, heights }
}

/// Cells of every kind: few with long labels, many, none, and some without a value.
fn tiled() -> Vec<(&'static str, Figure)> {
    let tiled = |name: &'static str, columns: usize, values: Vec<f64>, shades| {
        let rows = values.len() / columns.max(1);
        let labels = values.iter().map(|value| format!("{value:.3}")).collect();
        let names = |n: usize| (0..n).map(|i| format!("class number {i}")).collect();
        let (x, y) = ([-0.5, columns as f64 - 0.5], [-0.5, rows as f64 - 0.5]);
        let tiles = Tiles { name: "share of the row".into(), x, y, columns, values, labels, shades };
        let axes = Panel::new(Axis::names("predicted", names(columns)), Axis::names("true", names(rows)));
        let ratio = Some(rows.max(1) as f64 / columns.max(1) as f64);
        (name, Figure::new(name, vec![Panel { layers: vec![Layer::Tiles(tiles)], ratio, ..axes }]))
    };
    let shares = |n: usize| (0..n).map(|i| i as f64 / n as f64).collect();
    vec![
        tiled("tiles", 3, shares(9), Shades::UpTo(1.0)),
        tiled("many tiles", 40, shares(1600), Shades::UpTo(1.0)),
        tiled("one tile", 1, vec![-2.5], Shades::Around(2.5)),
        tiled("a column of tiles", 1, shares(30), Shades::Around(0.5)),
        tiled("tiles without values", 2, vec![f64::NAN; 4], Shades::Around(f64::NAN)),
        tiled("tiles of one value", 2, vec![0.0; 4], Shades::Around(0.0)),
        tiled("no tile", 0, vec![], Shades::UpTo(1.0)),
    ]
}

/// Regions and graphs, small and large.
fn drawn() -> Vec<(&'static str, Figure)> {
    let one = |name: &'static str, layer: Layer| {
        let names = ["inputs", "0: tanh", "1: softmax"].map(String::from).to_vec();
        let axes = if matches!(layer, Layer::Graph(_)) {
            Panel::new(Axis::names("layer", names), Axis::bare())
        } else {
            Panel::new(Axis::linear("length (cm)"), Axis::linear("width (cm)"))
        };
        let panel = Panel { layers: vec![layer], ratio: Some(0.8), ..axes };
        let figure = Figure { columns: 3, ..Figure::new(name, vec![panel.clone(), panel]) };
        (name, figure)
    };
    vec![
        one("regions", regions(20, 1.0)),
        one("regions of one place", regions(1, 1.0)),
        one("regions without numbers", regions(4, f64::NAN)),
        one("a graph", graph(3, 0.5)),
        one("a high graph", graph(16, -0.5)),
        one("a graph without values", graph(2, f64::NAN)),
        one("a graph of one node a column", graph(1, 0.0)),
        one("an empty graph", graph(0, 1.0)),
    ]
}

fn regions(n: usize, share: f64) -> Layer {
    let places: Vec<f64> = (0..n).map(|i| i as f64).collect();
    let shares: Vec<f64> = (0..n * n).map(|i| share * (i % 7) as f64 / 6.0).collect();
    let other = shares.iter().map(|share| 1.0 - share).collect();
    let names = vec!["a".into(), "b".into()];
    Layer::Regions(Regions { x: places.clone(), y: places, names, shares: vec![shares, other] })
}

/// Three columns of nodes with long captions; the seventh of each is in place of others.
fn graph(n: usize, value: f64) -> Layer {
    let node = |c: usize, i: usize| {
        let (caption, side) = match (i, c) {
            (6, _) => ("… 118 more".to_owned(), Side::Instead),
            (_, 0) => (format!("an input with a long name {i}"), Side::Left),
            (_, 2) => (format!("an output with a long name {i}"), Side::Right),
            _ => (String::new(), Side::Right),
        };
        let (at, name) = ([c as f64, i as f64], format!("{c}.{i}"));
        Node { at, name, value: Some(value), label: "−0.0012".into(), caption, side }
    };
    let nodes = (0..3).flat_map(|c| (0..n).map(move |i| (c, i))).map(|(c, i)| node(c, i)).collect();
    let links = (0..n).flat_map(|i| (0..n).map(move |j| Link { from: i, to: n + j, value })).collect();
    let (links_name, nodes_name) = ("weight".into(), "activation".into());
    Layer::Graph(Graph { nodes, links, links_name, nodes_name, widest: 1.0, fullest: value })
}

/// Seven descents with long names, one of which runs away, over a plane of directions.
fn descents() -> DescentPicture {
    let field = surface(30, |x, y| 0.01 + x * x + 10.0 * y * y);
    let run = |n: usize| {
        let factor = if n == 3 { -1.7_f64 } else { 0.5 + n as f64 / 20.0 };
        let at = |step: i32| [factor.powi(step), -factor.powi(step)];
        let point = |step| PathPoint {
            at: at(step),
            loss: 11.0 * at(step)[0].powi(2),
            height: 11.0 * at(step)[0].powi(2),
        };
        DescentRun { name: format!("learning rate 0.000012345{n}"), path: (0..200).map(point).collect() }
    };
    DescentPicture {
        varied: "learning rates".into(),
        over: "direction 1: 83.1 % of variance and layers.12.weight[511,783]".into(),
        common: "nesterov, 128 rows per step".into(),
        axes: ["direction 1: 83.1 % of variance".into(), "layers.12.weight[511,783]".into()],
        grid: [field.x.clone(), field.y.clone()],
        heights: field.heights,
        runs: (0..7).map(run).collect(),
        steps: 1000,
        known: vec![("local minimum".into(), [0.0; 2]), ("lowest minimum".into(), [1.0, 1.0])],
        moving: SurfaceMoving::All,
        n_rows: 1000,
    }
}

fn slice() -> Figure {
    let step = |at: f64| Tangent { at, loss: at * at, slope: 2.0 * at };
    SlicePicture {
        weight: "layers.12.weight[511,783]".into(),
        curve: (-30..=30).map(|i| [f64::from(i) / 10.0, f64::from(i * i) / 100.0]).collect(),
        steps: [2.0, -1.6, 1.28, f64::MIN_POSITIVE].map(step).to_vec(),
        asked: 12,
        learning_rate: 0.9,
        n_rows: 1000,
    }
    .figure()
}

/// Figures of every kind, the awkward ones among them.
fn figures() -> Vec<(&'static str, Figure)> {
    let mut all = plain();
    all.extend(tiled());
    all.extend(drawn());
    all
}

fn plain() -> Vec<(&'static str, Figure)> {
    let long = "a name that goes on and on, as file names of experiments with all their settings do_lr=0.001_batch=32";
    let mut curves = Figure::new(
        "Learning curves of two trainings, with a title that is long enough to need a second line in small pictures",
        vec![
            panel(
                Axis::whole("epoch"),
                Axis::log("loss"),
                vec![
                    curve("training loss", 100, |x| 2.3 / (x * x)),
                    Line { colour: Colour::Nth(1), stroke: Stroke::Dashed, ..curve(long, 100, |x| 1.0 / x) },
                    Line::mark("lowest validation loss", [70.0, 0.01], Marker::Ring, Colour::Nth(1)),
                ],
            ),
            panel(Axis::whole("epoch"), Axis::linear("accuracy"), vec![curve("", 100, |x| 1.0 - 0.5 / x)]),
        ],
    );
    curves.notes = vec![long.into(), "A second note.".into()];
    let layers = ["layer 0", "layer 1", "a layer with a long name", "output"].map(String::from).to_vec();
    let named = panel(
        Axis::names("layer", layers.clone()),
        Axis::log("‖δ‖"),
        vec![Line {
            marker: Marker::Diamond,
            ..Line::new("sigmoid", vec![[0.0, 1e-9], [1.0, 1e-6], [3.0, 1e-2]])
        }],
    );
    let mut on_field = Panel {
        layers: vec![
            Layer::Field(surface(40, |x, y| 0.01 + x * x + 40.0 * y * y)),
            Layer::Line(Line {
                marker: Marker::Dot,
                ..Line::new("steps", vec![[1.5, 1.5], [0.5, -0.2], [0.0, 0.0]])
            }),
        ],
        ..Panel::new(Axis::linear("layers.0.weight[0,1]"), Axis::linear("layers.1.weight[0,0]"))
    };
    on_field.title = "a panel with a title".into();
    let beside =
        panel(Axis::whole("step"), Axis::linear("loss"), vec![curve("loss at the true point", 9, |x| x)]);
    let two = Figure { columns: 2, ..Figure::new("A surface", vec![on_field.clone(), beside]) };
    let holes = surface(20, |x, y| if x > 1.0 { f64::NAN } else { x * y });
    let field = |name: &'static str, field: Field| {
        let layers = vec![Layer::Field(field)];
        (name, Figure::new(name, vec![Panel { layers, ..Panel::new(Axis::linear("w"), Axis::linear("v")) }]))
    };
    let one = |name: &'static str, y: Axis, points: Vec<[f64; 2]>| {
        (name, Figure::new(name, vec![panel(Axis::linear("x"), y, vec![Line::new("line", points)])]))
    };
    vec![
        ("descents", descents().figure()),
        ("slice", slice()),
        ("curves", curves),
        ("names", Figure::new("Names", vec![named])),
        (
            "names upwards",
            Figure::new("Names", vec![panel(Axis::linear("x"), Axis::names("class", layers), vec![])]),
        ),
        ("surface", two),
        ("small multiples", Figure { columns: 3, ..Figure::new("Six", vec![on_field; 6]) }),
        field("holes", holes),
        field("constant field", surface(5, |_, _| 0.25)),
        field("nothing finite", surface(5, |_, _| f64::NAN)),
        field("one point", surface(1, |_, _| 1.0)),
        field("no point", Field { name: "z".into(), x: vec![], y: vec![], heights: vec![] }),
        field("narrow heights", surface(30, |x, y| 1.0 + 1e-9 * (x + y))),
        field("wide heights", surface(30, |x, y| (20.0 * x + y).exp())),
        ("empty", Figure::new("", vec![])),
        ("no numbers", Figure::new("No numbers", vec![panel(Axis::linear("x"), Axis::log("y"), vec![])])),
        one("constant", Axis::linear("y"), vec![[0.0, 3.0], [1.0, 3.0]]),
        one("one number", Axis::log("y"), vec![[5.0, 1e-7]]),
        one("none above 0 on a log axis", Axis::log("y"), vec![[0.0, 0.0], [1.0, -1.0]]),
        one("not finite", Axis::linear("y"), vec![[0.0, f64::NAN], [f64::INFINITY, 1.0]]),
        one("interrupted", Axis::linear("y"), vec![[0.0, 1.0], [1.0, f64::NAN], [2.0, 2.0], [3.0, 4.0]]),
        one("all there is", Axis::linear("y"), vec![[-f64::MAX, -f64::MAX], [f64::MAX, f64::MAX]]),
        one("log of all there is", Axis::log("y"), vec![[0.0, f64::MIN_POSITIVE], [1.0, f64::MAX]]),
        one("one large number on a log axis", Axis::log("y"), vec![[0.0, 3.485e134]]),
        one("far from 0", Axis::linear("y"), vec![[1e9, 1e15], [1e9 + 1.0, 1e15 + 1.0]]),
        one("strange names", Axis::linear("</svg>&\"\u{0}\u{1b}[31m 汉字 🙂"), vec![[0.0, 1.0], [1.0, 2.0]]),
    ]
}

#[test]
fn no_two_texts_overlap_and_none_leaves_the_picture() {
    for (name, figure) in figures() {
        check_texts(name, &figure);
    }
}

#[test]
fn every_figure_is_drawn_in_every_format() {
    for (name, figure) in figures() {
        for (width, theme) in [(400, Theme::Light), (800, Theme::Dark)] {
            let style = Style { width, theme };
            let svg = render::svg(&figure, &style);
            assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{name}");
            assert_eq!(svg, render::svg(&figure, &style), "{name}");
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{name}: {svg}");
            let png = render::png(&figure, &style).expect("an SVG of our own can be drawn");
            assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n", "{name}");
            let drawn = u32::from_be_bytes([png[16], png[17], png[18], png[19]]);
            assert_eq!(drawn, width, "{name}");
        }
        assert!(render::text(&figure).starts_with(&figure.title), "{name}");
        assert!(render::terminal(&figure, 80, TerminalColours::None).starts_with(&figure.title), "{name}");
    }
}

#[test]
fn the_text_has_every_number_and_the_same_words() {
    let figures = figures();
    let of =
        |name: &str| render::text(&figures.iter().find(|(known, _)| *known == name).expect("a figure").1);
    let curves = of("curves");
    assert!(curves.contains("epoch  training loss"), "{curves}");
    assert!(curves.contains("   10          0.023"), "{curves}");
    assert!(curves.contains("lowest validation loss: epoch 70, loss 0.01"), "{curves}");
    assert!(curves.ends_with("A second note.\n"), "{curves}");
    assert!(of("names").contains("output"), "{}", of("names"));
    assert!(of("no numbers").contains("nothing to show"));
    let heights = of("constant field");
    assert!(heights.contains("mean loss over the rows (across: w; down: v)"), "{heights}");
    assert_eq!(heights.matches("0.25").count(), 25, "{heights}");
}

#[test]
fn a_terminal_gets_lines_of_its_width_and_colours_only_where_it_has_them() {
    let line =
        |points| panel(Axis::whole("epoch"), Axis::linear("loss"), vec![Line::new("training", points)]);
    let figure = Figure::new("One", vec![line(vec![[0.0, 0.0], [1.0, 1.0]])]);
    let plain = render::terminal(&figure, 60, TerminalColours::None);
    assert!(plain.lines().all(|line| line.chars().count() <= 60), "{plain}");
    assert!(plain.chars().filter(|c| ('\u{2801}'..='\u{28ff}').contains(c)).count() > 40, "{plain}");
    assert!(!plain.contains('\x1b') && plain.contains("── training"), "{plain}");
    assert!(render::terminal(&figure, 60, TerminalColours::Ansi).contains("\x1b[34m"));
}

#[test]
fn a_point_stands_where_its_numbers_say() {
    let marked = Line::mark("", [2.0, 10.0], Marker::Dot, Colour::Nth(0));
    let mut panel = panel(Axis::linear("x"), Axis::log("y"), vec![marked]);
    (panel.x.range, panel.y.range) = (Some([0.0, 4.0]), Some([1.0, 1000.0]));
    let picture = lay_out(&Figure::new("", vec![panel]), &Style { width: 800, theme: Theme::Light });
    let disc = picture.shapes.iter().find_map(|(frame, shape)| match shape {
        chainrule_plot::Shape::Disc { centre, .. } => Some((frame.expect("a frame"), *centre)),
        _ => None,
    });
    let (frame, [x, y]) = disc.expect("a dot");
    // The frame of a marker reaches beyond the plot equally on all sides; a log axis has 10 a third of the way up.
    assert!((x - (frame.left + frame.width / 2.0)).abs() < 1e-9);
    let mut border = picture.shapes.iter().filter_map(|(_, shape)| match shape {
        chainrule_plot::Shape::Line { points, .. } if points.len() == 5 => Some(points.clone()),
        _ => None,
    });
    let corners = border.next_back().expect("a border");
    let (top, bottom) = (corners[0][1], corners[2][1]);
    assert!((y - (bottom - (bottom - top) / 3.0)).abs() < 1e-9, "{y} between {top} and {bottom}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_numbers_are_a_panic_or_let_texts_overlap(
        points in proptest::collection::vec((any::<f64>(), any::<f64>()), 0..6),
        scale in 0_usize..3, width in 240_u32..2000,
    ) {
        let scale = [Scale::Linear, Scale::Log, Scale::Whole][scale].clone();
        let y = Axis { scale, ..Axis::linear("what is measured") };
        let line = Line::new("line", points.into_iter().map(|(x, y)| [x, y]).collect());
        let figure = Figure::new("Any numbers", vec![panel(Axis::linear("x"), y, vec![line])]);
        let picture = lay_out(&figure, &Style { width, theme: Theme::Dark });
        for (i, text) in picture.texts.iter().enumerate() {
            for other in &picture.texts[..i] {
                prop_assert!(!text.frame().overlaps(&other.frame()), "{} and {}", text.content, other.content);
            }
        }
        render::text(&figure);
        render::terminal(&figure, 80, TerminalColours::None);
    }
}
