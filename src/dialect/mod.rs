//! How one warehouse spells what all of them mean.
//!
//! Generic first: every method of [`Dialect`] has a default that most warehouses take; an override cites the vendor's
//! page. A dialect that has no way to say something answers `None`, which `emit` reports as S0501 at the user's place.
//! Nobody outside asks which dialect this is.

mod bigquery;
mod bigquery_sources;
mod bigquery_words;
mod duckdb;
mod duckdb_csv;
mod duckdb_sources;
mod duckdb_words;
mod generic;
mod groups;
mod mark;
mod snowflake;
mod snowflake_sources;
mod snowflake_words;
mod sql;

pub use mark::{failed, mark, marked};
pub use sql::{Arg, Binding, Rows, Sql};

use crate::expr::{Agg, Func, Literal, Type};
use crate::ir::Costs;
use crate::model::{Column, Table, TableSource};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Every dialect.
pub static ALL: &[&dyn Dialect] = &[&DUCKDB, &bigquery::BigQuery, &snowflake::Snowflake];

/// The dialect of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Dialect> {
    ALL.iter().copied().find(|d| d.name() == name)
}

/// The dialect of the engine inside this program.
#[must_use]
pub fn embedded() -> &'static dyn Dialect {
    &DUCKDB
}

/// The same, published as a script: so the way of warehouses that keep no session is walked where it can be run.
#[must_use]
pub fn embedded_as_script() -> &'static dyn Dialect {
    static DIALECT: duckdb::DuckDb = duckdb::DuckDb {
        publishes: Publishes::AsScript,
    };
    &DIALECT
}

static DUCKDB: duckdb::DuckDb = duckdb::DuckDb {
    publishes: Publishes::InSession,
};

/// How a run's statements hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publishes {
    /// One transaction of one session from the first question to the commit; what is computed is in temporary tables.
    InSession,
    /// Statements know nothing of each other, and tables cannot be made in transactions: what is computed is in tables of the
    /// output schema that bear the run's name, and the publication is one request.
    AsScript,
}

/// A warehouse's way to write SQL.
pub trait Dialect: Sync {
    /// As in a target's `type:`.
    fn name(&self) -> &'static str;

    /// What reading and computing cost there, which decides how a question is asked.
    fn costs(&self) -> Costs {
        Costs::MEASURED
    }

    /// Words that cannot be a plain column or table name, sorted, in lower case.
    fn reserved(&self) -> &'static [&'static str];

    /// A name in quotes, whatever is in it.
    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    /// A name, quoted where it must be.
    fn identifier(&self, name: &str) -> String {
        let mut chars = name.chars();
        let plain = chars
            .next()
            .is_some_and(|c| c.is_ascii_lowercase() || c == '_')
            && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if plain && self.reserved().binary_search(&name).is_err() {
            name.to_owned()
        } else {
            self.quote(name)
        }
    }

    /// A string literal.
    fn string(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    /// The name of a type in casts and CREATE TABLE.
    fn type_name(&self, ty: &Type) -> String {
        generic::type_name(self, ty)
    }

    /// A constant of a type.
    fn literal(&self, value: &Literal, ty: &Type) -> Sql {
        generic::literal(self, value, ty)
    }

    /// An instant.
    fn timestamp(&self, at: Timestamp) -> String {
        format!(
            "timestamp with time zone '{}+00:00'",
            generic::wall(TimeZone::UTC.to_datetime(at))
        )
    }

    /// What may stand in FROM for a table.
    fn table(&self, table: &Table) -> Option<String> {
        generic::table(self, table)
    }

    /// How a run's statements hang together.
    fn publishes(&self) -> Publishes {
        Publishes::AsScript
    }

    /// How many bytes a statement may have; None where there is no bound that anybody meets.
    fn longest_statement(&self) -> Option<usize> {
        None
    }

    /// What stands before TABLE where a run makes one of its own.
    fn own_table(&self) -> &'static str {
        match self.publishes() {
            Publishes::InSession => "TEMPORARY ",
            Publishes::AsScript => "",
        }
    }

    /// A name as the warehouse's catalog has it.
    fn stored(&self, name: &str) -> String {
        name.to_owned()
    }

    /// A statement that fails, naming `mark` (a word of letters, digits and `_`), unless a query of one number answers 0.
    fn ensure(&self, query: &str, mark: &str) -> String {
        // Text that is no number does not become one; and no optimiser knows before it has counted which text it is.
        format!(
            "SELECT CAST(CASE WHEN x.violations = 0 THEN '0' ELSE '{mark}_' || CAST(x.violations AS {text}) END AS {int}) AS violations\nFROM (\n{query}\n) AS x",
            text = self.type_name(&Type::String),
            int = self.type_name(&Type::Int),
        )
    }

    /// Whether values of a type, as the warehouse names it, can be compared with IS DISTINCT FROM.
    fn compares(&self, ty: &str) -> bool {
        let _ = ty;
        true
    }

    /// How a value that cannot be compared is written so that it can be: as a text, or NULL for NULL.
    fn comparable(&self) -> fn(&str) -> String {
        str::to_owned
    }

    /// Whether a failure says that there is no such schema, and so nothing in it.
    fn has_no_schema(&self, message: &str) -> bool {
        let _ = message;
        false
    }

    /// How a transaction begins that writes nothing, and what is refused in it where the query would, without computing
    /// it; None where a warehouse has no such thing.
    fn vouch(&self, query: &str) -> Option<[String; 2]> {
        let _ = query;
        None
    }

    /// The type behind the warehouse's name for it; None where segc has no word for it.
    fn type_of(&self, name: &str) -> Option<Type>;

    /// Whether the type of this name has fields of its own, which are read as those of JSON are.
    fn is_record(&self, name: &str) -> bool {
        let _ = name;
        false
    }

    /// A query of the columns of tables, given by the parts of their names: the table's number in the list, the column's name,
    /// its type, and its place, in the order of number and place. None where these are in no list that can be asked.
    fn catalog(&self, tables: &[&[String]]) -> Option<String> {
        let _ = tables;
        None
    }

    /// A query of the warehouse's clock, a row for each of these tables (its number in the list, the clock) whose rows can be read as
    /// they were. None where a run reads everything at one instant anyway.
    fn keeps_past(&self, tables: &[&[String]]) -> Option<String> {
        let _ = tables;
        None
    }

    /// What stands behind a table's name for its rows as they were.
    fn rows_at(&self, at: Timestamp) -> Option<String> {
        let _ = at;
        None
    }

    /// A query of everything that a source has.
    fn everything(&self, source: &TableSource) -> Option<String> {
        let table = Table {
            source: source.clone(),
            columns: Vec::new(),
            span: crate::source::Span::new(crate::source::FileId(u32::MAX), 0, 0),
            keys: None,
            read_at: None,
        };
        Some(format!("select * from {}", self.table(&table)?))
    }

    /// A statement that reads a source which cannot be described, because its failure says more.
    fn probe(&self, source: &TableSource) -> Option<String> {
        let _ = source;
        None
    }

    /// A query of whether the quotes in a file are taken for parts of its texts; None where no engine decides that for itself.
    fn keeps_quotes(&self, source: &TableSource) -> Option<String> {
        let _ = source;
        None
    }

    /// A query of how many values of a source the types that are declared for its columns would change: one row, and a column of
    /// the same name for each of those that can. None where what is read is what is written.
    fn changed(&self, table: &Table) -> Option<String> {
        let _ = table;
        None
    }

    /// A query of the first of these values of a column: the number of its row; its form, which is the text without what it says;
    /// the most digits that one of these values has behind the point.
    fn first_changed(&self, table: &Table, column: &Column) -> Option<String> {
        let _ = (table, column);
        None
    }

    /// A call of a scalar function; arguments and result have the types of `language.md`, no argument of a calendar
    /// function is an instant.
    fn call(&self, func: Func, args: &[Arg<'_>], ty: &Type) -> Option<Sql> {
        generic::call(self, func, args, ty)
    }

    /// `x` as `ty`; NULL where that fails if `safe`. Instants and local times are not turned into each other here.
    fn cast(&self, x: &Arg<'_>, ty: &Type, safe: bool) -> Option<Sql> {
        Some(generic::cast(self, x, ty, safe))
    }

    /// Whether an aggregate may be followed by `filter (where …)`.
    fn has_filter(&self) -> bool {
        false
    }

    /// An aggregate over rows.
    fn aggregate(&self, agg: Agg, arg: Option<&Arg<'_>>, rows: Rows<'_>, ty: &Type) -> Option<Sql> {
        generic::aggregate(self, agg, arg, rows, ty)
    }

    /// The smallest value of a window, where those that are not NULL rise in its order.
    fn smallest_of_rising(&self, value: &str) -> String {
        format!("min({value})")
    }

    /// The wall clock in `zone` at an instant.
    fn to_local(&self, instant: &Sql, zone: &TimeZone) -> Option<Sql>;

    /// The instant at which a wall clock in `zone` shows this; the later side of a gap, the earlier of a fold.
    fn to_instant(&self, local: &Sql, zone: &TimeZone) -> Option<Sql>;

    /// Adds `n` seconds, minutes or hours to an instant.
    fn add_elapsed(&self, n: &Sql, unit: crate::expr::Unit, instant: &Sql) -> Option<Sql>;

    /// Statements to run in the session before a query that uses [`Self::to_local`] or [`Self::to_instant`].
    fn zone_prelude(&self, zone: &TimeZone, until: Timestamp) -> Vec<String> {
        let _ = (zone, until);
        Vec::new()
    }
}
