//! What is to be drawn, as plain data.

/// A picture before it is laid out: a title, panels side by side or one above the other, and sentences below them.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What is seen, in a few words.
    pub title: String,
    /// The panels, row by row.
    pub panels: Vec<Panel>,
    /// How many panels stand side by side where the width allows it.
    pub columns: usize,
    /// Sentences below the panels: what a reader should know, and what the picture cannot show.
    pub notes: Vec<String>,
}

/// Two axes and what is drawn between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What this panel shows, where there are several; may be empty.
    pub title: String,
    /// From left to right.
    pub x: Axis,
    /// From the bottom up.
    pub y: Axis,
    /// From the back to the front.
    pub layers: Vec<Layer>,
    /// The height of the plot over its width, where that matters; else what suits the layers.
    pub ratio: Option<f64>,
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What is measured, with its unit where it has one.
    pub name: String,
    /// How numbers become places.
    pub scale: Scale,
    /// From where to where; else as far as the numbers reach.
    pub range: Option<[f64; 2]>,
}

/// How numbers become places on an axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Scale {
    /// Equal differences are equally far apart.
    Linear,
    /// Equal ratios are equally far apart. Numbers that are not above 0 have no place and are left out.
    Log,
    /// Counts: like linear, with labels at whole numbers only.
    Whole,
    /// Names at 0, 1, 2, …
    Names(Vec<String>),
    /// Linear, without labels: places that mean nothing by themselves.
    Bare,
}

/// Something that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// Points in their order.
    Line(Line),
    /// Heights over a plane.
    Field(Field),
    /// Shaded cells.
    Tiles(Tiles),
    /// The parts of a plane that belong to classes.
    Regions(Regions),
    /// Nodes, joined by links.
    Graph(Graph),
}

/// Points in their order, joined, marked, or both. Points that are not finite interrupt the line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What the legend says; without a name it is not in the legend.
    pub name: String,
    /// x and y.
    pub points: Vec<[f64; 2]>,
    /// Its colour.
    pub colour: Colour,
    /// How the points are joined.
    pub stroke: Stroke,
    /// What stands at each point.
    pub marker: Marker,
}

/// A colour by its part in the picture; the theme knows the shade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// The n-th of several things that are told apart.
    Nth(usize),
    /// That of text.
    Ink,
    /// That of lesser text.
    Muted,
}

/// How points are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// By a line.
    Solid,
    /// By a dashed line.
    Dashed,
    /// By a thin line.
    Thin,
    /// Not at all.
    None,
}

/// What stands at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// Nothing.
    None,
    /// A small dot.
    Dot,
    /// A ring.
    Ring,
    /// A square.
    Square,
    /// A diamond.
    Diamond,
    /// A cross.
    Cross,
}

/// Heights over a grid, drawn as filled contours with a scale beside them.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// What the heights are.
    pub name: String,
    /// The grid's columns, ascending.
    pub x: Vec<f64>,
    /// The grid's rows, ascending.
    pub y: Vec<f64>,
    /// The height at `x[i]`, `y[j]` is the one at `j * x.len() + i`. Those that are not finite are left blank.
    pub heights: Vec<f64>,
}

/// Cells of equal size in rows and columns, each shaded by its value, with the scale of the shades beside them.
#[derive(Clone, Debug, PartialEq)]
pub struct Tiles {
    /// What the values are.
    pub name: String,
    /// From where to where the cells lie on the x axis.
    pub x: [f64; 2],
    /// From where to where they lie on the y axis.
    pub y: [f64; 2],
    /// How many stand side by side.
    pub columns: usize,
    /// From the left, row by row from the bottom up. Cells whose value is not finite are left out.
    pub values: Vec<f64>,
    /// What is written in each cell where all have the room; empty for nothing.
    pub labels: Vec<String>,
    /// How values become shades.
    pub shades: Shades,
}

/// How values become shades.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shades {
    /// From the ground at 0 to a full colour at this value.
    UpTo(f64),
    /// From the ground at 0 to one colour at this value, and to another one at its negative.
    Around(f64),
}

impl Shades {
    /// The share of a value: 0 is the ground, 1 and −1 are full colours.
    pub fn share(self, value: f64) -> f64 {
        let (Self::UpTo(most) | Self::Around(most)) = self;
        let share = if most > 0.0 { (value / most).clamp(-1.0, 1.0) } else { 0.0 };
        if matches!(self, Self::UpTo(_)) { share.max(0.0) } else { share }
    }

    /// The smallest and the largest value with a shade of its own.
    pub fn ends(self) -> [f64; 2] {
        match self {
            Self::UpTo(most) => [0.0, most],
            Self::Around(most) => [-most, most],
        }
    }
}

impl Tiles {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns.max(1)
    }
}

/// The parts of a plane that belong to each of several classes, in their colours; the larger the share, the darker.
#[derive(Clone, Debug, PartialEq)]
pub struct Regions {
    /// The grid's columns, ascending.
    pub x: Vec<f64>,
    /// The grid's rows, ascending.
    pub y: Vec<f64>,
    /// The classes; the n-th has the n-th colour.
    pub names: Vec<String>,
    /// For each class its share, from 0 to 1, at `x[i]`, `y[j]` as at `j * x.len() + i`.
    pub shares: Vec<Vec<f64>>,
}

/// The shares from which on a region is darker.
pub const REGION_BANDS: [f64; 3] = [0.6, 0.75, 0.9];

/// Nodes, joined by links.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Those of a column one after the other.
    pub nodes: Vec<Node>,
    /// In any order.
    pub links: Vec<Link>,
    /// What the values of links are.
    pub links_name: String,
    /// What the values of nodes are; empty where they have none.
    pub nodes_name: String,
    /// The size of a value whose link is widest.
    pub widest: f64,
    /// The size of a value whose node has a full colour.
    pub fullest: f64,
}

/// A node of a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it is. Columns stand at whole numbers.
    pub at: [f64; 2],
    /// What tells it from others.
    pub name: String,
    /// Its value, which shades it.
    pub value: Option<f64>,
    /// What is written in it, where all that is written has the room.
    pub label: String,
    /// What is written beside it or in its place.
    pub caption: String,
    /// Where its caption stands.
    pub side: Side,
}

/// Where the caption of a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// On its left.
    Left,
    /// On its right.
    Right,
    /// In its place: nodes are left out there.
    Instead,
}

/// What joins two nodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// The number of the node where it begins.
    pub from: usize,
    /// The number of the node where it ends.
    pub to: usize,
    /// Its value: the size is its width, the sign its colour.
    pub value: f64,
}

impl Regions {
    /// By how much the share of a class is above that of every other: the class has the plane where this is at least 0. Where a
    /// share is no number, nobody has it.
    pub fn margins(&self, class: usize) -> Vec<f64> {
        let others = self.shares.iter().enumerate().filter(|(k, _)| *k != class).map(|(_, shares)| shares);
        let margin = |(n, share): (usize, &f64)| {
            let most = others.clone().map(|shares| shares[n]).fold(0.0, f64::max);
            let margin = share - most;
            if margin.is_finite() { margin } else { -1.0 }
        };
        self.shares[class].iter().enumerate().map(margin).collect()
    }
}

impl Figure {
    /// Panels one above the other, without notes.
    pub fn new(title: impl Into<String>, panels: Vec<Panel>) -> Self {
        Self { title: title.into(), panels, columns: 1, notes: Vec::new() }
    }
}

impl Panel {
    /// Axes with nothing between them yet.
    pub fn new(x: Axis, y: Axis) -> Self {
        Self { title: String::new(), x, y, layers: Vec::new(), ratio: None }
    }

    /// The lines among the layers.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.layers.iter().filter_map(|layer| match layer {
            Layer::Line(line) => Some(line),
            _ => None,
        })
    }

    /// The field, if there is one.
    pub fn field(&self) -> Option<&Field> {
        self.layers.iter().find_map(|layer| match layer {
            Layer::Field(field) => Some(field),
            _ => None,
        })
    }

    /// The tiles, if there are some.
    pub fn tiles(&self) -> Option<&Tiles> {
        self.layers.iter().find_map(|layer| match layer {
            Layer::Tiles(tiles) => Some(tiles),
            _ => None,
        })
    }

    /// The regions, if there are some.
    pub fn regions(&self) -> Option<&Regions> {
        self.layers.iter().find_map(|layer| match layer {
            Layer::Regions(regions) => Some(regions),
            _ => None,
        })
    }

    /// The graph, if there is one.
    pub fn graph(&self) -> Option<&Graph> {
        self.layers.iter().find_map(|layer| match layer {
            Layer::Graph(graph) => Some(graph),
            _ => None,
        })
    }

    /// Whether something covers the ground, on which lines need a seam and a grid is not seen.
    pub(crate) fn is_covered(&self) -> bool {
        self.layers.iter().any(|layer| !matches!(layer, Layer::Line(_)))
    }
}

impl Axis {
    fn new(name: impl Into<String>, scale: Scale) -> Self {
        Self { name: name.into(), scale, range: None }
    }

    /// Equal differences are equally far apart.
    pub fn linear(name: impl Into<String>) -> Self {
        Self::new(name, Scale::Linear)
    }

    /// Equal ratios are equally far apart.
    pub fn log(name: impl Into<String>) -> Self {
        Self::new(name, Scale::Log)
    }

    /// Counts.
    pub fn whole(name: impl Into<String>) -> Self {
        Self::new(name, Scale::Whole)
    }

    /// Names at 0, 1, 2, …
    pub fn names(name: impl Into<String>, names: Vec<String>) -> Self {
        Self::new(name, Scale::Names(names))
    }

    /// Places that mean nothing by themselves.
    pub fn bare() -> Self {
        Self::new("", Scale::Bare)
    }

    /// A logarithmic axis where the numbers span more than a factor of ten and are all above 0, else a linear one.
    pub fn fitting(name: impl Into<String>, values: impl Iterator<Item = f64>) -> Self {
        let finite: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let least = finite.iter().copied().fold(f64::INFINITY, f64::min);
        let most = finite.iter().copied().fold(0.0, f64::max);
        let wide = least > 0.0 && most / least > 10.0;
        Self::new(name, if wide { Scale::Log } else { Scale::Linear })
    }
}

impl Line {
    /// A solid line of the first colour without markers.
    pub fn new(name: impl Into<String>, points: Vec<[f64; 2]>) -> Self {
        let (colour, stroke, marker) = (Colour::Nth(0), Stroke::Solid, Marker::None);
        Self { name: name.into(), points, colour, stroke, marker }
    }

    /// One marked point.
    pub fn mark(name: impl Into<String>, point: [f64; 2], marker: Marker, colour: Colour) -> Self {
        Self { colour, stroke: Stroke::None, marker, ..Self::new(name, vec![point]) }
    }
}

impl Field {
    /// The smallest and the largest height that is finite, if any is.
    pub fn extent(&self) -> Option<[f64; 2]> {
        let finite = self.heights.iter().copied().filter(|height| height.is_finite());
        finite.fold(None, |extent, height| {
            let [least, most] = extent.unwrap_or([height, height]);
            Some([height.min(least), height.max(most)])
        })
    }
}
