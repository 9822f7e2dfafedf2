//! `segc init`: a new project that checks and builds at once.
//!
//! Three kinds: a small shop over two CSV files (the default), the Online Retail example (`--demo`), and a project over the
//! user's own CSV files (`--csv`, in `infer`). Existing files are never touched.
#![allow(clippy::disallowed_methods, reason = "it writes the project's files")]

use super::{Ctx, Exit, Ui, infer};
use crate::diag::codes::project as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::project::SETTINGS;
use crate::source::SourceMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Write a new project that checks and builds at once
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  segc init shop                      a small shop: two CSV files, a handful of segments
  segc init --demo retail             a year of a real shop's invoices, 30 segments
  segc init --csv customers.csv orders.csv
                                      looks into your files, writes entities and first segments")]
pub(super) struct Args {
    /// The folder to write to [default: the current one]
    dir: Option<PathBuf>,

    /// The Online Retail example: half a million invoice lines of a UK gift shop
    #[arg(long, conflicts_with = "csv")]
    demo: bool,

    /// Your own CSV files: customers, and what they did
    #[arg(long, num_args = 1.., value_name = "FILE")]
    csv: Vec<PathBuf>,
}

/// A file of a project to be: its path below the folder, its bytes.
pub(super) type NewFile = (String, Vec<u8>);

macro_rules! files {
    ($base:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../", $base, "/", $path)))),*]
    };
}

const SAMPLE: &[(&str, &[u8])] = files!("templates/init":
    "segc.yml",
    "segments/customers.yml",
    "segments/segments.yml",
    "data/customers.csv",
    "data/orders.csv",
);

/// All of `segments/examples/online_retail` but its `truth/`.
const DEMO: &[(&str, &[u8])] = files!("segments/examples/online_retail":
    "README.md",
    "segc.yml",
    "segments/customer.yml",
    "segments/lifecycle.yml",
    "segments/retention.yml",
    "segments/seasonal.yml",
    "segments/traits.yml",
    "segments/value.yml",
    "tests/lifecycle.yml",
    "data/countries.csv",
    "data/online_retail.parquet",
);

const IGNORE: &str = "target/\n*.duckdb\n*.duckdb.wal\n";

pub(super) fn run(args: &Args, ctx: &Ctx) -> Result<Exit, Exit> {
    let dir = args
        .dir
        .as_ref()
        .map_or_else(|| ctx.cwd.clone(), |d| ctx.cwd.join(d));
    let name = project_name(&dir);
    let mut files = if args.demo {
        DEMO.iter()
            .map(|(p, b)| ((*p).to_owned(), b.to_vec()))
            .collect()
    } else if args.csv.is_empty() {
        sample(&name)
    } else {
        match infer::project(&name, &args.csv, &dir, &ctx.cwd) {
            Ok(files) => files,
            Err(diagnostic) => return fail(&ctx.ui, *diagnostic),
        }
    };
    files.push((".gitignore".to_owned(), IGNORE.as_bytes().to_vec()));
    if let Err(diagnostic) = write(&dir, &files) {
        return fail(&ctx.ui, *diagnostic);
    }
    for (path, _) in &files {
        ctx.ui.status(&format!("wrote {path}"));
    }
    let cd = match &args.dir {
        Some(dir) => format!("cd {} && ", dir.display()),
        None => String::new(),
    };
    ctx.ui.status(&format!("\nNext: {cd}segc build"));
    Ok(Exit::Fine)
}

fn sample(name: &str) -> Vec<NewFile> {
    SAMPLE
        .iter()
        .map(|(path, bytes)| {
            let text = String::from_utf8_lossy(bytes);
            (
                (*path).to_owned(),
                text.replace("__NAME__", name).into_bytes(),
            )
        })
        .collect()
}

/// The folder's name as a project's name.
fn project_name(dir: &Path) -> String {
    let written = dir
        .file_name()
        .map(|n| n.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let name: String = written
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .skip_while(|c| !c.is_ascii_lowercase())
        .take(63)
        .collect();
    if name.is_empty() {
        "shop".to_owned()
    } else {
        name
    }
}

/// Writes all files, or none if one is in the way.
fn write(dir: &Path, files: &[NewFile]) -> Result<(), Box<Diagnostic>> {
    let in_the_way: Vec<&str> = files
        .iter()
        .map(|(path, _)| path.as_str())
        .filter(|path| *path != ".gitignore" && dir.join(path).symlink_metadata().is_ok())
        .collect();
    if !in_the_way.is_empty() {
        let list = in_the_way.join(", ");
        return Err(Box::new(
            Diagnostic::error(
                &codes::OVERWRITE,
                format!("`{}` has these already: {list}", dir.display()),
            )
            .note("nothing was written")
            .help("name a new folder: `segc init shop`"),
        ));
    }
    for (path, bytes) in files {
        let to = dir.join(path);
        let written = to
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| {
                fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .open(&to)
            })
            .and_then(|mut f| f.write_all(bytes));
        match written {
            // Somebody's own list of ignored files stays.
            Err(e) if path == ".gitignore" && e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => {
                return Err(Box::new(
                    Diagnostic::error(
                        &codes::CANNOT_WRITE,
                        format!("cannot write `{}`: {e}", to.display()),
                    )
                    .help("check that the folder may be written to"),
                ));
            }
            Ok(()) => {}
        }
    }
    debug_assert!(files.iter().any(|(path, _)| path == SETTINGS));
    Ok(())
}

fn fail(ui: &Ui, diagnostic: Diagnostic) -> Result<Exit, Exit> {
    let mut diags = Diagnostics::default();
    diags.push(diagnostic);
    ui.diagnostics(
        &diags,
        &SourceMap::default(),
        "",
        super::DiagFormat::Text,
        false,
    )?;
    Ok(Exit::CouldNotRun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_named_after_its_folder() {
        assert_eq!(project_name(Path::new("/x/My-Shop 2")), "my_shop_2");
        assert_eq!(project_name(Path::new("/x/2026")), "shop");
        assert_eq!(project_name(Path::new("/")), "shop");
    }

    #[test]
    fn the_demo_is_the_whole_example() {
        let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("segments/examples/online_retail");
        let mut there: Vec<String> = walkdir::WalkDir::new(&base)
            .into_iter()
            .map(|e| e.expect("the example can be read"))
            .filter(|e| e.file_type().is_file())
            .map(|e| {
                e.path()
                    .strip_prefix(&base)
                    .expect("below")
                    .display()
                    .to_string()
            })
            .filter(|p| {
                !p.starts_with("truth/")
                    && p != ".gitignore"
                    && !p.starts_with("target/")
                    && !p.contains(".duckdb")
            })
            .collect();
        there.sort();
        let mut here: Vec<&str> = DEMO.iter().map(|(p, _)| *p).collect();
        here.sort_unstable();
        assert_eq!(here, there);
    }
}
