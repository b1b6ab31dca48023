//! A file without a name: where a process puts aside what does not fit in memory.
//!
//! Its name goes as soon as it is open. Nobody else can change it, and however the process ends, the system takes the room
//! back: there is nothing to clean up.

use super::UNFINISHED;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that are gathered before they are written.
const GATHERED: usize = 1 << 20;

/// A file without a name.
#[derive(Debug)]
pub(crate) struct Scratch(File);

impl Scratch {
    /// A new file on the disk of this folder, open to this user alone.
    pub(crate) fn new_in(folder: &Path) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{UNFINISHED}scratch-{}-{number}", std::process::id()));
            let mut options = OpenOptions::new();
            options.read(true).write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            match options.open(&path) {
                // Left by a process that had the same number, and died in between.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(file) => return std::fs::remove_file(&path).map(|()| Self(file)),
            }
        }
    }

    /// Writes at the end of what was written by this writer before.
    pub(crate) fn writer(&self) -> io::Result<BufWriter<File>> {
        Ok(BufWriter::with_capacity(GATHERED, self.0.try_clone()?))
    }

    /// The file itself, for whoever reads it from its beginning.
    pub(crate) fn file(&self) -> &File {
        &self.0
    }

    /// Reads from a place; any number of threads may do so at a time.
    pub(crate) fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::read_exact_at(&self.0, bytes, offset);
        #[cfg(not(unix))]
        {
            use std::io::{Read, Seek, SeekFrom};
            static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
            let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let mut file = &self.0;
            file.seek(SeekFrom::Start(offset))?;
            file.read_exact(bytes)
        }
    }

    /// Tells the system what will be read soon, so that the disk works meanwhile. It may do nothing.
    pub(crate) fn expect(&self, offset: u64, length: u64) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            let length = std::num::NonZeroU64::new(length);
            // Advice that is not taken changes nothing but the time.
            let _ = rustix::fs::fadvise(&self.0, offset, length, rustix::fs::Advice::WillNeed);
        }
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let _ = (offset, length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_scratch_file_holds_its_content_and_has_no_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let scratch = Scratch::new_in(folder.path()).expect("a file");
        scratch.writer().and_then(|mut writer| writer.write_all(b"put aside")).expect("room");
        scratch.expect(4, 5);
        let mut bytes = [0; 5];
        scratch.read_at(4, &mut bytes).expect("all is there");
        assert_eq!(&bytes, b"aside");
        assert_eq!(scratch.read_at(5, &mut bytes).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}
