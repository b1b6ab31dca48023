//! Event files (`--tensorboard`): one scalar per number of an epoch, as TensorBoard reads them.
//!
//! A file is a chain of records, each framed by its length and checksums (the framing of TFRecord files), each an
//! [`Event`] as a protobuf message; the first names the version of all that. TensorBoard takes every file of a folder whose
//! name has `tfevents` in it, in the order of their names, for one run. So a training that goes on writes a file of its own,
//! whose name is a later one, and whose second record makes readers forget the epochs that are about to come again.

mod proto;

use super::log::EpochLine;
use crate::errors::Failure;
use prost::Message;
use proto::{Event, SessionLog, Summary, Value};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What stands in the name of every event file, before the second it was begun in.
const PREFIX: &str = "events.out.tfevents.";

/// Who writes; other programs name the machine here.
const WRITER: &str = "chainrule";

/// The event files of a command, which may train with several seeds.
#[derive(Debug)]
pub(crate) struct EventFolder {
    folder: PathBuf,
}

/// The event file of one training, until writing to it fails: that stops the file, not the training.
#[derive(Debug)]
pub(crate) struct EventFile {
    path: PathBuf,
    file: Option<File>,
    /// Whether earlier files of this folder may have epochs that are about to come again.
    follows: bool,
}

impl EventFolder {
    /// A folder for new trainings, or for some that go on. It is made if there is none.
    pub(crate) fn open(folder: &Path, n_seeds: usize, seed: u64, goes_on: bool) -> Result<Self, Failure> {
        let new = Self { folder: folder.to_owned() };
        for of in (seed..).take(n_seeds).filter(|_| !goes_on) {
            let folder = new.of(of, n_seeds > 1);
            if folder.is_dir() && !files(&folder).map_err(|error| failed(&folder, &error))?.is_empty() {
                return Err(Failure::usage(format!(
                    "the folder {} has events of an earlier training\n\
                     name another folder with --tensorboard; one below the same folder is shown beside it",
                    folder.display()
                )));
            }
        }
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        Ok(new)
    }

    /// Begins the file of a training. Each of several seeds has a folder of its own: TensorBoard shows it as a run.
    pub(crate) fn begin(&self, seed: u64, of_several: bool) -> Result<EventFile, Failure> {
        let folder = self.of(seed, of_several);
        EventFile::begin(&folder).map_err(|error| failed(&folder, &error))
    }

    fn of(&self, seed: u64, of_several: bool) -> PathBuf {
        if of_several { self.folder.join(format!("seed-{seed}")) } else { self.folder.clone() }
    }
}

fn failed(folder: &Path, error: &std::io::Error) -> Failure {
    Failure::io(format!("write events into {}", folder.display()), error)
}

impl EventFile {
    fn begin(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let last = files(folder)?.into_iter().max();
        // A clock that was put back, or a training that goes on within the second, must not bring a file before an older one.
        let second = last.map_or(0, |last| last.saturating_add(1)).max(now() as u64);
        let path = folder.join(format!("{PREFIX}{second:010}.{WRITER}"));
        let file = File::options().write(true).create_new(true).open(&path)?;
        let mut new = Self { path, file: Some(file), follows: last.is_some() };
        new.write(&version(now()));
        Ok(new)
    }

    /// Says that the training goes on behind these epochs. They are written where no earlier file has them.
    pub(crate) fn goes_on(&mut self, epochs: &[EpochLine]) {
        if !self.follows {
            for epoch in epochs {
                self.epoch(epoch);
            }
        }
    }

    /// Writes an epoch.
    pub(crate) fn epoch(&mut self, epoch: &EpochLine) {
        if std::mem::take(&mut self.follows) {
            self.write(&starts(now(), epoch));
        }
        self.write(&scalars(now(), epoch));
    }

    fn write(&mut self, event: &Event) {
        let Some(file) = &mut self.file else { return };
        // In one piece, so that a reader finds whole records, or the beginning of one.
        if let Err(error) = file.write_all(&record(&event.encode_to_vec())) {
            super::warn(&[format!("the event file {} ends here: {error}", self.path.display())]);
            self.file = None;
        }
    }
}

/// The first record of a file.
fn version(wall_time: f64) -> Event {
    Event { wall_time, file_version: Some("brain.Event:2".to_owned()), ..Event::default() }
}

/// Has readers forget what earlier files say of this epoch and later ones.
fn starts(wall_time: f64, epoch: &EpochLine) -> Event {
    let session_log = Some(SessionLog { status: proto::START });
    Event { wall_time, step: step(epoch), session_log, ..Event::default() }
}

fn scalars(wall_time: f64, epoch: &EpochLine) -> Event {
    let summary = Some(Summary { value: values(epoch) });
    Event { wall_time, step: step(epoch), summary, ..Event::default() }
}

/// Steps of TensorBoard are epochs, as everything here is of a whole epoch.
fn step(epoch: &EpochLine) -> i64 {
    i64::try_from(epoch.epoch).unwrap_or(i64::MAX)
}

/// The numbers of an epoch under the names that TensorBoard groups by. What there is none of is left out.
fn values(epoch: &EpochLine) -> Vec<Value> {
    let scalars = [
        ("loss/train", Some(epoch.train_loss)),
        ("loss/validation", epoch.validation_loss),
        ("accuracy/validation", epoch.validation_accuracy),
        ("r2/validation", epoch.validation_r2),
        ("learning_rate", Some(epoch.learning_rate)),
    ];
    let scalars = scalars.into_iter().filter_map(|(tag, value)| Some((tag.to_owned(), value?)));
    let layers = |name: &'static str, norms: &[f64]| {
        let tagged = norms.iter().enumerate().map(|(layer, norm)| (format!("{name}/layers.{layer}"), *norm));
        tagged.collect::<Vec<_>>()
    };
    let weights = epoch.weights.iter().map(|(name, value)| (format!("weight/{name}"), *value));
    scalars
        .chain(layers("gradient_norm", &epoch.gradient_norms))
        .chain(layers("update_norm", &epoch.update_norms))
        .chain(weights)
        .map(|(tag, value)| Value { tag, simple_value: Some(value as f32) })
        .collect()
}

/// A record: the length of its content, the checksum of the length, the content, its checksum. All little-endian.
fn record(content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(content.len() + 16);
    record.extend(length);
    record.extend(masked(&length).to_le_bytes());
    record.extend(content);
    record.extend(masked(content).to_le_bytes());
    record
}

/// CRC32C, turned and moved: a checksum of data that has checksums in it is a weak one.
fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// The seconds in the names of a folder's event files.
fn files(folder: &Path) -> std::io::Result<Vec<u64>> {
    let mut seconds = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        seconds.push(rest.split('.').next().and_then(|second| second.parse().ok()).unwrap_or(0));
    }
    Ok(seconds)
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written with TensorBoard's own messages and writer, by `make.py` beside it.
    const GOLDEN: &[u8] = include_bytes!("../../../../../testdata/tensorboard/scalars.tfevents");

    fn epoch(epoch: usize) -> EpochLine {
        EpochLine {
            seed: 0,
            epoch,
            step: 12,
            train_loss: 0.25,
            validation_loss: Some(0.0),
            validation_accuracy: Some(0.975),
            validation_r2: None,
            learning_rate: 1e-3,
            seconds: 1.0,
            gradient_norms: vec![2.5],
            update_norms: vec![f64::INFINITY],
            weights: vec![("layers.0.weight[0,1]".to_owned(), -0.5)],
        }
    }

    #[test]
    fn the_bytes_are_those_that_tensorboard_writes() {
        let third = epoch(3);
        let events =
            [version(1_700_000_000.5), starts(1_700_000_001.25, &third), scalars(1_700_000_002.0, &third)];
        let bytes: Vec<u8> = events.iter().flat_map(|event| record(&event.encode_to_vec())).collect();
        assert_eq!(bytes, GOLDEN);
    }

    /// The events of a file.
    fn read(path: &Path) -> Vec<Event> {
        let bytes = std::fs::read(path).expect("an event file");
        let (mut rest, mut events) = (&bytes[..], Vec::new());
        while let Some((length, behind)) = rest.split_first_chunk::<8>() {
            let content = &behind[4..][..u64::from_le_bytes(*length) as usize];
            assert_eq!(rest[..content.len() + 16], record(content));
            events.push(Event::decode(content).expect("an event"));
            rest = &rest[content.len() + 16..];
        }
        events
    }

    /// The epochs of a file, as far as they are scalars, and where it starts anew.
    fn steps(file: &EventFile) -> (Vec<i64>, Option<i64>) {
        let events = read(&file.path);
        assert_eq!(events[0].file_version.as_deref(), Some("brain.Event:2"));
        let steps = events.iter().filter(|event| event.summary.is_some()).map(|event| event.step);
        (steps.collect(), events.iter().find(|event| event.session_log.is_some()).map(|event| event.step))
    }

    #[test]
    fn a_training_that_goes_on_has_a_file_of_its_own_with_a_later_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let events = |goes_on| EventFolder::open(folder.path(), 1, 7, goes_on);
        let mut first = events(false).and_then(|folder| folder.begin(7, false)).expect("a file");
        (1..=3).for_each(|n| first.epoch(&epoch(n)));
        assert_eq!(steps(&first), (vec![1, 2, 3], None));
        let message = events(false).expect_err("another training's folder").to_string();
        assert!(message.contains("has events of an earlier training"), "{message}");
        let mut second = events(true).and_then(|folder| folder.begin(7, false)).expect("a file");
        second.goes_on(&[epoch(1), epoch(2)]);
        second.epoch(&epoch(3));
        assert_eq!(steps(&second), (vec![3], Some(3)));
        assert!(second.path > first.path, "{second:?} {first:?}");
    }

    #[test]
    fn epochs_of_before_are_written_where_no_file_has_them() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let events = EventFolder::open(&folder.path().join("new"), 2, 7, true).expect("a folder");
        let mut file = events.begin(8, true).expect("a file");
        file.goes_on(&[epoch(1), epoch(2)]);
        file.epoch(&epoch(3));
        assert_eq!(steps(&file), (vec![1, 2, 3], None));
        assert!(file.path.starts_with(folder.path().join("new/seed-8")), "{file:?}");
    }
}
