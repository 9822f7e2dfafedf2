//! What a build asks of its sources before it computes anything: keys unique and not null, joins many-to-one, times there.

use super::expr::Writer;
use crate::diag::Diagnostics;
use crate::dialect::Dialect;
use crate::expr::{Expr, ExprKind};
use crate::ir::Plan;
use crate::ir::block::{BlockExpr, Term};
use crate::model::{Frame, Model, Relation, RowExpr, SlotJoin};
use crate::source::Span;
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
}

/// A query with one row and one column, `violations`.
#[derive(Clone, Debug)]
pub struct CheckQuery {
    pub kind: CheckKind,
    /// What is checked, for messages: `customer.customer_id`, `items.product (product_id)`.
    pub what: String,
    /// Where the key, join or time is declared.
    pub span: Span,
    pub sql: String,
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
        writer: Writer::new(model, dialect, diags),
        out: Vec::new(),
        seen: HashSet::new(),
    };
    if let Some(table) = room.table(&entity.frame, 0) {
        let key = dialect.identifier(&entity.key);
        let what = format!("{}.{}", entity.name, entity.key);
        let nulls = count_nulls(&table, &key);
        room.push(
            CheckKind::EntityKeyNull,
            what.clone(),
            entity.key_span,
            nulls,
        );
        let twice = count_duplicates(&table, &[key], &[]);
        room.push(CheckKind::EntityKeyDuplicate, what, entity.key_span, twice);
    }
    let mut slots: BTreeSet<usize> = plan.names.columns.keys().map(|c| c.slot).collect();
    close(&mut slots, &entity.frame);
    for slot in slots {
        room.join(&entity.name, &entity.frame, slot, &[]);
    }
    for scan in &plan.scans {
        let Some(relation) = model.relations.get(scan.relation.index()) else {
            continue;
        };
        for slot in &scan.slots {
            room.join(&relation.name, &relation.frame, *slot, &relation.filter);
        }
        room.times(relation);
    }
    room.out
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
    writer: Writer<'a>,
    out: Vec<CheckQuery>,
    seen: HashSet<String>,
}

impl Room<'_> {
    fn push(&mut self, kind: CheckKind, what: String, span: Span, sql: String) {
        if self.seen.insert(sql.clone()) {
            self.out.push(CheckQuery {
                kind,
                what,
                span,
                sql,
            });
        }
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
        let own = filter.iter().filter(|f| {
            let mut only = true;
            f.each_column(&mut |c| only &= c.slot == slot);
            only
        });
        let own: Vec<BlockExpr> = own.map(bare).collect();
        let conditions: Vec<String> = own
            .iter()
            .map(|e| self.writer.expr(e).at(crate::dialect::Binding::Not))
            .collect();
        let columns: Vec<&str> = on.iter().map(|(_, right)| right.as_str()).collect();
        let what = format!("{owner}.{name} ({})", columns.join(", "));
        let sql = count_duplicates(&table, &keys, &conditions);
        self.push(CheckKind::JoinDuplicate, what, *span, sql);
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
            let sql = count_nulls(&table, &self.writer.dialect.identifier(&time.col.name));
            self.push(CheckKind::TimeNull, what, relation.span, sql);
        }
    }
}

fn count_nulls(table: &str, column: &str) -> String {
    format!(
        "select count(*) as violations\nfrom {table} as checked\nwhere checked.{column} is null"
    )
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
