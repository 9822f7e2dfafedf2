//! What a process used, from `/proc`: CPU seconds (user and system) and peak resident memory. Both benchmarks use it.
//! Where there is no `/proc` the figures are 0 and only the wall clock speaks.

use std::fs;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// Linux counts CPU time for user space in hundredths of a second, on every architecture Rust knows.
const TICKS_PER_SECOND: f64 = 100.0;

/// One run of a child process.
pub struct Usage {
    pub status: ExitStatus,
    pub cpu: f64,
    pub wall: f64,
    /// KiB
    pub peak: u64,
}

/// Runs a command to its end and says what it used. Only one child may run at a time: the kernel adds up the
/// CPU time of all that have been waited for.
pub fn run(command: &mut Command) -> Usage {
    let before = children_cpu();
    let start = Instant::now();
    let mut child = command.spawn().expect("the benchmark's own command starts");
    let mut peak = 0;
    let status = loop {
        peak = peak.max(peak_of(&child));
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    Usage {
        status,
        cpu: children_cpu() - before,
        wall: start.elapsed().as_secs_f64(),
        peak,
    }
}

fn peak_of(child: &Child) -> u64 {
    fs::read_to_string(format!("/proc/{}/status", child.id()))
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|l| l.starts_with("VmHWM:"))?;
            line.split_whitespace().nth(1)?.parse().ok()
        })
        .unwrap_or(0)
}

/// `cutime` and `cstime` of `/proc/self/stat`, the 14th and 15th field after the command's closing bracket.
fn children_cpu() -> f64 {
    cpu(13)
}

/// `utime` and `stime`: of this process alone, all its threads.
#[allow(dead_code, reason = "not every benchmark measures itself")]
pub fn own_cpu() -> f64 {
    cpu(11)
}

fn cpu(field: usize) -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = fields
        .split_whitespace()
        .skip(field)
        .take(2)
        .filter_map(|f| f.parse::<f64>().ok())
        .sum();
    ticks / TICKS_PER_SECOND
}

/// The value after `--name` on the command line.
pub fn option(name: &str) -> Option<String> {
    let mut args = std::env::args();
    args.find(|a| a == name)?;
    args.next()
}
