//! S04xx: the project folder, settings, command line, selection.

use crate::diag::Code;

pub static NO_PROJECT: Code = Code {
    id: "S0401",
    title: "no project",
    explain: "segc works on a project: a folder with a file `segc.yml`. It looks in the current folder and then in each \
folder above it, as dbt looks for `dbt_project.yml`. Here it found none.\n\n\
Go to the project's folder, name it with `--project-dir shop/` (or SEGC_PROJECT_DIR), or make a new one with \
`segc init`, which writes a small project that builds at once.",
};

pub static UNREADABLE: Code = Code {
    id: "S0402",
    title: "file cannot be read",
    explain: "A file or folder that the project names could not be read: it may be gone, or this user may not read it. The \
operating system's own words are in the message.\n\n\
Check the path and its permissions. Paths in `segc.yml` are relative to the folder that holds it: with \
`spec_paths: [segments]` the specs of `shop/segc.yml` are under `shop/segments/`.",
};

pub static TOO_LARGE: Code = Code {
    id: "S0403",
    title: "project too large",
    explain: "A project may have at most 20,000 spec files and 64 MiB of them, each of at most 1 MiB. Larger ones are \
nearly always data or generated output that got under `spec_paths` by mistake, and are refused before they are \
read.\n\n\
Move data files out of `spec_paths` (a table is read with `table: file('data/orders.csv')`), or split the specs into \
several files: all of them are one namespace.",
};

pub static OUTSIDE: Code = Code {
    id: "S0404",
    title: "path outside of the project",
    explain: "Specs are read from the project's folder only. An absolute path, a path with `..`, or a symbolic link that leads \
out of the folder is refused, so that a project reads the same files on every machine and a spec taken from \
elsewhere cannot read yours.\n\n\
Write a path inside the project, as in `spec_paths: [segments, shared/segments]`, and copy what lies outside.",
};

pub static NOT_A_FILE: Code = Code {
    id: "S0405",
    title: "not a regular file",
    explain: "Only regular files are read as specs: no pipes, sockets or devices, which could block for ever or never end.\n\n\
Put the text into a file whose name ends in `.yml` or `.yaml`.",
};

pub static EMPTY_PROJECT: Code = Code {
    id: "S0406",
    title: "empty project",
    explain: "No segment, group or trait is defined in any file under `spec_paths`, so there is nothing to check or build. Often \
the specs are in another folder than `spec_paths` says, or their names do not end in `.yml` or `.yaml`. Files and \
folders whose names begin with a dot are not read.\n\n\
Write a segment, for instance in `segments/first.yml`:\n\n    segments:\n      - name: buyers\n        where: \
[ {did: orders} ]\n\nor let `segc init` write a first project.",
};

pub static EMPTY_SELECTION: Code = Code {
    id: "S0410",
    title: "nothing selected",
    explain: "`--select` and `--exclude` together leave nothing to do. This is a warning, not an error: a script that selects \
by tag goes on when no segment has the tag today.\n\n\
`segc ls` prints the names, `segc ls --select tag:x` what a selection means.",
};

pub static UNKNOWN_SELECTED: Code = Code {
    id: "S0411",
    title: "unknown name in a selection",
    explain: "A name after `--select`, `--exclude` or a command is no segment, group, case or trait of this project. A group's \
name stands for all its cases; one case is `group.case`, as in `lifecycle.new`.\n\n\
`segc ls` prints the names. With `--select 'vip tag:email'` a space joins (union) and with \
`--select 'tag:email,owner:crm'` a comma narrows (intersection).",
};

pub static SELECTOR_METHOD: Code = Code {
    id: "S0412",
    title: "selector not understood",
    explain: "A selector is a name, or one of `tag:x`, `path:x` and `owner:x`, with `+` before it for all it refers to and `+` \
behind it for all that refers to it: `--select +winback`, `--select tag:email+`. `state:modified` is not in this \
version yet.\n\n\
Use one of the forms above; spaces join selectors and commas intersect them.",
};

pub static BAD_AS_OF: Code = Code {
    id: "S0413",
    title: "as_of cannot be used",
    explain: "`as_of` is the one instant as of which every segment is asked. It is `now`, `today` (the start of the local day), \
a date (its local midnight), a local time such as `2026-01-31 09:00`, or an instant with an offset such as \
`2026-01-31T09:00Z`. It must not lie in the future: rows that have not happened yet cannot be seen, so the result \
would change when they do.\n\n\
Leave `--as-of` out for now, or give an instant of the past.",
};

pub static UNKNOWN_TARGET: Code = Code {
    id: "S0414",
    title: "unknown target",
    explain: "`--target` (or SEGC_TARGET, or `default_target` in segc.yml) names none of the project's `targets:`.\n\n\
Targets are written in segc.yml:\n\n    targets:\n      dev: {type: duckdb, path: shop.duckdb}\n    default_target: \
dev\n\nWithout any `targets:` there is one, `dev`, in the file `<project>.duckdb`.",
};

pub static TARGET_TYPE: Code = Code {
    id: "S0415",
    title: "target type not in this version",
    explain: "A target's `type:` is `duckdb`, whose engine is inside the program, `bigquery` or `snowflake`. Where a command is not there for a \
type yet, segc says so instead of doing half of it: `segc check`, `segc compile`, `segc test` and `segc debug` know all of them.\n\n\
Use a target such as `dev: {type: duckdb, path: shop.duckdb}`.",
};

pub static BAD_TARGET: Code = Code {
    id: "S0416",
    title: "target not understood",
    explain: "A target's options are wrong: a key that its type does not have, one that it needs and has not, or a value of another kind.\n\n\
A DuckDB target has `path` (relative to the project's folder; the default is `<project>.duckdb`), and may have `threads`, \
`memory_limit`, `lock_timeout` (seconds) and `read_from` (folders beside the project's whose files views of the database read). A \
BigQuery target has `project`, and may have `location`, a way to log in (`method`), `maximum_bytes_billed`, `priority` and \
`job_execution_timeout_seconds`. A Snowflake target has `account`, `warehouse`, `database` and a way to log in, and may have `role`, `query_tag` and `statement_timeout` \
(seconds); the names are dbt's. Keys of a dbt \
profile that lead to other databases (`attach`) are passed over with a warning. Where segments are published is `outputs: {schema: …}`, whatever the target.\n\n\
    dev: {type: duckdb, path: shop.duckdb, memory_limit: 2GB}\n\
    cloud: {type: bigquery, project: shop, location: EU, keyfile: ~/.keys/segc.json}\n\
    prod: {type: snowflake, account: myorg-account1, user: segc, private_key_path: ~/.ssh/segc.p8, role: SEGC, warehouse: WH, \
database: SHOP}",
};

pub static NO_ENGINE: Code = Code {
    id: "S0417",
    title: "built without DuckDB",
    explain: "This `segc` was compiled without its embedded engine (`--no-default-features`), which developers do to compile \
faster. It checks and compiles specs whose columns are declared, but cannot read data or build.\n\n\
Install a release, or compile with the default features.",
};

pub static OVERWRITE: Code = Code {
    id: "S0418",
    title: "file is in the way",
    explain: "`segc init` writes new files only. Where one of them exists already, nothing at all is written, so that no work is \
lost.\n\n\
Run it in an empty folder, name another one (`segc init shop`), or move the file away.",
};

pub static UNUSABLE_DATA: Code = Code {
    id: "S0419",
    title: "data file of no use",
    explain: "`segc init --csv` looks into the files to find out which is the table of customers and which hold what they did. It \
needs for every file a header line and, in one of the files, a column that is different in every row (the key); a file \
with the same column belongs to it as a relation.\n\n\
Give it at least one file with a unique key column: `segc init --csv customers.csv orders.csv`.",
};

pub static CANNOT_WRITE: Code = Code {
    id: "S0420",
    title: "file cannot be written",
    explain: "A result could not be written to disk. The operating system's own words are in the message. Files are written beside \
their place and then renamed, so no half-written one is left behind.\n\n\
Check that the folder exists, has space and may be written by this user; `--target-path` puts the results elsewhere.",
};

pub static CANNOT_CONNECT: Code = Code {
    id: "S0421",
    title: "cannot connect",
    explain: "The target's database could not be opened; its own words are in the message. Often another process holds the file: \
a DuckDB file is open for writing in one process at a time, and an editor or a notebook counts.\n\n\
Close the other process, or wait for it with `lock_timeout: 60` (seconds) in the target. A file that is no database, or one \
written by a newer DuckDB, needs another `path:`; the folder of a file must be there already. `segc debug` tries the connection and says what it finds.",
};

pub static BAD_KEY: Code = Code {
    id: "S0422",
    title: "no key",
    explain: "`segc why SEGMENT KEY` asks about one entity by its key, and what was given cannot be a key: the key's column has \
another type. A key is read as a literal of that column's type, never as a text that happens to look alike.\n\n\
Give the key as `segc show SEGMENT` prints it.",
};

pub static NO_SUCH_KEY: Code = Code {
    id: "S0423",
    title: "no such entity",
    explain: "There is no row with this key in the entity's table, and everybody whom segments speak of is a row of that table: \
somebody with orders but without a row there is in no segment, not even in one that says `did_not`.\n\n\
Check the key, and whether the entity's `table:` holds everybody that it should (a filtered model, a stale copy).",
};

pub static DBT_MANIFEST: Code = Code {
    id: "S0424",
    title: "no manifest of dbt",
    explain: "`dbt: {project_dir: ..}` in segc.yml names the folder of a dbt project, relative to that of segc.yml. What `ref()` and \
`source()` mean is read from `target/manifest.json` there, which dbt writes whenever it parses the project (DBT_TARGET_PATH, or `target-path` in \
dbt_project.yml, names another folder than `target`); segc runs neither dbt nor \
any of its SQL. The file is missing, is not dbt's, or has a version that segc has not been tried with (a warning).\n\n\
Run `dbt parse` in dbt's folder, with the `--target` whose tables are meant, and check the path.",
};

pub static DBT_REFERENCE: Code = Code {
    id: "S0425",
    title: "unknown dbt reference",
    explain: "`ref('customers')` is a model, seed or snapshot of the dbt project that `dbt:` in segc.yml names, and `source('shop', 'orders')` a \
table of one of its sources. dbt's manifest has no such thing, or one without a table: a model that is ephemeral or disabled, or a name \
that several packages have.\n\n    table: ref('dim_customers')\n    table: source('shop', 'raw_orders')\n\nCorrect the name; run `dbt \
parse` if the model is new. A table that dbt does not know is written by its own name, `schema.table`.",
};

pub static DBT_PROFILE: Code = Code {
    id: "S0426",
    title: "dbt profile cannot be used",
    explain: "A project with `dbt:` and without `targets:` connects as dbt does: to an output of the profile that `profile:` in \
dbt_project.yml names. The profile stands in profiles.yml: in the folder of `--profiles-dir` or DBT_PROFILES_DIR, else in dbt's project, \
else in `~/.dbt`. The output is that of `--target`, else of `dbt: {target: …}`, else the profile's own `target:`. `schema` of a profile is \
where dbt builds; segments are published in `outputs: {schema: …}` of segc.yml.\n\n\
    dbt: {project_dir: ../dbt, target: prod}\n\nName the folder or the output, or write `targets:` into segc.yml, which are used alone.",
};

pub static LOGIN: Code = Code {
    id: "S0427",
    title: "login that needs somebody",
    explain: "segc runs where nobody is at a keyboard, and talks with warehouses by their documented interfaces. Snowflake's takes no \
passwords, no second factor and no browser: it takes a key pair, a programmatic access token, an OAuth token, or the identity of a \
workload.\n\n    prod:\n      type: snowflake\n      account: myorg-account1\n      user: segc\n      private_key_path: ~/.ssh/segc.p8\n\
      private_key_passphrase: \"{{ env_var('SEGC_ENV_SECRET_PASSPHRASE') }}\"\n\nor `authenticator: programmatic_access_token` with \
`token`; `oauth` with `token` or `token_file_path`, or with `oauth_client_id`, `oauth_client_secret` and a refresh token as `token`; \
`oauth_client_credentials`; `workload_identity` with `workload_identity_provider`.",
};

pub static SECRET_WRITTEN: Code = Code {
    id: "S0428",
    title: "secret in a file of the project",
    explain: "segc.yml is kept with the code, and everybody who reads the code would have the password, the token or the key. A secret of a \
target comes from the environment, or from a file outside of the project.\n\n    token: \"{{ env_var('SEGC_ENV_SECRET_TOKEN') }}\"\n\
    private_key_path: ~/.ssh/segc.p8\n\nMove it there, and give the warehouse a new one: the old one is in the history of the code.",
};

pub static IN_MEMORY: Code = Code {
    id: "S0429",
    title: "target in memory",
    explain: "What is written to a database in memory is gone when the command ends, and with it all that was published. A DuckDB target is one \
with `path: ':memory:'`; so is an output of a dbt profile that has no `path`, as dbt-duckdb has it. Commands that read, compile or test \
can do with it. Those that publish, or look after what is published, need a file:\n\n    dev: {type: duckdb, path: shop.duckdb}\n\n\
A path is relative to the project's folder, one of a dbt profile to dbt's project.",
};

pub static ALL: &[&Code] = &[
    &NO_PROJECT,
    &UNREADABLE,
    &TOO_LARGE,
    &OUTSIDE,
    &NOT_A_FILE,
    &EMPTY_PROJECT,
    &EMPTY_SELECTION,
    &UNKNOWN_SELECTED,
    &SELECTOR_METHOD,
    &BAD_AS_OF,
    &UNKNOWN_TARGET,
    &TARGET_TYPE,
    &BAD_TARGET,
    &NO_ENGINE,
    &OVERWRITE,
    &UNUSABLE_DATA,
    &CANNOT_WRITE,
    &CANNOT_CONNECT,
    &BAD_KEY,
    &NO_SUCH_KEY,
    &DBT_MANIFEST,
    &DBT_REFERENCE,
    &DBT_PROFILE,
    &LOGIN,
    &SECRET_WRITTEN,
    &IN_MEMORY,
];
