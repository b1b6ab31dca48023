//! How much memory there is for a training: what the machine has left, and what a container's limit leaves.
//!
//! The library refuses what would not fit before it allocates anything, which is better than what the system does to a
//! program that takes too much.

use std::fs::read_to_string;

/// Bytes that are free for the taking; `None` where the system does not say.
pub(crate) fn available() -> Option<u64> {
    let machine = read_to_string("/proc/meminfo").ok().and_then(|text| available_in(&text));
    let groups = [
        ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ];
    let left = groups.into_iter().filter_map(|(folder, limit, used, cache)| {
        let read = |file: &str| read_to_string(format!("{folder}/{file}")).ok();
        left_in(&read(limit)?, &read(used)?, &read("memory.stat")?, cache)
    });
    machine.into_iter().chain(left).min()
}

/// What a group may still take. Files that were read and may be forgotten count as used, but make way.
fn left_in(limit: &str, used: &str, stat: &str, cache: &str) -> Option<u64> {
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
    fn what_is_available_is_not_what_is_there() {
        let meminfo = "MemTotal:       16000000 kB\nMemFree:         1000 kB\nMemAvailable:    2000 kB\n";
        assert_eq!(available_in(meminfo), Some(2_048_000));
        assert_eq!(available_in("MemTotal: 5 kB\n"), None);
        assert_eq!(available_in("MemAvailable: many\n"), None);
    }

    #[test]
    fn files_in_the_cache_of_a_group_make_way() {
        let stat = "anon 10\ninactive_file 300\nactive_file 50\n";
        assert_eq!(left_in("1000\n", "900\n", stat, "inactive_file"), Some(400));
        assert_eq!(left_in("1000\n", "1200\n", "anon 10\n", "inactive_file"), Some(0));
        assert_eq!(left_in("max\n", "900\n", stat, "inactive_file"), None, "no limit");
    }
}
