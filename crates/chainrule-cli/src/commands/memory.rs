//! How much memory there is for a training: what the machine has left, and what a container's limit leaves.
//!
//! The library refuses what would not fit before it allocates anything, which is better than what the system does to a
//! program that takes too much.

use std::fs::read_to_string;

/// Bytes that are free for the taking; `None` where the system does not say.
pub(crate) fn available() -> Option<u64> {
    let machine = read_to_string("/proc/meminfo").ok().and_then(|text| available_in(&text));
    let limits = [
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ];
    let number = |path: &str| read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let left =
        limits.into_iter().filter_map(|(limit, used)| Some(number(limit)?.saturating_sub(number(used)?)));
    machine.into_iter().chain(left).min()
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
    fn what_is_available_is_not_what_is_there() {
        let meminfo = "MemTotal:       16000000 kB\nMemFree:         1000 kB\nMemAvailable:    2000 kB\n";
        assert_eq!(available_in(meminfo), Some(2_048_000));
        assert_eq!(available_in("MemTotal: 5 kB\n"), None);
        assert_eq!(available_in("MemAvailable: many\n"), None);
    }
}
