//! Colours and sizes.
//!
//! Colours that tell things apart are those of Okabe and Ito (2008), which people with each kind of colour-blindness can
//! tell apart; the paler ones are darkened on a light ground until each stands out by 3 : 1, and the darkest is left out
//! on a dark one. Heights are shaded by points of viridis (van der Walt and Smith, public domain), on which equal steps
//! look equal, and which stays in order when it is printed in grey.

use crate::figure::Colour;

/// Dark on light, or light on dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// How a figure is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Pixels from left to right. The height follows from what is drawn.
    pub width: u32,
    /// Light or dark.
    pub theme: Theme,
}

const LIGHT: [&str; 7] = ["#0072b2", "#d55e00", "#00845f", "#b3568b", "#a06d00", "#2c86bd", "#4d4d4d"];
const DARK: [&str; 7] = ["#56b4e9", "#e69f00", "#00b583", "#cc79a7", "#f0e442", "#e8702a", "#b8bcc4"];

/// Every sixteenth colour of viridis.
const VIRIDIS: [[u8; 3]; 17] = [
    [68, 1, 84],
    [72, 21, 104],
    [72, 38, 119],
    [69, 55, 129],
    [63, 71, 136],
    [57, 86, 140],
    [50, 100, 142],
    [45, 113, 142],
    [39, 127, 142],
    [33, 140, 141],
    [31, 154, 138],
    [41, 168, 132],
    [66, 183, 116],
    [101, 199, 96],
    [144, 214, 67],
    [194, 223, 35],
    [253, 231, 37],
];

impl Theme {
    /// Behind everything.
    pub(crate) fn ground(self) -> &'static str {
        if self == Self::Light { "#ffffff" } else { "#16181d" }
    }

    /// Lines that only guide the eye.
    pub(crate) fn grid(self) -> &'static str {
        if self == Self::Light { "#e3e5e8" } else { "#2e323a" }
    }

    /// What has no height.
    pub(crate) fn blank(self) -> &'static str {
        if self == Self::Light { "#c9ccd1" } else { "#4a4f58" }
    }

    /// The shade of a colour.
    pub(crate) fn shade(self, colour: Colour) -> &'static str {
        let (light, dark) = match colour {
            Colour::Nth(n) => (LIGHT[n % LIGHT.len()], DARK[n % DARK.len()]),
            Colour::Ink => ("#1a1c20", "#e8eaed"),
            Colour::Muted => ("#5b6068", "#a6abb3"),
        };
        if self == Self::Light { light } else { dark }
    }
}

impl Theme {
    /// The shade of a share: the ground at 0, one colour at 1, another one at −1. Blue and orange are told apart with
    /// every kind of sight.
    pub(crate) fn shaded(self, share: f64) -> String {
        let full = self.shade(Colour::Nth(usize::from(share < 0.0)));
        mixed(self.ground(), full, share.abs())
    }

    /// What can be read on a shade: the darkest or the lightest.
    pub(crate) fn on(shade: &str) -> &'static str {
        let [r, g, b] = channels(shade).map(|channel| f64::from(channel) / 255.0);
        let luminance = 0.2126 * r.powf(2.2) + 0.7152 * g.powf(2.2) + 0.0722 * b.powf(2.2);
        // There both have the same contrast, √(1.05 · 0.05) − 0.05.
        if luminance > 0.179 { "#000000" } else { "#ffffff" }
    }
}

/// A colour between two others, from 0 to 1.
pub(crate) fn mixed(from: &str, to: &str, share: f64) -> String {
    let (from, to) = (channels(from), channels(to));
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let [r, g, b] = [0, 1, 2].map(|c| {
        let [low, high] = [f64::from(from[c]), f64::from(to[c])];
        (low + share * (high - low)).round() as u8
    });
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Red, green and blue of `#rrggbb`.
fn channels(colour: &str) -> [u8; 3] {
    [1, 3, 5].map(|at| colour.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(0))
}

/// How many things have a colour of their own; from there on colours repeat.
pub const N_COLOURS: usize = LIGHT.len();

/// The colour of a height, from 0 (lowest) to 1.
pub(crate) fn height(share: f64) -> String {
    let place = share.clamp(0.0, 1.0) * (VIRIDIS.len() - 1) as f64;
    let below = (place.floor() as usize).min(VIRIDIS.len() - 2);
    let part = place - below as f64;
    let channel = |c: usize| {
        let [low, high] = [f64::from(VIRIDIS[below][c]), f64::from(VIRIDIS[below + 1][c])];
        (low + part * (high - low)).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", channel(0), channel(1), channel(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(colour: &str) -> [f64; 3] {
        [1, 3, 5].map(|at| {
            let byte = u8::from_str_radix(&colour[at..at + 2], 16).expect("two hexadecimal digits");
            let share = f64::from(byte) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn luminance(colour: &str) -> f64 {
        let [r, g, b] = linear(colour);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// CIELAB of linear RGB under D65.
    fn lab(rgb: [f64; 3]) -> [f64; 3] {
        const XYZ: [[f64; 3]; 3] =
            [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];
        let [x, y, z] = XYZ.map(|row| row.iter().zip(rgb).map(|(m, c)| m * c).sum::<f64>());
        let f = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let (x, y, z) = (f(x / 0.9505), f(y), f(z / 1.089));
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// What remains of linear RGB for people without red, green or blue cones (Machado and others, 2009, severity 1).
    const SIGHTS: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ];

    fn difference(sight: &[[f64; 3]; 3], a: &str, b: &str) -> f64 {
        let seen = |colour: &str| {
            let rgb = linear(colour);
            lab(sight.map(|row| row.iter().zip(rgb).map(|(m, c)| m * c).sum::<f64>().clamp(0.0, 1.0)))
        };
        seen(a).iter().zip(seen(b)).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
    }

    #[test]
    fn every_line_stands_out_from_the_ground_by_3_to_1_and_text_by_more() {
        for theme in [Theme::Light, Theme::Dark] {
            for n in 0..N_COLOURS {
                let found = contrast(theme.shade(Colour::Nth(n)), theme.ground());
                assert!(found >= 3.0, "{theme:?} {n}: {found}");
            }
            assert!(contrast(theme.shade(Colour::Muted), theme.ground()) >= 4.5);
            assert!(contrast(theme.shade(Colour::Ink), theme.ground()) >= 7.0);
        }
    }

    /// A difference of about 2.3 is just noticed where two areas touch; lines lie apart.
    const TOLD_APART: f64 = 10.0;

    #[test]
    fn the_first_four_colours_are_told_apart_with_every_kind_of_sight() {
        for theme in [Theme::Light, Theme::Dark] {
            for (kind, sight) in SIGHTS.iter().enumerate() {
                for (a, b) in (0..4).flat_map(|a| (0..a).map(move |b| (a, b))) {
                    let found = difference(sight, theme.shade(Colour::Nth(a)), theme.shade(Colour::Nth(b)));
                    assert!(found > TOLD_APART, "{theme:?}, sight {kind}, {a} and {b}: {found}");
                }
            }
        }
    }

    #[test]
    fn what_is_written_on_a_shade_can_be_read() {
        for theme in [Theme::Light, Theme::Dark] {
            for share in (-20..=20).map(|n| f64::from(n) / 20.0) {
                let shade = theme.shaded(share);
                assert!(contrast(&shade, Theme::on(&shade)) >= 4.5, "{theme:?} {share}: {shade}");
            }
            assert_eq!(theme.shaded(0.0), theme.ground());
            assert_eq!(theme.shaded(f64::NAN), theme.ground());
            for sight in &SIGHTS {
                assert!(difference(sight, &theme.shaded(1.0), &theme.shaded(-1.0)) > 4.0 * TOLD_APART);
            }
        }
    }

    #[test]
    fn heights_grow_lighter_all_the_way() {
        let shades: Vec<f64> = (0..=64).map(|i| luminance(&height(f64::from(i) / 64.0))).collect();
        assert!(shades.windows(2).all(|pair| pair[0] < pair[1]), "{shades:?}");
        assert_eq!((height(-1.0).as_str(), height(2.0).as_str()), ("#440154", "#fde725"));
    }
}
