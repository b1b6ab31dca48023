//! `--version`: the version, and the instruction sets in use, which decide speed and the last bits of results.

use std::sync::LazyLock;

/// Version and instruction sets, for example `0.1.0 (x86_64: avx2, fma)`.
pub(crate) fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| format!("{} ({})", env!("CARGO_PKG_VERSION"), isa()));
    &TEXT
}

/// The processor's family, with the extensions of it that the kernels use here.
pub(crate) fn isa() -> String {
    let extensions = extensions();
    let family = std::env::consts::ARCH;
    if extensions.is_empty() { family.to_owned() } else { format!("{family}: {}", extensions.join(", ")) }
}

#[cfg(target_arch = "x86_64")]
fn extensions() -> Vec<&'static str> {
    let found = [
        (std::arch::is_x86_feature_detected!("avx2"), "avx2"),
        (std::arch::is_x86_feature_detected!("fma"), "fma"),
        (std::arch::is_x86_feature_detected!("avx512f"), "avx512f"),
    ];
    found.into_iter().filter_map(|(there, name)| there.then_some(name)).collect()
}

#[cfg(target_arch = "aarch64")]
fn extensions() -> Vec<&'static str> {
    vec!["neon"]
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn extensions() -> Vec<&'static str> {
    Vec::new()
}
