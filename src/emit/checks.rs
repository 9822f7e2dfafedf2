//! What a build asks of its sources before it computes anything: keys unique and not null, joins many-to-one, times there.

use super::expr::Writer;
use crate::diag::Diagnostics;
use crate::dialect::Dialect;
use crate::expr::{Expr, ExprKind, Func, Type};
use crate::ir::block::{BlockExpr, Term};
use crate::ir::{Answer, Plan};
use crate::model::{
    Entity, EntityId, Frame, Model, Relation, RelationRole, RowExpr, SlotJoin, Suppressor, Table,
    TableId, TableSource,
};
use crate::source::Span;
use crate::spec::Share;
use std::collections::{BTreeSet, HashSet};

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckKind {
    /// Rows of the entity's table without a key: stops the build.
    EntityKeyNull,
    /// Keys that more than one row of the entity's table has: stops the build.
    EntityKeyDuplicate,
    /// Keys that more than one row of a lookup's or a parent's table has, so that rows would be counted twice: stops the
    /// build.
    JoinDuplicate,
    /// Rows of a relation without a time, which count nowhere: reported.
    TimeNull,
    /// Rows of a list without a key: stops the build.
    ListKeyNull,
    /// Rows of a suppression source without a key, who would not be suppressed: stops the build.
    SuppressorKeyNull,
    /// A suppression source with fewer rows than this; counts the missing ones, finds those that are there: stops the build.
    SuppressorFew(u32),
    /// A suppression source whose newest row is too old; finds when it was recorded: stops the build.
    SuppressorStale,
    /// A table that no other check counts the rows of; finds nothing.
    Rows,
}

/// A source whose rows a check counts by the way, so that a build can compare them with those of the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// What the ledger calls it.
    pub name: String,
    pub of: CountedOf,
}

/// What a counted source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountedOf {
    Table(TableId),
    /// May lose this share of its rows, and no more.
    Suppressor(Share),
}

/// A query with one row: `violations`; of some kinds `found`, as a text; where rows are counted `source_rows`; and of a
/// suppression source how many of its keys the entity's table has, `matched`.
#[derive(Clone, Debug)]
pub struct CheckQuery {
    pub kind: CheckKind,
    pub counted: Option<Counted>,
    /// What is checked, for messages: `customer.customer_id`, `items.product (product_id)`.
    pub what: String,
    /// Where the key, join or time is declared.
    pub span: Span,
    pub sql: String,
    /// The entities whose queries read what is checked.
    pub entities: Vec<EntityId>,
}

/// The checks of everything that a plan reads; the optimised plan reads less than the naive one.
pub fn checks(
    plan: &Plan,
    model: &Model,
    dialect: &dyn Dialect,
    diags: &mut Diagnostics,
) -> Vec<CheckQuery> {
    let Some(entity) = model.entities.get(plan.entity.index()) else {
        return Vec::new();
    };
    let mut room = Room {
        asks: plan.entity,
        writer: Writer::new(model, dialect, diags),
        out: Vec::new(),
        seen: HashSet::new(),
        counted: HashSet::new(),
    };
    if let Some(table) = room.table(&entity.frame, 0) {
        let key = dialect.identifier(&entity.key);
        let what = format!("{}.{}", entity.name, entity.key);
        let holds = room.conditions(&entity.filter);
        let mut counted = room.counted(&entity.frame, 0, &entity.name);
        if let Some(counted) = counted.as_mut().filter(|_| !holds.is_empty()) {
            // The rows that hold, which is another number than that of all rows.
            counted.name = format!("{} as {}", counted.name, entity.name);
        }
        let nulls = Nulls {
            table: &table,
            column: &key,
            conditions: &holds,
            all_counted: false,
        };
        let (kind, span) = (CheckKind::EntityKeyNull, entity.key_span);
        room.push_nulls(kind, what.clone(), span, &nulls, counted);
        let twice = count_duplicates(&table, std::slice::from_ref(&key), &holds);
        room.push(CheckKind::EntityKeyDuplicate, what, entity.key_span, twice);
    }
    let mut slots: BTreeSet<usize> = plan.names.columns.keys().map(|c| c.slot).collect();
    close(&mut slots, &entity.frame);
    let slots_of_entity = slots.clone();
    for slot in slots {
        room.join(&entity.name, &entity.frame, slot, &[]);
    }
    // What is asked of another entity is asked whoever is suppressed.
    let suppresses = plan.answers.contains(&Answer::Suppressed);
    for source in entity.suppressors.iter().filter(|_| suppresses) {
        room.suppressor(entity, source);
    }
    for scan in plan.reads() {
        let Some(relation) = model.relations.get(scan.relation.index()) else {
            continue;
        };
        for slot in &scan.slots {
            room.join(&relation.name, &relation.frame, *slot, &relation.filter);
        }
        match relation.role {
            RelationRole::Declared => room.times(relation),
            RelationRole::List => room.key(CheckKind::ListKeyNull, relation, None),
            // A stay that goes on has no end. Sources of keys have checks of their own.
            RelationRole::Stays | RelationRole::Suppressor => continue,
        }
        room.rows(&relation.frame, 0, &relation.name, relation.span);
        for slot in &scan.slots {
            room.rows(&relation.frame, *slot, &relation.name, relation.span);
        }
    }
    for slot in slots_of_entity {
        room.rows(&entity.frame, slot, &entity.name, entity.span);
    }
    let mut out = room.out;
    for other in &plan.across {
        for check in checks(other, model, dialect, diags) {
            if out.iter().all(|known| known.sql != check.sql) {
                out.push(CheckQuery {
                    entities: vec![plan.entity],
                    ..check
                });
            }
        }
    }
    out
}

/// The keys that each suppression source of the plan's entity names.
pub(super) fn suppressors(plan: &Plan, model: &Model, writer: &mut Writer<'_>) -> Vec<String> {
    let entity = model.entities.get(plan.entity.index());
    let sources = entity.into_iter().flat_map(|e| &e.suppressors);
    let read = |source: &Suppressor| {
        let relation = model.relations.get(source.relation.index())?;
        let table = relation.frame.slots.first()?.table;
        // As they are when it is published.
        let now = Table {
            read_at: None,
            ..model.tables.get(table.index())?.clone()
        };
        let table = writer.dialect.table(&now)?;
        let (_, key) = relation.owner.first()?;
        let key = writer.dialect.identifier(&key.name);
        let mut filter = vec![format!("checked.{key} is not null")];
        for e in &relation.filter {
            filter.push(writer.expr(&bare(e)).at(crate::dialect::Binding::Not));
        }
        Some(format!(
            "select checked.{key} as entity_key\nfrom {table} as checked{}",
            filtered(&filter)
        ))
    };
    sources.filter_map(read).collect()
}

/// Adds what the slots are joined to.
fn close(slots: &mut BTreeSet<usize>, frame: &Frame) {
    for n in (0..frame.slots.len()).rev() {
        let from = frame
            .slots
            .get(n)
            .and_then(|s| s.join.as_ref())
            .map(|j| j.from);
        if let (true, Some(from)) = (slots.contains(&n), from) {
            slots.insert(from);
        }
    }
}

struct Room<'a> {
    asks: EntityId,
    writer: Writer<'a>,
    out: Vec<CheckQuery>,
    seen: HashSet<String>,
    /// Names of the sources whose rows are counted already.
    counted: HashSet<String>,
}

impl Room<'_> {
    fn push(&mut self, kind: CheckKind, what: String, span: Span, sql: String) {
        self.push_counting(kind, what, span, sql, None);
    }

    fn push_counting(
        &mut self,
        kind: CheckKind,
        what: String,
        span: Span,
        sql: String,
        counted: Option<Counted>,
    ) {
        if self.seen.insert(sql.clone()) {
            self.counted.extend(counted.iter().map(|c| c.name.clone()));
            self.out.push(CheckQuery {
                kind,
                counted,
                what,
                span,
                sql,
                entities: vec![self.asks],
            });
        }
    }

    /// Where NULLs are looked for already, they are not looked for again, even if that counts rows and this does not.
    fn push_nulls(
        &mut self,
        kind: CheckKind,
        what: String,
        span: Span,
        nulls: &Nulls<'_>,
        counted: Option<Counted>,
    ) {
        let alone = nulls.sql();
        if counted.is_none() {
            self.push(kind, what, span, alone);
        } else if self.seen.insert(alone) {
            let sql = nulls.sql_counting_rows(&self.nothing());
            self.push_counting(kind, what, span, sql, counted);
        }
    }

    /// What is counted of a slot's table, unless that is counted already or is no source. A query has no name but that of who
    /// asks it, and is another source when its text changes.
    fn counted(&self, frame: &Frame, slot: usize, owner: &str) -> Option<Counted> {
        let slot = frame.slots.get(slot)?;
        let name = match &self.writer.model.tables.get(slot.table.index())?.source {
            TableSource::Named(parts) => parts.join("."),
            TableSource::File { path, .. } => path.clone(),
            TableSource::Query(snippet) => {
                format!(
                    "{owner} query {:.8}",
                    crate::model::text_hash(&snippet.text.value)
                )
            }
            TableSource::History { .. } | TableSource::Members(_) => return None,
        };
        let counted = Counted {
            name,
            of: CountedOf::Table(slot.table),
        };
        (!self.counted.contains(&counted.name)).then_some(counted)
    }

    /// Counts the rows of a slot's table by themselves, where no other check does.
    fn rows(&mut self, frame: &Frame, slot: usize, owner: &str, span: Span) {
        if let (Some(counted), Some(table)) =
            (self.counted(frame, slot, owner), self.table(frame, slot))
        {
            let sql = format!(
                "select\n    0 as violations,\n    {} as found,\n    count(*) as source_rows\nfrom {table} as checked",
                self.nothing()
            );
            self.push_counting(
                CheckKind::Rows,
                counted.name.clone(),
                span,
                sql,
                Some(counted),
            );
        }
    }

    /// A text that is NULL.
    fn nothing(&self) -> String {
        let text = self.writer.dialect.type_name(&Type::String);
        format!("cast(null as {text})")
    }

    fn table(&self, frame: &Frame, slot: usize) -> Option<String> {
        let table = frame.slots.get(slot)?.table;
        self.writer
            .dialect
            .table(self.writer.model.tables.get(table.index())?)
    }

    /// The rows of a joined table that take part: a parent's own conditions hold there too.
    fn join(&mut self, owner: &str, frame: &Frame, slot: usize, filter: &[RowExpr]) {
        let Some(SlotJoin { on, span, .. }) = frame.slots.get(slot).and_then(|s| s.join.as_ref())
        else {
            return;
        };
        let (Some(table), Some(name)) = (
            self.table(frame, slot),
            frame.slots.get(slot).map(|s| s.name.as_str()),
        ) else {
            return;
        };
        let keys: Vec<String> = on
            .iter()
            .map(|(_, right)| self.writer.dialect.identifier(right))
            .collect();
        let conditions = self.conditions_on(slot, filter);
        let columns: Vec<&str> = on.iter().map(|(_, right)| right.as_str()).collect();
        let what = format!("{owner}.{name} ({})", columns.join(", "));
        let sql = count_duplicates(&table, &keys, &conditions);
        self.push(CheckKind::JoinDuplicate, what, *span, sql);
    }

    /// Those of the conditions that are on one slot's table alone.
    fn conditions_on(&mut self, slot: usize, filter: &[RowExpr]) -> Vec<String> {
        self.conditions(filter.iter().filter(|f| {
            let mut only = true;
            f.each_column(&mut |c| only &= c.slot == slot);
            only
        }))
    }

    /// Conditions on one table, whose alias is `checked`.
    fn conditions<'e>(&mut self, of: impl IntoIterator<Item = &'e RowExpr>) -> Vec<String> {
        of.into_iter()
            .map(|e| self.writer.expr(&bare(e)).at(crate::dialect::Binding::Not))
            .collect()
    }

    /// Rows without the key by which the relation names entities; of a source of keys, of those that count.
    fn key(&mut self, kind: CheckKind, relation: &Relation, at: Option<Span>) {
        let Some(table) = self.table(&relation.frame, 0) else {
            return;
        };
        let filter = self.conditions(&relation.filter);
        for (_, col) in &relation.owner {
            let what = format!("{}.{}", relation.name, col.name);
            let column = self.writer.dialect.identifier(&col.name);
            // A source of keys has the number of its rows beside that of the expected ones.
            let counted = if kind == CheckKind::ListKeyNull && filter.is_empty() {
                self.counted(&relation.frame, col.slot, &relation.name)
            } else {
                None
            };
            let nulls = Nulls {
                table: &table,
                column: &column,
                conditions: &filter,
                all_counted: false,
            };
            self.push_nulls(kind, what, at.unwrap_or(relation.span), &nulls, counted);
        }
    }

    fn suppressor(&mut self, entity: &Entity, source: &Suppressor) {
        let model = self.writer.model;
        let Some(relation) = model.relations.get(source.relation.index()) else {
            return;
        };
        let Some(table) = self.table(&relation.frame, 0) else {
            return;
        };
        let filter = self.conditions(&relation.filter);
        let text = self.writer.dialect.type_name(&Type::String);
        let least = source.min_rows;
        let Some((_, named)) = relation.owner.first() else {
            return;
        };
        let Some(known) = self.known(entity) else {
            return;
        };
        let sql = format!(
            "select\n    case when count(*) < {least} then {least} - count(*) else 0 end as violations,\n    \
             cast(count(*) as {text}) as found,\n    count(*) as source_rows,\n    \
             count(known.entity_key) as matched\nfrom {table} as checked\nleft join (\n{known}\n) as known\n    \
             on known.entity_key = checked.{}{}",
            self.writer.dialect.identifier(&named.name),
            filtered(&filter)
        );
        let what = source.name.clone();
        let counted = Counted {
            name: format!("{}.{}", entity.name, source.name),
            of: CountedOf::Suppressor(source.max_shrink),
        };
        self.push_counting(
            CheckKind::SuppressorFew(least),
            what.clone(),
            source.min_rows_span,
            sql,
            Some(counted),
        );
        self.key(
            CheckKind::SuppressorKeyNull,
            relation,
            Some(source.key_span),
        );
        if let Some((time, bound, span)) = &source.fresh {
            let column = self.writer.dialect.identifier(&time.col.name);
            let bound = self.writer.dialect.literal(bound, &time.ty).text;
            let sql = format!(
                "select\n    case when max(checked.{column}) >= {bound} then 0 else 1 end as violations,\n    \
                 cast(max(checked.{column}) as {text}) as found\nfrom {table} as checked{}",
                filtered(&filter)
            );
            self.push(CheckKind::SuppressorStale, what, *span, sql);
        }
    }

    /// The keys of an entity's rows, each once, or the build stops at another check.
    fn known(&mut self, entity: &Entity) -> Option<String> {
        let table = self.table(&entity.frame, 0)?;
        let holds = self.conditions(&entity.filter);
        Some(format!(
            "    select checked.{} as entity_key\n    from {table} as checked{}",
            self.writer.dialect.identifier(&entity.key),
            filtered(&holds).replace('\n', "\n    ")
        ))
    }

    fn times(&mut self, relation: &Relation) {
        for (time, _) in &relation.past {
            let Some(table) = self.table(&relation.frame, time.col.slot) else {
                continue;
            };
            let name = relation
                .frame
                .slots
                .get(time.col.slot)
                .map_or("", |s| &s.name);
            let what = format!("{name}.{}", time.col.name);
            let column = self.writer.dialect.identifier(&time.col.name);
            // The relation itself, or the parent whose time it is.
            let whose = if time.col.slot == 0 {
                Some(relation)
            } else {
                let mut all = self.writer.model.relations.iter();
                all.find(|r| r.entity == relation.entity && r.name == *name)
            };
            let filter = whose.map_or(&[][..], |r| &r.filter);
            let conditions = self.conditions_on(0, &left_out_by(filter, &time.col.name));
            let counted = self.counted(&relation.frame, time.col.slot, &relation.name);
            let nulls = Nulls {
                table: &table,
                column: &column,
                conditions: &conditions,
                all_counted: true,
            };
            self.push_nulls(CheckKind::TimeNull, what, relation.span, &nulls, counted);
        }
    }
}

/// The conditions by which rows without a time are left out on purpose: those on anything else, and those that ask whether there is one.
/// A bound on the time leaves such rows out, too, but nobody has thought of them.
fn left_out_by(filter: &[RowExpr], time: &str) -> Vec<RowExpr> {
    let meant = |f: &&RowExpr| {
        let mut bounds = false;
        f.each_column(&mut |c| bounds |= c.slot == 0 && c.name == time);
        !bounds || f.calls(Func::IsNotNull) || f.calls(Func::IsNull)
    };
    filter.iter().filter(meant).cloned().collect()
}

/// Rows of a table, of those that meet the conditions, without a value in a column.
struct Nulls<'a> {
    table: &'a str,
    column: &'a str,
    conditions: &'a [String],
    /// Where rows are counted, whether all of the table are, or those that meet the conditions.
    all_counted: bool,
}

impl Nulls<'_> {
    fn sql(&self) -> String {
        format!(
            "select count(*) as violations\nfrom {} as checked{}",
            self.table,
            filtered(&self.filter())
        )
    }

    /// How many rows there are, too. `nothing`: a text that is NULL.
    fn sql_counting_rows(&self, nothing: &str) -> String {
        let (table, column) = (self.table, self.column);
        let (violations, rows) = if self.all_counted && !self.conditions.is_empty() {
            let filter = self.filter().join(" and ");
            (
                format!("count(case when {filter} then 1 end)"),
                String::new(),
            )
        } else {
            let rows = filtered(self.conditions);
            (format!("count(*) - count(checked.{column})"), rows)
        };
        format!(
            "select\n    {violations} as violations,\n    {nothing} as found,\n    \
             count(*) as source_rows\nfrom {table} as checked{rows}"
        )
    }

    fn filter(&self) -> Vec<String> {
        let null = format!("checked.{} is null", self.column);
        let mut filter = vec![null];
        filter.extend(self.conditions.iter().cloned());
        filter
    }
}

fn filtered(conditions: &[String]) -> String {
    if conditions.is_empty() {
        String::new()
    } else {
        format!("\nwhere {}", conditions.join(" and "))
    }
}

/// How many keys stand in more than one row. NULLs join nothing.
fn count_duplicates(table: &str, keys: &[String], conditions: &[String]) -> String {
    let keys: Vec<String> = keys.iter().map(|k| format!("checked.{k}")).collect();
    let mut filter: Vec<String> = keys.iter().map(|k| format!("{k} is not null")).collect();
    filter.extend(conditions.iter().cloned());
    format!(
        "select count(*) as violations\nfrom (\n    select {keys}\n    from {table} as checked\n    \
         where {}\n    group by {keys}\n    having count(*) > 1\n) as twice",
        filter.join(" and "),
        keys = keys.join(", ")
    )
}

/// A condition on one table, whose alias is `checked`.
fn bare(e: &RowExpr) -> BlockExpr {
    e.substitute(&mut |col, ty, at| {
        let term = Term::Column {
            of: "checked".to_owned(),
            name: col.name.clone(),
        };
        Expr::new(ExprKind::Column(term), ty.clone(), at)
    })
}
