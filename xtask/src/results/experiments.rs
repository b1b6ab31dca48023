//! The experiments: command lines, seeds and bars.
//!
//! Settings were chosen on a validation split of the training rows, a few candidates each, and then fixed here; with
//! `--validation 0` all training rows are trained on. The test rows are looked at once per seed, for the page.

/// One command line, to be run with several seeds.
#[derive(Debug)]
pub(super) struct Experiment {
    /// As typed after `cargo xtask results`, and the name of the record.
    pub(super) name: &'static str,
    /// Data and network in a few words.
    pub(super) title: &'static str,
    /// What follows `chainrule train`, words apart by spaces; `{data}` stands for the folder of data sets.
    pub(super) arguments: &'static str,
    pub(super) seeds: &'static [u64],
    pub(super) measure: Measure,
    pub(super) bar: Bar,
    /// The data set's name in `sklearn_baseline.py`, where that is run beside it.
    pub(super) peer: Option<&'static str>,
    /// Who published which figure for the same network.
    pub(super) published: &'static str,
}

/// What is reported of the test rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Measure {
    /// Share of right rows, shown in %.
    Accuracy,
    /// Share of wrong rows, shown in %.
    TestError,
    /// Root of the mean square error, in the target's unit.
    Rmse,
}

/// What must be reached in the mean over the seeds, in the unit that is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bar {
    AtLeast(f64),
    AtMost(f64),
    /// Shown beside other programs instead.
    None,
}

const FIVE: &[u64] = &[0, 1, 2, 3, 4];

/// In the order of the page.
pub(super) const EXPERIMENTS: &[Experiment] = &[
    Experiment {
        name: "digits",
        title: "Digits, the defaults",
        arguments: "digits --test 0.2",
        seeds: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        measure: Measure::Accuracy,
        bar: Bar::AtLeast(97.5),
        peer: None,
        published: "",
    },
    Experiment {
        name: "mnist-800",
        title: "MNIST, 784-800-10",
        arguments: "{data}/mnist/train-images-idx3-ubyte.gz --labels {data}/mnist/train-labels-idx1-ubyte.gz \
            --test {data}/mnist/t10k-images-idx3-ubyte.gz --test-labels {data}/mnist/t10k-labels-idx1-ubyte.gz \
            --hidden 800 --dropout 0.5 --optimizer adamw --weight-decay 0.1 --batch-size 256 \
            --learning-rate 5e-3 --schedule one-cycle --epochs 40 --validation 0 --patience 0",
        seeds: FIVE,
        measure: Measure::TestError,
        bar: Bar::AtMost(1.5),
        peer: None,
        published: "1.6 % (Simard, Steinkraus and Platt, 2003: cross-entropy, no distortions)",
    },
    Experiment {
        name: "mnist-500-300",
        title: "MNIST, 784-500-300-10 with weight decay",
        arguments: "{data}/mnist/train-images-idx3-ubyte.gz --labels {data}/mnist/train-labels-idx1-ubyte.gz \
            --test {data}/mnist/t10k-images-idx3-ubyte.gz --test-labels {data}/mnist/t10k-labels-idx1-ubyte.gz \
            --hidden 500,300 --dropout 0.4 --optimizer adamw --weight-decay 0.05 --batch-size 128 \
            --learning-rate 2e-3 --schedule one-cycle --epochs 25 --validation 0 --patience 0",
        seeds: FIVE,
        measure: Measure::TestError,
        bar: Bar::AtMost(1.5),
        peer: None,
        published: "1.53 % (Hinton, 2005: softmax, cross-entropy, weight decay)",
    },
    Experiment {
        name: "fashion-mnist",
        title: "Fashion-MNIST, 784-256-128-100-10",
        arguments: "{data}/fashion-mnist/train-images-idx3-ubyte.gz --labels {data}/fashion-mnist/train-labels-idx1-ubyte.gz \
            --test {data}/fashion-mnist/t10k-images-idx3-ubyte.gz --test-labels {data}/fashion-mnist/t10k-labels-idx1-ubyte.gz \
            --hidden 256,128,100 --dropout 0.3,0.2,0.1 --label-smoothing 0.1 --batch-size 128 \
            --learning-rate 2e-3 --schedule one-cycle --epochs 25 --validation 0 --patience 0",
        seeds: FIVE,
        measure: Measure::Accuracy,
        bar: Bar::AtLeast(89.0),
        peer: None,
        published: "",
    },
    Experiment {
        name: "adult",
        title: "Adult, its own test file",
        arguments: "{data}/adult/adult-train.csv --no-header --map-label <=50K.=<=50K --map-label >50K.=>50K \
            --test {data}/adult/adult-test.csv \
            --hidden 64,64 --dropout 0.3 --optimizer adamw --weight-decay 0.1 --batch-size 256 \
            --learning-rate 3e-3 --schedule one-cycle --epochs 15",
        seeds: FIVE,
        measure: Measure::Accuracy,
        bar: Bar::AtLeast(85.4),
        peer: None,
        published: "",
    },
    Experiment {
        name: "bike-sharing",
        title: "Bike-sharing, rentals per hour",
        arguments: "{data}/bike-sharing/hour.csv --drop instant,dteday,casual,registered \
            --categorical season,mnth,hr,weekday,weathersit --test 0.2 \
            --hidden 256,128 --activation silu --dropout 0.1 --optimizer adamw --weight-decay 0.05 --batch-size 64 \
            --learning-rate 3e-3 --schedule one-cycle --epochs 60",
        seeds: FIVE,
        measure: Measure::Rmse,
        bar: Bar::None,
        peer: Some("bike-sharing"),
        published: "",
    },
    Experiment {
        name: "california",
        title: "California housing, median value in dollars",
        arguments: "{data}/california-housing/housing.csv --target median_house_value --test 0.2 \
            --hidden 256,256 --activation mish --dropout 0.05 --loss huber --batch-size 128 \
            --learning-rate 5e-3 --schedule one-cycle --epochs 100",
        seeds: FIVE,
        measure: Measure::Rmse,
        bar: Bar::None,
        peer: Some("california"),
        published: "",
    },
];

impl Experiment {
    /// The arguments with the folder of data sets filled in.
    pub(super) fn arguments_with(&self, data: &str) -> Vec<String> {
        self.arguments.split_whitespace().map(|argument| argument.replace("{data}", data)).collect()
    }

    /// The command as a reader would type it.
    pub(super) fn command_line(&self) -> String {
        let quote = |word: String| if word.contains(['<', '>', ' ']) { format!("'{word}'") } else { word };
        let words: Vec<String> = self.arguments_with("$CHAINRULE_DATA").into_iter().map(quote).collect();
        format!("chainrule train {}", words.join(" "))
    }
}

impl Measure {
    /// The key of a report's part for test rows.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Accuracy | Self::TestError => "accuracy",
            Self::Rmse => "rmse",
        }
    }

    /// The reported number in the unit that is shown.
    pub(super) fn shown(self, reported: f64) -> f64 {
        match self {
            Self::Accuracy => 100.0 * reported,
            Self::TestError => 100.0 * (1.0 - reported),
            Self::Rmse => reported,
        }
    }

    /// As the page calls it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy, %",
            Self::TestError => "test error, %",
            Self::Rmse => "RMSE",
        }
    }
}

impl Bar {
    pub(super) fn is_reached_by(self, mean: f64) -> bool {
        match self {
            Self::AtLeast(bar) => mean >= bar,
            Self::AtMost(bar) => mean <= bar,
            Self::None => true,
        }
    }

    /// As the page shows it.
    pub(super) fn title(self) -> String {
        match self {
            Self::AtLeast(bar) => format!("≥ {bar}"),
            Self::AtMost(bar) => format!("≤ {bar}"),
            Self::None => "–".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_seeds_are_many() {
        for (place, experiment) in EXPERIMENTS.iter().enumerate() {
            assert!(experiment.seeds.len() >= 5, "{}", experiment.name);
            assert!(
                EXPERIMENTS[..place].iter().all(|before| before.name != experiment.name),
                "{}",
                experiment.name
            );
        }
    }

    #[test]
    fn a_bar_that_is_touched_is_reached() {
        assert!(Bar::AtLeast(97.5).is_reached_by(97.5) && !Bar::AtLeast(97.5).is_reached_by(97.4));
        assert!(Bar::AtMost(1.5).is_reached_by(1.5) && !Bar::AtMost(1.5).is_reached_by(1.6));
        assert!(!Bar::AtLeast(97.5).is_reached_by(f64::NAN) && !Bar::AtMost(1.5).is_reached_by(f64::NAN));
    }

    #[test]
    fn a_command_line_can_be_pasted_into_a_shell() {
        let adult = EXPERIMENTS.iter().find(|experiment| experiment.name == "adult").unwrap().command_line();
        assert!(
            adult.starts_with("chainrule train $CHAINRULE_DATA/adult/adult-train.csv --no-header"),
            "{adult}"
        );
        assert!(adult.contains("'<=50K.=<=50K'"), "{adult}");
    }
}
