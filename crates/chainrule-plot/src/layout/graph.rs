//! Graphs: nodes in columns, joined by links whose width and colour are their values.

use super::{Plot, Sheet};
use crate::figure::{Colour, Graph, Node, Side};
use crate::font;
use crate::picture::{Shape, Text};
use crate::theme::{Theme, mixed};

impl Sheet {
    /// Draws the links, the widest in front, then the nodes with what stands in and beside them.
    pub(super) fn graph(&mut self, plot: &Plot<'_>, graph: &Graph) {
        let places: Vec<Option<[f64; 2]>> = graph.nodes.iter().map(|node| plot.place(node.at)).collect();
        let distance = nearest(graph, &places).min(plot.frame.height / 2.5);
        let radius = (distance * 0.42).min(self.font * 1.9).max(self.font * 0.2);
        let captioned = captioned(graph, (self.small() * 1.25 / distance).ceil().max(1.0) as usize);
        let mut links: Vec<_> = graph.links.iter().filter(|link| link.value.is_finite()).collect();
        links.sort_by(|a, b| a.value.abs().total_cmp(&b.value.abs()));
        for link in links {
            let ends = places.get(link.from).copied().flatten().zip(places.get(link.to).copied().flatten());
            let Some((from, to)) = ends else { continue };
            let share = share(link.value, graph.widest);
            let theme = self.style.theme;
            let full = theme.shade(Colour::Nth(usize::from(share < 0.0)));
            // The thinnest are pale as well, but not lost.
            let colour = mixed(theme.ground(), full, 0.25 + 0.75 * share.abs());
            let width = self.font / 7.0 * (0.25 + 2.6 * share.abs());
            let shape = Shape::Line { points: vec![from, to], colour, width, dash: 0.0 };
            self.picture.shapes.push((Some(plot.frame), shape));
        }
        let size = self.value_size(graph, radius);
        for ((node, at), captioned) in graph.nodes.iter().zip(&places).zip(captioned) {
            let Some(at) = at else { continue };
            if captioned {
                self.caption(plot, node, *at, radius);
            }
            if node.side != Side::Instead {
                self.node(plot, graph, node, *at, radius, size);
            }
        }
    }

    /// The size at which all values fit into their nodes, if it can be read.
    fn value_size(&self, graph: &Graph, radius: f64) -> Option<f64> {
        let longest = graph.nodes.iter().map(|node| font::width(&node.label, 1.0)).fold(0.0, f64::max);
        let size = self.small().min(radius * 1.7 / longest.max(0.1)).min(radius * 1.1);
        (longest > 0.0 && size >= self.small() * 0.6).then_some(size)
    }

    fn node(
        &mut self,
        plot: &Plot<'_>,
        graph: &Graph,
        node: &Node,
        at: [f64; 2],
        radius: f64,
        size: Option<f64>,
    ) {
        let theme = self.style.theme;
        let share = node.value.map_or(0.0, |value| share(value, graph.fullest));
        let fill = theme.shaded(share);
        if let Some((size, label)) = size.zip(Some(&node.label)).filter(|(_, label)| !label.is_empty()) {
            let at = [at[0] - font::width(label, size) / 2.0, at[1] + size * 0.35];
            let colour = Theme::on(&fill).to_owned();
            self.picture.texts.push(Text { content: label.clone(), at, size, colour, upwards: false });
        }
        let edge = Some((theme.shade(Colour::Ink).to_owned(), self.font / 12.0));
        self.picture.shapes.push((Some(plot.frame), Shape::Disc { centre: at, radius, fill, edge }));
    }

    fn caption(&mut self, plot: &Plot<'_>, node: &Node, at: [f64; 2], radius: f64) {
        let caption = font::fit(&node.caption, self.small(), self.caption_room(plot, node, at, radius));
        let length = font::width(&caption, self.small());
        let base = at[1] + self.small() * 0.35;
        let left = match node.side {
            Side::Left => at[0] - radius - self.gap * 0.5 - length,
            Side::Right => at[0] + radius + self.gap * 0.5,
            Side::Instead => at[0] - length / 2.0,
        };
        self.text(&caption, [left, base], self.small(), Colour::Muted);
    }

    /// The width that a caption may have: up to the border, or to half the way to the next column.
    fn caption_room(&self, plot: &Plot<'_>, node: &Node, at: [f64; 2], radius: f64) -> f64 {
        let beside = radius + self.gap * 0.7;
        match node.side {
            Side::Left => at[0] - beside - plot.frame.left,
            Side::Right => plot.frame.right() - at[0] - beside,
            Side::Instead => plot.frame.width / (plot.x.high - plot.x.low) * 0.9,
        }
    }
}

/// How far apart the nearest two nodes of a column are.
fn nearest(graph: &Graph, places: &[Option<[f64; 2]>]) -> f64 {
    let nodes = graph.nodes.windows(2).zip(places.windows(2));
    let distances = nodes.filter(|(pair, _)| pair[0].at[0] == pair[1].at[0]);
    distances.filter_map(|(_, pair)| Some((pair[0]?[1] - pair[1]?[1]).abs())).fold(f64::INFINITY, f64::min)
}

/// Which nodes have their captions: every n-th of a column, and none that is nearer to one in place of nodes.
fn captioned(graph: &Graph, every: usize) -> Vec<bool> {
    let mut found = Vec::with_capacity(graph.nodes.len());
    for column in graph.nodes.chunk_by(|a, b| a.at[0] == b.at[0]) {
        let instead = column.iter().position(|node| node.side == Side::Instead);
        found.extend((0..column.len()).map(|n| match instead {
            Some(place) => n == place || (n % every == 0 && n.abs_diff(place) >= every),
            None => n % every == 0,
        }));
    }
    found
}

/// A value from −1 to 1.
fn share(value: f64, full: f64) -> f64 {
    let share = value / full;
    if share.is_finite() { share.clamp(-1.0, 1.0) } else { 0.0 }
}
