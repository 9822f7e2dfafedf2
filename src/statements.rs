//! Finished SELECTs and names → the statements of publication, through the templates in `templates/`.
//!
//! A template wraps text that is finished; it never makes a condition. `templates/<dialect>/x.sql` overrides
//! `templates/x.sql`. Every value a template sees is a [`Sql`]: an identifier or a literal that the dialect has
//! already quoted, so that forgetting to quote does not compile. Called by `build` alone.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use crate::dialect::{Dialect, Publishes};
use crate::expr::{Literal, Type};

/// A piece of SQL: a quoted name, a literal, a finished query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Sql(pub String);

/// A name and what stands beside it: a column's type or its source.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    pub name: Sql,
    pub sql: Sql,
}

/// A segment as staged.
#[derive(Clone, Debug, Serialize)]
pub struct Flag {
    /// Its number in the run's list of segments.
    pub number: Sql,
    /// Its name, a literal.
    pub name: Sql,
    /// The column of its condition.
    pub flag: Sql,
    /// The column that takes an entity out, where the segment respects suppression.
    pub suppressed: Option<Sql>,
    /// Likewise, where it respects the project's holdout.
    pub held_out: Option<Sql>,
}

/// What is said about the run and the project's own tables.
#[derive(Clone, Debug, Serialize)]
pub struct Ledger {
    pub schema: Sql,
    /// The schema's name as a literal.
    pub schema_name: Sql,
    pub state: Sql,
    pub runs: Sql,
    pub run_segments: Sql,
    pub run_sources: Sql,
    pub catalog: Sql,
    pub scope: Sql,
    pub counts: Sql,
    pub text: Sql,
    pub int: Sql,
    pub project: Sql,
    pub run_id: Sql,
    /// The epoch that the plan was made of.
    pub base: u64,
    pub contract_version: u64,
    pub as_of: Sql,
    pub started_at: Sql,
    pub finished_at: Sql,
    pub target: Sql,
    pub segc_version: Sql,
    pub git_sha: Sql,
    pub selection: Sql,
    pub project_hash: Sql,
    /// Why it was refused, what was accepted, what a run did that is no build, or NULL.
    pub message: Sql,
    /// The query of the members' checksum.
    pub checksum: Sql,
    /// What is recorded of the sources, a row each.
    pub sources: Vec<Vec<Sql>>,
    /// The query of what was counted and what becomes of it.
    pub counted: Sql,
}

/// What is said about one entity's tables.
#[derive(Clone, Debug, Serialize)]
pub struct EntityTables {
    /// Its name, a literal.
    pub entity: Sql,
    pub members: Sql,
    /// Members before the run, by the names that segments have now.
    pub before: Sql,
    pub history: Sql,
    pub traits: Sql,
    pub channels: Sql,
    pub runs: Sql,
    pub run_segments: Sql,
    pub catalog: Sql,
    pub scope: Sql,
    pub counts: Sql,
    /// One row per entity, as queried.
    pub stage: Sql,
    /// Members to be, segments by their numbers: (number, entity_key).
    pub staged: Sql,
    /// How many would be members but for suppression, and but for the holdout: (segment, suppressed, held_out).
    pub left_out: Sql,
    /// Who enters and who exits: (segment, entity_key, change).
    pub changes: Sql,
    /// The key's column in `keys_of`.
    pub key: Sql,
    /// A table with a row per entity: the stage, or where the entity is gone the (empty) staged members.
    pub keys_of: Sql,
    pub suppress_flag: Option<Sql>,
    pub holdout_flag: Option<Sql>,
    /// The keys of those who are suppressed now: (entity_key). None where nothing of the entity suppresses.
    pub unwanted: Option<Sql>,
    /// The finished query.
    pub query: Sql,
    /// Finished SELECTs of the keys that suppression sources name.
    pub suppressors: Vec<Sql>,
    /// The one of them that an assertion reads again.
    pub suppressor: Sql,
    pub text: Sql,
    pub int: Sql,
    pub as_of: Sql,
    pub run_id: Sql,
    /// All columns and channels are written anew.
    pub whole: bool,
    /// Columns of the traits that nobody asks for any more.
    pub left_columns: Vec<Sql>,
    /// Columns of the traits whose values the warehouse does not compare.
    pub opaque: Vec<Sql>,
    /// What tells keys of a segment from others, in an aggregation of rows with an `entity_key`.
    pub fingerprint: Sql,
    /// Traits or channels: published name (channels: a literal), staged column.
    pub columns: Vec<Pair>,
    pub segments: Vec<Flag>,
}

/// A relation to make or change.
#[derive(Clone, Debug, Serialize)]
pub struct Definition {
    pub table: Sql,
    pub columns: Vec<Pair>,
    /// The column whose values lie together, where a warehouse keeps rows by one.
    pub cluster: Option<Sql>,
    /// The row that it is made with, if there is one.
    pub row: Vec<Sql>,
}

/// A relation to drop or to empty.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    pub table: Sql,
}

/// A schema to make.
#[derive(Clone, Debug, Serialize)]
pub struct Schema {
    pub schema: Sql,
}

/// A column to add or to give another type.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnChange {
    pub table: Sql,
    pub column: Sql,
    #[serde(rename = "type")]
    pub ty: Sql,
}

/// A view to make.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    pub view: Sql,
    pub select: Sql,
    pub comment: Sql,
}

/// The SELECT of a segment's view, or of the wide one (columns then are: name, segment literal).
#[derive(Clone, Debug, Serialize)]
pub struct SegmentView {
    pub segment: Sql,
    pub key: Sql,
    pub columns: Vec<Pair>,
    pub members: Sql,
    pub traits: Sql,
    pub channels: Sql,
    /// A literal.
    pub channel: Option<Sql>,
}

/// Rows for the run's list of segments.
#[derive(Clone, Debug, Serialize)]
pub struct ScopeRows {
    pub scope: Sql,
    pub columns: Vec<Pair>,
    pub rows: Vec<Vec<Sql>>,
}

/// A table in which rows may be there once.
#[derive(Clone, Debug, Serialize)]
pub struct Twice {
    pub table: Sql,
    /// What tells rows apart, `entity_key` among it.
    pub by: Vec<Sql>,
    /// Of what there are too many: one of these, or a literal.
    pub what: Sql,
}

/// A column that names runs.
#[derive(Clone, Debug, Serialize)]
pub struct Traced {
    pub table: Sql,
    pub column: Sql,
    pub runs: Sql,
    /// The run must have published.
    pub published: bool,
}

/// People to erase.
#[derive(Clone, Debug, Serialize)]
pub struct Erasure {
    /// The entity's name, a literal.
    pub entity: Sql,
    /// The table of the keys that were given, and their type.
    pub keys: Sql,
    pub key_type: Sql,
    /// Lines and keys, both literals.
    pub given: Vec<Pair>,
    /// The table of what is erased, counted before.
    pub counts: Sql,
    /// Where from: name (a literal), table.
    pub tables: Vec<Pair>,
    pub members: Sql,
    pub catalog: Sql,
    pub text: Sql,
}

/// The past of segments.
#[derive(Clone, Debug, Serialize)]
pub struct Past {
    pub history: Sql,
    /// Literals.
    pub segments: Vec<Sql>,
}

/// Members tables for the checksum: entity's name (a literal), table.
#[derive(Clone, Debug, Serialize)]
pub struct Checksum {
    pub tables: Vec<Pair>,
}

/// One staged table to be described.
#[derive(Clone, Debug, Serialize)]
pub struct StageName {
    /// The schema, as an identifier.
    pub dataset: Sql,
    /// Literals.
    pub schema: Sql,
    pub name: Sql,
}

/// Some of those who enter and exit.
#[derive(Clone, Debug, Serialize)]
pub struct KeySample {
    /// (segment, entity_key, change)
    pub changes: Sql,
    pub text: Sql,
    /// How many of each segment and change.
    pub limit: u32,
}

macro_rules! templates {
    ($($context:ident: $($name:literal),+;)*) => {
        /// Every template: name, text, context.
        const TEMPLATES: &[(&str, &str, &str)] = &[
            $($((
                concat!($name, ".sql"),
                include_str!(concat!("../templates/", $name, ".sql")),
                stringify!($context),
            ),)+)*
        ];
    };
}

templates! {
    Schema: "create_schema";
    Ledger: "open_state", "fence", "fenced", "record_run", "record_refusal", "record_segments", "record_sources", "delete_catalog",
        "insert_catalog", "counts", "read_columns", "duckdb/read_columns", "duckdb/read_views", "bigquery/read_columns", "bigquery/read_views", "bigquery/record_run",
        "snowflake/read_columns", "snowflake/read_views", "read_state",
        "read_segments", "read_sources", "read_run", "read_run_segments", "counted", "read_counted", "read_parts", "view_segments";
    EntityTables: "stage_query", "stage_members", "stage_members_empty", "stage_members_rows", "stage_left_out", "stage_left_out_rows",
        "stage_unwanted", "recount_catalog",
        "check_keys", "diff", "counts_rows", "guard", "guard_staged", "guard_changes", "rename_members", "rename_history", "rename_catalog", "assert_unnamed", "close_stays", "open_stays", "adopt_stays", "delete_members",
        "insert_members", "delete_traits", "update_traits", "insert_traits", "delete_channels", "insert_channels",
        "assert_members", "assert_stays", "assert_suppressed", "assert_held_out", "view_changes";
    EntityTables: "snowflake/delete_traits";
    Definition: "create_table", "create_state", "bigquery/create_table", "snowflake/create_table";
    Ledger: "read_message", "read_answers", "doctor_epochs", "doctor_state", "doctor_checksum";
    EntityTables: "doctor_catalog", "doctor_stays", "doctor_overlaps", "doctor_times", "doctor_counts",
        "restore_members";
    Named: "drop_table", "drop_view", "delete_rows";
    Erasure: "forget_unreadable", "forget_keys", "forget_keys_rows", "forget_counts", "forget_message", "forget_rows", "forget_catalog",
        "assert_forgotten",
        "bigquery/forget_unreadable", "bigquery/forget_keys_rows";
    Past: "prune_history", "pruned_history";
    Twice: "doctor_twice";
    Traced: "doctor_runs";
    ColumnChange: "add_column", "retype_column", "retyped_column", "bigquery/retype_column", "snowflake/retype_column", "snowflake/retyped_column";
    View: "create_view", "comment_view", "bigquery/create_view", "bigquery/comment_view", "snowflake/create_view", "snowflake/comment_view";
    SegmentView: "view_segment", "view_wide";
    ScopeRows: "stage_scope", "stage_scope_rows";
    Checksum: "duckdb/checksum", "duckdb/fingerprint", "bigquery/checksum", "bigquery/fingerprint", "snowflake/checksum", "snowflake/fingerprint";
    StageName: "read_stage", "duckdb/read_stage", "bigquery/read_stage", "snowflake/read_stage";
    KeySample: "changed_keys";
}

/// The last part of a relation's name: what it is called in the statement that changes it, since not every warehouse knows another
/// name for it there.
fn own(relation: &str) -> String {
    let mut quote = None;
    let mut last = 0;
    for (at, c) in relation.char_indices() {
        match (quote, c) {
            (None, '"' | '`') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, '.') => last = at + 1,
            (None | Some(_), _) => {}
        }
    }
    relation.get(last..).unwrap_or(relation).to_owned()
}

/// Renders templates in one dialect.
pub struct Statements<'a> {
    dialect: &'a dyn Dialect,
    templates: Environment<'static>,
}

impl<'a> Statements<'a> {
    #[must_use]
    pub fn new(dialect: &'a dyn Dialect) -> Self {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.add_global("temporary", dialect.own_table());
        templates.add_filter("own", own);
        let comparable = dialect.comparable();
        templates.add_filter("comparable", move |value: String| comparable(&value));
        templates.set_syntax(
            SyntaxConfig::builder()
                .trim_blocks(true)
                .lstrip_blocks(true)
                .build()
                .expect("the delimiters are the default ones"),
        );
        let own = format!("{}/", dialect.name());
        let general = TEMPLATES.iter().filter(|(name, ..)| !name.contains('/'));
        let special = TEMPLATES.iter().filter_map(|(name, text, context)| {
            name.strip_prefix(&own).map(|name| (name, *text, *context))
        });
        for (name, text, _) in general.map(|t| (t.0, t.1, t.2)).chain(special) {
            templates
                .add_template(name, text)
                .expect("every template parses: a test reads them all");
        }
        Self { dialect, templates }
    }

    /// Fills a template.
    #[must_use]
    pub fn render(&self, template: &str, context: &impl Serialize) -> String {
        self.templates
            .get_template(&format!("{template}.sql"))
            .and_then(|t| t.render(Serde(context)))
            .expect("every template knows only its context's fields: a test compares them")
    }

    /// A name, quoted.
    #[must_use]
    pub fn name(&self, name: &str) -> Sql {
        Sql(self.dialect.identifier(name))
    }

    /// `schema.name`, quoted.
    #[must_use]
    pub fn relation(&self, schema: &str, name: &str) -> Sql {
        Sql(format!(
            "{}.{}",
            self.dialect.identifier(schema),
            self.dialect.identifier(name)
        ))
    }

    /// A table of a run's own.
    #[must_use]
    pub fn staging(&self, schema: &str, name: &str) -> Sql {
        match self.publishes() {
            Publishes::InSession => self.name(name),
            Publishes::AsScript => self.relation(schema, name),
        }
    }

    #[must_use]
    pub fn publishes(&self) -> Publishes {
        self.dialect.publishes()
    }

    /// [`Dialect::ensure`].
    #[must_use]
    pub fn ensure(&self, query: &str, mark: &str) -> String {
        self.dialect.ensure(query, mark)
    }

    /// A name as the catalog has it, as a literal.
    #[must_use]
    pub fn stored(&self, name: &str) -> Sql {
        self.text(&self.dialect.stored(name))
    }

    /// A string literal.
    #[must_use]
    pub fn text(&self, text: &str) -> Sql {
        Sql(self.dialect.string(text))
    }

    /// A string literal or NULL.
    #[must_use]
    pub fn maybe(&self, text: Option<&str>) -> Sql {
        text.map_or_else(|| Sql("NULL".to_owned()), |t| self.text(t))
    }

    /// An instant.
    #[must_use]
    pub fn instant(&self, at: jiff::Timestamp) -> Sql {
        Sql(self.dialect.timestamp(at))
    }

    /// A date or NULL.
    #[must_use]
    pub fn date(&self, date: Option<jiff::civil::Date>) -> Sql {
        date.map_or_else(
            || Sql("NULL".to_owned()),
            |d| Sql(self.dialect.literal(&Literal::Date(d), &Type::Date).text),
        )
    }

    #[must_use]
    pub fn boolean(&self, value: bool) -> Sql {
        Sql(self
            .dialect
            .literal(&Literal::Boolean(value), &Type::Boolean)
            .text)
    }

    /// [`Dialect::has_no_schema`].
    #[must_use]
    pub fn has_no_schema(&self, message: &str) -> bool {
        self.dialect.has_no_schema(message)
    }

    /// [`Dialect::compares`].
    #[must_use]
    pub fn compares(&self, ty: &str) -> bool {
        self.dialect.compares(ty)
    }

    /// A type's name.
    #[must_use]
    pub fn ty(&self, ty: &Type) -> Sql {
        Sql(self.dialect.type_name(ty))
    }
}

#[cfg(test)]
mod tests;
