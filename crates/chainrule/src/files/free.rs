//! How much there is to take: bytes of memory, and of a disk.
//!
//! Whoever asks before taking can refuse with both numbers; whoever takes first is killed, or leaves half a file.

use crate::error::bytes;
use crate::{Error, ErrorKind, Result};
use std::fs::read_to_string;
use std::path::Path;

/// Where Linux shows its control groups.
const GROUPS: &str = "/sys/fs/cgroup";

/// Bytes of memory that are free for the taking: what the machine has left or, if that is less, what is left of a limit of
/// this process's control groups, of either version, as containers and queues have them. `None` where the system does not say.
pub fn free_memory() -> Option<u64> {
    let machine = read_to_string("/proc/meminfo").ok().and_then(|text| available_in(&text));
    let membership = read_to_string("/proc/self/cgroup").unwrap_or_default();
    machine.into_iter().chain(left_in_groups(Path::new(GROUPS), &membership)).min()
}

/// Refuses a file that is read whole and would not fit.
pub(crate) fn check_fits(length: u64, free: Option<u64>, name: &str) -> Result<()> {
    let Some(free) = free.filter(|&free| length > free) else { return Ok(()) };
    let message = format!(
        "the file has {} and is read whole, and {} of memory are free\n\
         train on it with --stream, take fewer rows, or a machine with more memory",
        bytes(length),
        bytes(free)
    );
    Err(Error::new(ErrorKind::Memory, message).in_file(name))
}

/// Bytes that this user may still write in a folder; `None` where the system does not say.
pub(crate) fn free_on_disk(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let disk = rustix::fs::statvfs(folder).ok()?;
        // A file system that counts no blocks says nothing of those that are free.
        (disk.f_blocks > 0).then(|| disk.f_bavail.saturating_mul(disk.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// How a version of control groups shows its numbers.
struct Version {
    /// Folders within that of all groups that it may be shown in.
    mounts: &'static [&'static str],
    limit: &'static str,
    used: &'static str,
    /// What `memory.stat` calls files that were read and may be forgotten.
    cache: &'static str,
}

const FIRST: Version = Version {
    mounts: &["memory"],
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    cache: "total_inactive_file",
};

const SECOND: Version =
    Version { mounts: &["", "unified"], limit: "memory.max", used: "memory.current", cache: "inactive_file" };

impl Version {
    /// The version of a line of `/proc/self/cgroup` with these controllers, if memory is among them.
    fn of(controllers: &str) -> Option<&'static Self> {
        match controllers {
            "" => Some(&SECOND),
            list => list.split(',').any(|name| name == "memory").then_some(&FIRST),
        }
    }

    fn left_in(&self, folder: &Path) -> Option<u64> {
        let read = |file: &str| read_to_string(folder.join(file)).ok();
        left(&read(self.limit)?, &read(self.used)?, &read("memory.stat")?, self.cache)
    }
}

/// What is left of each limit that holds for a process: those of its groups, and of all groups that these lie in. Within a
/// container the path of a group may be one that only the host has; the group is then the root of what is shown.
fn left_in_groups(root: &Path, membership: &str) -> Vec<u64> {
    let mut found = Vec::new();
    for line in membership.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let Some(version) = Version::of(controllers) else { continue };
        for mount in version.mounts.iter().map(|mount| root.join(mount)) {
            let group = mount.join(path.trim_start_matches('/'));
            let groups = group.ancestors().take_while(|folder| folder.starts_with(&mount));
            found.extend(groups.filter_map(|folder| version.left_in(folder)));
        }
    }
    found
}

/// What a group may still take. Files that were read and may be forgotten count as used, but make way.
fn left(limit: &str, used: &str, stat: &str, cache: &str) -> Option<u64> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let cached = stat.lines().find_map(|line| number(line.strip_prefix(cache)?));
    Some(number(limit)?.saturating_sub(number(used)?.saturating_sub(cached.unwrap_or(0))))
}

/// `MemAvailable` of `/proc/meminfo`, which counts in units of 1024 bytes.
fn available_in(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m1_what_is_available_is_not_what_is_there() {
        let meminfo = "MemTotal:       16000000 kB\nMemFree:         1000 kB\nMemAvailable:    2000 kB\n";
        assert_eq!(available_in(meminfo), Some(2_048_000));
        assert_eq!(available_in("MemTotal: 5 kB\n"), None);
        assert_eq!(available_in("MemAvailable: many\n"), None);
    }

    #[test]
    fn m1_files_in_the_cache_of_a_group_make_way() {
        let stat = "anon 10\ninactive_file 300\nactive_file 50\n";
        assert_eq!(left("1000\n", "900\n", stat, "inactive_file"), Some(400));
        assert_eq!(left("1000\n", "1200\n", "anon 10\n", "inactive_file"), Some(0));
        assert_eq!(left("max\n", "900\n", stat, "inactive_file"), None, "no limit");
    }

    /// A group with a limit of which 100 bytes are used.
    fn group(folder: &Path, version: &Version, limit: &str) {
        std::fs::create_dir_all(folder).expect("a new folder");
        for (file, content) in
            [(version.limit, limit), (version.used, "100\n"), ("memory.stat", "anon 100\n")]
        {
            std::fs::write(folder.join(file), content).expect("a new file");
        }
    }

    #[test]
    fn m1_limits_of_both_versions_are_found_in_a_group_and_in_those_around_it() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let root = root.path();
        group(&root.join("memory/job/step"), &FIRST, "9223372036854771712\n");
        group(&root.join("memory/job"), &FIRST, "5100\n");
        assert_eq!(left_in_groups(root, "4:cpu,memory:/job/step\n3:cpu:/job\n").iter().min(), Some(&5000));
        group(&root.join("user/session"), &SECOND, "max\n");
        group(&root.join("user"), &SECOND, "2100\n");
        assert_eq!(left_in_groups(root, "0::/user/session\n"), [2000]);
        // The host's path of a container, which sees its own group as the root.
        group(root, &SECOND, "1100\n");
        assert_eq!(left_in_groups(root, "0::/machine/of/the/host\n"), [1000]);
        assert!(left_in_groups(root, "3:cpu:/job\nwhatever\n").is_empty());
    }

    #[test]
    fn m1_a_file_larger_than_memory_is_refused_with_both_sizes() {
        check_fits(1000, Some(1000), "table.csv").expect("it fits");
        check_fits(u64::MAX, None, "table.csv").expect("nobody knows");
        let error = check_fits(3 << 30, Some(2 << 20), "table.csv").expect_err("it does not fit");
        assert_eq!(error.kind(), ErrorKind::Memory);
        assert!(error.to_string().contains("table.csv: the file has 3.0 GiB"), "{error}");
        assert!(error.to_string().contains("2.0 MiB of memory are free"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn m1_this_machine_has_memory_and_room_on_its_disk() {
        assert!(free_memory().is_some_and(|free| free > 0));
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(free_on_disk(folder.path()).is_some_and(|free| free > 0));
        assert_eq!(free_on_disk(Path::new("nowhere/at/all")), None);
    }
}
