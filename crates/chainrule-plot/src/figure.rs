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
}

/// Something that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// Points in their order.
    Line(Line),
    /// Heights over a plane.
    Field(Field),
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

impl Figure {
    /// Panels one above the other, without notes.
    pub fn new(title: impl Into<String>, panels: Vec<Panel>) -> Self {
        Self { title: title.into(), panels, columns: 1, notes: Vec::new() }
    }
}

impl Panel {
    /// Axes with nothing between them yet.
    pub fn new(x: Axis, y: Axis) -> Self {
        Self { title: String::new(), x, y, layers: Vec::new() }
    }

    /// The lines among the layers.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.layers.iter().filter_map(|layer| match layer {
            Layer::Line(line) => Some(line),
            Layer::Field(_) => None,
        })
    }

    /// The field, if there is one.
    pub fn field(&self) -> Option<&Field> {
        self.layers.iter().find_map(|layer| match layer {
            Layer::Field(field) => Some(field),
            Layer::Line(_) => None,
        })
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
