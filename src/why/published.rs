//! What the last builds published about one entity and one segment: since when it is a member, and its stays.

use super::Question;
use crate::build::tables::Names;
use crate::build::{Published, published::LastRun};
use crate::dialect::Dialect;
use crate::engine::{Engine, EngineError, Value};
use crate::expr::Literal;
use jiff::Timestamp;

/// The published state of one entity in one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The run that published the segment last.
    pub run: LastRun,
    /// Whether that run had the segment's present definition.
    pub same_definition: bool,
    /// A member since then; None for no member.
    pub since: Option<Timestamp>,
    /// From, until (None: not ended), the earliest first. Empty where no history is kept.
    pub stays: Vec<(Timestamp, Option<Timestamp>)>,
}

/// Reads it; None for a segment that was never published, or was retired since.
///
/// # Errors
/// The warehouse's.
pub fn read(
    question: &Question,
    key: &Literal,
    published: &Published,
    schema: &str,
    names: Names<'_>,
    dialect: &dyn Dialect,
    engine: &mut dyn Engine,
) -> Result<Option<Membership>, EngineError> {
    let segment = question.segment();
    let Some(entity) = question.model().entities.get(segment.entity.index()) else {
        return Ok(None);
    };
    let Some(run) = published.last(&segment.name, &entity.name) else {
        return Ok(None);
    };
    let mut rows = |what: &str, columns: &str, order: &str| {
        let table = names.of(&entity.name, what);
        if !published.has(&table) {
            return Ok(Vec::new());
        }
        let (schema, table) = (dialect.identifier(schema), dialect.identifier(&table));
        let key = dialect.literal(key, &entity.key_type).text;
        let segment = dialect.string(&segment.name);
        let sql = format!(
            "select {columns} from {schema}.{table} where segment = {segment} and entity_key = {key} order by {order}"
        );
        engine.query(&sql).map(|rows| rows.rows)
    };
    let since = rows("members", "since", "since")?;
    let stays = rows("history", "valid_from, valid_to", "valid_from")?;
    let stays = stays.iter().filter_map(|row| match row.as_slice() {
        [from, to] => Some((instant(from)?, instant(to))),
        _ => None,
    });
    Ok(Some(Membership {
        run: run.clone(),
        same_definition: run.definition_hash == segment.definition_hash,
        since: since.first().and_then(|row| instant(row.first()?)),
        stays: stays.collect(),
    }))
}

fn instant(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Text(text) => text.parse().ok(),
        Value::Null | Value::Boolean(_) | Value::Int(_) | Value::Float(_) => None,
    }
}
