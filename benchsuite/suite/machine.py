"""Where the figures come from: processor, system, versions, state of the repository.

Figures without these are numbers. What cannot be found out is `null`, and the run goes on.
"""

import os
import platform
import re
import subprocess
import tomllib
from pathlib import Path


def cpus():
    """The processors this process may run on, one of each core before their twins."""
    if not hasattr(os, "sched_getaffinity"):
        return list(range(os.cpu_count() or 1))
    return sorted(os.sched_getaffinity(0), key=lambda cpu: (place_in_core(cpu), cpu))


def place_in_core(cpu):
    """0 for the first processor of a core, 1 for its twin."""
    try:
        text = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").read_text()
    except OSError:
        return 0
    return expanded(text).index(cpu)


def expanded(text):
    """`0-2,8` as [0, 1, 2, 8]."""
    numbers = []
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        numbers.extend(range(int(first), int(last or first) + 1))
    return numbers


def describe(root):
    """The machine and the repository."""
    return {
        "cpu": processor(),
        "logical_cpus": len(cpus()),
        "cores": sum(place_in_core(cpu) == 0 for cpu in cpus()),
        "memory_gib": memory(),
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "frequency_governor": first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "load_before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "commit": said(["git", "-C", str(root), "rev-parse", "HEAD"]),
        "uncommitted_changes": bool(said(["git", "-C", str(root), "status", "--porcelain"])),
    }


def versions(programs):
    """Every program that takes part, and what it was built with."""
    found = {
        "driver_python": platform.python_version(),
        "rustc": said(["rustc", "--version"]),
        "cxx": first(said(["c++", "--version"])),
        "chainrule": first(said([str(programs.chainrule), "--version"])),
        "peers_python": said([str(programs.python), "-c", "import platform; print(platform.python_version())"]),
    }
    names = ("jax", "jaxlib", "torch", "scikit-learn", "numpy", "scipy", "joblib")
    script = f"""
import importlib.metadata as m
for name in {names!r}:
    try: print(name, m.version(name))
    except m.PackageNotFoundError: pass
"""
    lines = (said([str(programs.python), "-c", script]) or "").splitlines()
    found.update({**dict.fromkeys(names), **dict(line.split(" ", 1) for line in lines)})
    for peer, package in (("burn", "burn"), ("candle", "candle-core")):
        found[peer] = locked(programs.peers / peer / "Cargo.lock", package)
    return found


def locked(path, package):
    """The version of a package in a lock file of cargo."""
    try:
        packages = tomllib.loads(path.read_text())["package"]
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return None
    return next((entry["version"] for entry in packages if entry["name"] == package), None)


def processor():
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or None
    names = re.findall(r"^(?:model name|Hardware)\s*:\s*(.+)$", text, re.MULTILINE)
    return names[0] if names else platform.processor() or None


def memory():
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError, AttributeError):
        return None


def said(command):
    """What a command prints, or None."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def first(text):
    return text.splitlines()[0] if text else None


def first_line(path):
    try:
        return first(Path(path).read_text())
    except OSError:
        return None
