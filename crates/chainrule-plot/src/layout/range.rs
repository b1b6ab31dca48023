//! From where to where an axis goes, and where on it a number is.

use crate::figure::{Panel, Scale};

/// An axis with its ends.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Range {
    pub(crate) scale: Scale,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Range {
    /// Where a number is, from 0 (the low end) to 1; none if it has no place.
    pub(crate) fn place(&self, value: f64) -> Option<f64> {
        if self.scale == Scale::Log {
            return (value > 0.0 && value.is_finite())
                .then(|| (value.log10() - self.low.log10()) / (self.high.log10() - self.low.log10()));
        }
        // Halves, because the difference of two large numbers may be infinite.
        value.is_finite().then(|| (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0))
    }
}

/// The range of an axis of a panel: 0 is x, 1 is y. None where no number has a place.
pub(crate) fn range_of(panel: &Panel, axis: usize) -> Option<Range> {
    let of = if axis == 0 { &panel.x } else { &panel.y };
    let scale = of.scale.clone();
    if let Scale::Names(names) = &scale {
        let n = names.len();
        return (n > 0).then(|| Range { scale, low: -0.5, high: n as f64 - 0.5 });
    }
    let has_place = |value: &f64| value.is_finite() && (of.scale != Scale::Log || *value > 0.0);
    let extent = |values: &mut dyn Iterator<Item = f64>| -> Option<[f64; 2]> {
        values.filter(has_place).fold(None, |extent: Option<[f64; 2]>, value| {
            Some(extent.map_or([value; 2], |[low, high]| [low.min(value), high.max(value)]))
        })
    };
    let lines = extent(&mut panel.lines().flat_map(|line| &line.points).map(|point| point[axis]));
    let field = panel.field().and_then(|field| {
        let places = if axis == 0 { &field.x } else { &field.y };
        extent(&mut places.iter().copied())
    });
    let field = field.or_else(|| {
        let regions = panel.regions()?;
        extent(&mut (if axis == 0 { &regions.x } else { &regions.y }).iter().copied())
    });
    let field = field.or_else(|| {
        let nodes = panel.graph()?.nodes.iter();
        extent(&mut nodes.map(|node| node.at[axis])).map(|[low, high]| [low - 0.6, high + 0.6])
    });
    let field = field.or_else(|| panel.tiles().map(|tiles| if axis == 0 { tiles.x } else { tiles.y }));
    let [low, high] = match (of.range, field, lines) {
        (Some([low, high]), _, _) if low < high && has_place(&low) && high.is_finite() => [low, high],
        (_, Some([low, high]), _) if low < high => [low, high],
        (_, Some(both), None) | (_, None, Some(both)) => widened(&scale, both),
        (_, Some([a, b]), Some([c, d])) => widened(&scale, [a.min(c), b.max(d)]),
        (_, None, None) => return None,
    };
    Some(Range { scale, low, high })
}

/// Some room on both sides, so that nothing lies on the border; a lone number gets room in which it is the middle.
fn widened(scale: &Scale, [low, high]: [f64; 2]) -> [f64; 2] {
    if *scale == Scale::Log {
        let factor = if high > low { (high / low).powf(0.04).clamp(1.0 + 1e-9, 1e12) } else { 2.0 };
        return [(low / factor).max(f64::MIN_POSITIVE), (high * factor).min(f64::MAX)];
    }
    let room = if high > low {
        high * 0.04 - low * 0.04
    } else if *scale == Scale::Whole {
        1.0_f64.max(low.abs() * 1e-9)
    } else if low == 0.0 {
        1.0
    } else {
        low.abs() * 0.1
    };
    // Beside very large numbers the room may round to nothing; among the very smallest labels have no digits left.
    let room = room.max((low.abs().max(high.abs())) * 1e-15).max(1e-290);
    [(low - room).max(-f64::MAX), (high + room).min(f64::MAX)]
}
