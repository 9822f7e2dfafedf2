//! `segc.yml`, and the `--vars` that override a part of it.
//!
//! Variables of the environment are put in before anything else is read: [`super::env`].

use super::guards::{Guards, guards};
use super::{HoldoutSpec, Name, allow, entity, holdout, item, keys};
use crate::diag::codes::lint::{Level, Lint};
use crate::diag::codes::spec as codes;
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::secret::Secrets;
use crate::source::{FileId, Span, Spanned};
use crate::yaml::decode::{Fields, Reader, unknown_var};
use crate::yaml::{self, Node, NodeKind};
use jiff::tz::{TimeZone, TimeZoneDatabase};

#[derive(Clone, Debug)]
pub struct Settings {
    pub name: Name,
    pub spec_paths: Vec<Spanned<String>>,
    pub test_paths: Vec<Spanned<String>>,
    pub time_zone: Spanned<String>,
    pub week_start: WeekStart,
    pub as_of: Spanned<AsOfSpec>,
    pub targets: Vec<TargetSpec>,
    pub default_target: Option<Name>,
    /// Values are scalars or lists of scalars.
    pub vars: Vec<(Name, Node)>,
    pub outputs: Outputs,
    pub holdout: Option<HoldoutSpec>,
    pub dbt: Option<DbtSpec>,
    pub guards: Guards,
    /// What was read that nobody may see.
    pub secrets: Secrets,
    /// Levels of lints that are not as they come.
    pub lints: Vec<(&'static Lint, Level)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeekStart {
    Monday,
    Sunday,
}

/// `as_of:` of the project, and `--as-of`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AsOfSpec {
    Now,
    /// The start of the local day.
    Today,
    /// A date (its local midnight), a local time or an instant, as written.
    At(String),
}

#[derive(Clone, Debug)]
pub struct TargetSpec {
    pub name: Name,
    /// `duckdb`, `bigquery`, `snowflake`.
    pub kind: Spanned<String>,
    /// All other keys of the target. A text that reads a variable which is not set stands as it is written: the others can be
    /// used without.
    pub options: Vec<(Name, Node)>,
    pub span: Span,
    /// It stands in a profile of dbt.
    pub is_of_dbt: bool,
}

/// The dbt project whose models and sources the specs name.
#[derive(Clone, Debug)]
pub struct DbtSpec {
    /// Relative to the project's folder.
    pub project_dir: Spanned<String>,
    /// Of the profile: the output to connect to.
    pub target: Option<Name>,
}

#[derive(Clone, Debug)]
pub struct Outputs {
    pub schema: Spanned<String>,
    pub prefix: String,
    pub history: bool,
    pub wide: bool,
}

impl Outputs {
    /// The parts of the name of an entity's table of stays.
    #[must_use]
    pub fn history_of(&self, entity: &str) -> Vec<String> {
        let name = format!("{}{entity}_history", self.prefix);
        vec![self.schema.value.clone(), name]
    }
}

impl AsOfSpec {
    /// What a text says; whether the instant can be read is `calendar`'s to tell.
    #[must_use]
    pub fn of(text: &str) -> Self {
        match text.trim() {
            "now" => Self::Now,
            "today" => Self::Today,
            at => Self::At(at.to_owned()),
        }
    }
}

/// The zone of an IANA name, from the rules that segc carries with it: the same on every machine.
#[must_use]
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// The name most like one that does not exist.
pub(super) fn near_zone(name: &str) -> Option<String> {
    let database = TimeZoneDatabase::bundled();
    let names: Vec<String> = database.available().map(|n| n.to_string()).collect();
    let city = |n: &&String| {
        n.rsplit('/')
            .next()
            .is_some_and(|c| c.eq_ignore_ascii_case(name))
    };
    names
        .iter()
        .find(city)
        .map(String::as_str)
        .or_else(|| nearest(name, names.iter().map(String::as_str)))
        .map(str::to_owned)
}

/// Reads segc.yml; `env` looks up environment variables. `None` if it is no map at all.
pub fn read(
    node: &Node,
    env: &dyn Fn(&str) -> Option<String>,
    diags: &mut Diagnostics,
) -> Option<Settings> {
    let mut node = node.clone();
    let mut secrets = Secrets::default();
    super::env::of_settings(&mut node, env, &mut secrets, diags);
    let mut r = Reader::new(diags, &[]);
    let f = r.fields(&node, &keys::SETTINGS)?;
    if let Some(version) = f.get("version")
        && let Some(number) = r.count(version)
        && number.value != 1
    {
        r.diags.push(
            Diagnostic::error(
                &codes::UNKNOWN_WORD,
                format!("version {} of the language is not known", number.value),
            )
            .at(number.span, "this segc reads version 1")
            .help("write `version: 1`, or use a newer segc"),
        );
    }
    let fallback = |text: &str| Spanned::new(text.to_owned(), f.place);
    let paths = |r: &mut Reader<'_>, key: &str, default: &str| match f.get(key) {
        Some(node) => r.texts(node, "a list of folders"),
        None => vec![fallback(default)],
    };
    let week = [("monday", WeekStart::Monday), ("sunday", WeekStart::Sunday)];
    Some(Settings {
        name: item::name(&mut r, &f).unwrap_or_else(|| fallback("project")),
        spec_paths: paths(&mut r, "spec_paths", "segments"),
        test_paths: paths(&mut r, "test_paths", "tests"),
        time_zone: f
            .get("time_zone")
            .and_then(|n| entity::time_zone(&mut r, n))
            .unwrap_or_else(|| fallback("UTC")),
        week_start: f
            .get("week_start")
            .and_then(|n| r.word(n, &week))
            .map_or(WeekStart::Monday, |w| w.value),
        as_of: f
            .get("as_of")
            .and_then(|n| r.text_as(n, "`now`, `today` or an instant"))
            .unwrap_or_else(|| fallback("now"))
            .map(|t| AsOfSpec::of(&t)),
        targets: targets(&mut r, &f),
        default_target: default_target(&mut r, &f),
        vars: f.get("vars").map(|n| vars(&mut r, n)).unwrap_or_default(),
        outputs: outputs(&mut r, &f),
        holdout: f
            .get("holdout")
            .zip(f.key("holdout"))
            .and_then(|(node, key)| holdout::holdout(&mut r, node, key.span)),
        dbt: dbt(&mut r, &f),
        guards: guards(&mut r, &f),
        secrets,
        lints: lints(&mut r, &f),
    })
}

fn targets(r: &mut Reader<'_>, f: &Fields<'_>) -> Vec<TargetSpec> {
    let Some(node) = f.get("targets") else {
        return Vec::new();
    };
    let mut targets = Vec::new();
    for (name, target) in r.entries(node, "a map of targets") {
        let Some(fields) = r.fields(target, &keys::TARGET) else {
            continue;
        };
        let kind = fields
            .get("type")
            .and_then(|n| r.text_as(n, "a kind of warehouse"));
        let Some(kind) = kind else { continue };
        targets.push(TargetSpec {
            name: name.clone(),
            kind,
            options: fields
                .all()
                .iter()
                .filter(|(key, _)| key.value != "type")
                .cloned()
                .collect(),
            span: target.span,
            is_of_dbt: false,
        });
    }
    targets
}

fn default_target(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<Name> {
    let name = r.text_as(f.get("default_target")?, "a target")?;
    let known: Vec<&str> = match f.get("targets").map(|n| &n.kind) {
        Some(NodeKind::Map(entries)) => entries.iter().map(|(k, _)| k.value.as_str()).collect(),
        Some(
            NodeKind::Null
            | NodeKind::Bool(_)
            | NodeKind::Int(_)
            | NodeKind::Number(_)
            | NodeKind::String(_)
            | NodeKind::List(_),
        )
        | None => Vec::new(),
    };
    if known.contains(&name.value.as_str()) {
        return Some(name);
    }
    r.diags.push(
        Diagnostic::error(
            &codes::UNKNOWN_WORD,
            format!("there is no target `{}`", name.value),
        )
        .at(name.span, format!("targets: {}", known.join(", ")))
        .help("name one that stands under `targets:`")
        .suggest(nearest(&name, known.iter().copied())),
    );
    None
}

fn outputs(r: &mut Reader<'_>, f: &Fields<'_>) -> Outputs {
    let mut outputs = Outputs {
        schema: Spanned::new("segments".to_owned(), f.place),
        prefix: String::new(),
        history: true,
        wide: false,
    };
    let Some(f) = f.get("outputs").and_then(|n| r.fields(n, &keys::OUTPUTS)) else {
        return outputs;
    };
    if let Some(schema) = f.get("schema").and_then(|n| r.text(n)) {
        outputs.schema = schema;
    }
    if let Some(prefix) = f.get("prefix").and_then(|n| r.text(n)) {
        outputs.prefix = prefix.value;
    }
    if let Some(history) = f.get("history").and_then(|n| r.bool(n)) {
        outputs.history = history.value;
    }
    if let Some(wide) = f.get("wide").and_then(|n| r.bool(n)) {
        outputs.wide = wide.value;
    }
    outputs
}

/// `dbt:`
fn dbt(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<DbtSpec> {
    let f = f.get("dbt").and_then(|n| r.fields(n, &keys::DBT))?;
    let project_dir = f.get("project_dir").and_then(|n| r.text_as(n, "a folder"));
    let target = f
        .get("target")
        .and_then(|n| r.text_as(n, "an output of dbt's profile"));
    Some(DbtSpec {
        project_dir: project_dir?,
        target,
    })
}

/// `lints:`
fn lints(r: &mut Reader<'_>, f: &Fields<'_>) -> Vec<(&'static Lint, Level)> {
    let Some(node) = f.get("lints") else {
        return Vec::new();
    };
    let mut levels = Vec::new();
    for (name, value) in r.entries(node, "a map of lints and their levels") {
        let (lint, level) = (allow::known(r, name), r.word(value, &Level::WORDS));
        levels.extend(lint.zip(level.map(|l| l.value)));
    }
    levels
}

/// The entries of a map of vars: scalars and lists of scalars.
fn vars(r: &mut Reader<'_>, node: &Node) -> Vec<(Name, Node)> {
    let scalar = |n: &Node| !matches!(n.kind, NodeKind::List(_) | NodeKind::Map(_));
    let mut out = Vec::new();
    for (name, value) in r.entries(node, "a map of vars") {
        let good = match &value.kind {
            NodeKind::List(items) => items.iter().all(scalar),
            NodeKind::Map(_) => false,
            NodeKind::Null
            | NodeKind::Bool(_)
            | NodeKind::Int(_)
            | NodeKind::Number(_)
            | NodeKind::String(_) => true,
        };
        if good {
            out.push((name.clone(), value.clone()));
        } else {
            r.diags.push(
                Diagnostic::error(
                    &codes::BAD_VAR,
                    format!(
                        "the var `{}` is neither a scalar nor a list of them",
                        name.value
                    ),
                )
                .at(
                    value.span,
                    "expected a text, a number, `true`, `false`, or a list of these",
                )
                .help("make it several vars"),
            );
        }
    }
    out
}

/// Puts the vars of `--vars '{k: v}'` in the place of the project's. `file` is the id under which the source map knows `text`.
pub fn override_vars(settings: &mut Settings, file: FileId, text: &str, diags: &mut Diagnostics) {
    let node = yaml::parse(file, text, diags);
    if node.kind == NodeKind::Null {
        return;
    }
    let mut r = Reader::new(diags, &[]);
    for (name, value) in vars(&mut r, &node) {
        match settings
            .vars
            .iter_mut()
            .find(|(n, _)| n.value == name.value)
        {
            Some((_, var)) => *var = value,
            None => r.diags.push(unknown_var(&name, name.span, &settings.vars)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> (Option<Settings>, Vec<(&'static str, String)>) {
        let mut diags = Diagnostics::default();
        let node = yaml::parse(FileId(0), text, &mut diags);
        let env = |name: &str| (name == "DB").then(|| "shop.db".to_owned());
        let settings = read(&node, &env, &mut diags);
        let found = diags
            .iter()
            .map(|d| {
                let span = d.span().expect("every diagnostic has a place");
                let at = text.get(span.start as usize..span.end as usize);
                (d.code.id, at.expect("in the text").to_owned())
            })
            .collect();
        (settings, found)
    }

    fn good(text: &str) -> Settings {
        let (settings, found) = read_text(text);
        assert!(found.is_empty(), "{found:?}");
        settings.expect("settings")
    }

    #[test]
    fn defaults_and_everything() {
        let least = good("name: shop");
        assert_eq!(
            least.spec_paths.first().map(|p| p.as_str()),
            Some("segments")
        );
        assert_eq!(least.time_zone.value, "UTC");
        assert_eq!(least.as_of.value, AsOfSpec::Now);
        assert!(least.outputs.history && !least.outputs.wide);
        let all = good(
            "name: shop\nversion: 1\nspec_paths: [a, b]\ntest_paths: [c]\ntime_zone: America/New_York\nweek_start: sunday\n\
             as_of: 2026-01-31\ntargets:\n  dev: {type: x, path: \"{{ env_var('DB') }}\", n: \"{{ env_var('NO', '5') }}\"}\n\
             default_target: dev\nvars: {a: 1, b: [x, 2.50], c: null}\noutputs: {schema: s, prefix: p_, history: false, wide: true}\n",
        );
        assert_eq!(all.week_start, WeekStart::Sunday);
        assert_eq!(all.as_of.value, AsOfSpec::At("2026-01-31".to_owned()));
        let target = all.targets.first().expect("dev");
        let options: Vec<_> = target
            .options
            .iter()
            .map(|(k, v)| (k.as_str(), v.scalar_text()))
            .collect();
        assert_eq!(
            options,
            [
                ("path", Some("shop.db".to_owned())),
                ("n", Some("5".to_owned()))
            ]
        );
        assert_eq!(all.vars.len(), 3);
        assert_eq!(all.outputs.schema.value, "s");
    }

    #[test]
    fn mistakes_have_codes_and_places() {
        let found = |text: &str| read_text(text).1;
        let one = |code: &'static str, at: &str| vec![(code, at.to_owned())];
        assert_eq!(found("").first().map(|f| f.0), Some("S0103"));
        assert_eq!(found("version: 1"), one("S0102", "version"));
        assert_eq!(found("{name: a, version: 2}"), one("S0119", "2"));
        assert_eq!(found("{name: My Shop}"), one("S0104", "My Shop"));
        assert_eq!(found("{name: a, nmae: b}"), one("S0101", "nmae"));
        assert_eq!(
            found("{name: a, holdout: {share: 5, salt: x}}"),
            one("S0140", "5")
        );
        assert_eq!(
            found("{name: a, holdout: {share: 5%, salt: \"\"}}"),
            one("S0103", "\"\"")
        );
        assert_eq!(
            found("{name: a, holdout: {share: 5%}}"),
            one("S0102", "share")
        );
        assert_eq!(found("{name: a, time_zone: EST5}"), one("S0121", "EST5"));
        assert_eq!(found("{name: a, week_start: mon}"), one("S0119", "mon"));
        assert_eq!(
            found("{name: a, guards: {max_change: 3}, dbt: {project_dir: d, target: x}}"),
            one("S0140", "3")
        );
        assert_eq!(
            found("{name: a, targets: {d: {path: x}}}"),
            one("S0102", "path")
        );
        assert_eq!(
            found("{name: a, targets: {d: {type: x}}, default_target: e}"),
            one("S0119", "e")
        );
        assert_eq!(
            found("{name: a, vars: {m: {x: 1}}}"),
            one("S0122", "{x: 1}")
        );
        assert_eq!(
            found("{name: a, outputs: {wide: yes}}"),
            one("S0103", "yes")
        );
        assert_eq!(
            found("{name: a, outputs: {schema: \"{{ env_var('NO') }}\"}}"),
            one("S0116", "{{ env_var('NO') }}")
        );
        assert_eq!(
            found("{name: a, outputs: {schema: \"{{ var('a') }}\"}}"),
            one("S0114", "{{ var('a') }}")
        );
    }

    #[test]
    fn near_zones_are_found_by_city_or_spelling() {
        assert_eq!(near_zone("paris").as_deref(), Some("Europe/Paris"));
        assert_eq!(near_zone("Europe/Berln").as_deref(), Some("Europe/Berlin"));
        assert!(zone("Asia/Kathmandu").is_some() && zone("Mars/Base").is_none());
    }

    #[test]
    fn vars_of_the_command_line_override_those_that_are_there() {
        let mut settings = good("{name: a, vars: {x: 1, y: b}}");
        let mut diags = Diagnostics::default();
        override_vars(&mut settings, FileId(1), "{x: 2, z: 3}", &mut diags);
        let codes: Vec<_> = diags.iter().map(|d| d.code.id).collect();
        assert_eq!(codes, ["S0115"]);
        let x = settings.vars.first().map(|(_, v)| v.kind.clone());
        assert_eq!(x, Some(NodeKind::Int(2)));
        let mut diags = Diagnostics::default();
        override_vars(&mut settings, FileId(1), "x: 5", &mut diags);
        override_vars(&mut settings, FileId(1), "", &mut diags);
        assert!(diags.is_empty());
        override_vars(&mut settings, FileId(1), "nonsense", &mut diags);
        assert!(diags.has_errors());
    }

    proptest::proptest! {
        /// Nothing panics, and every diagnostic has a place in the text.
        #[test]
        fn mangled_settings_do_no_harm(
            cut in 0usize..180,
            len in 0usize..30,
            with in r#"([\[\]{}:, ]|- |null|5|a|\n {0,4}|'|"|\{\{ env_var\('X'\) \}\}|é){0,8}"#,
        ) {
            let mut text = "name: shop\nversion: 1\nspec_paths: [a, b]\ntime_zone: UTC\nweek_start: sunday\nas_of: 2026-01-31\n\
                targets:\n  dev: {type: x, path: y, n: 5}\ndefault_target: dev\nvars: {a: 1, b: [x, 2.50]}\noutputs: {schema: s}\n"
                .to_owned();
            let start = cut.min(text.len());
            text.replace_range(start..(start + len).min(text.len()), &with);
            let _ = read_text(&text);
        }
    }
}
