//! The edges of a leaf's windows, and whether the rows of a test lie on either side of them (see `cover`).
//!
//! How near a row must lie follows the window: a second, a minute, an hour or a day, whichever the window counts in. On the
//! side that the edge itself is on, it is less than that away; on the other, at most. Rows are those of the relation that
//! belong to somebody, whatever its conditions.

use super::{Prepared, canon};
use crate::expr::{ExprKind, Literal, Unit};
use crate::model::calendar::{shift_date, shift_datetime, shift_instant};
use crate::model::tree::Node;
use crate::model::{Atom, Col, Frame, JoinKind, Model, RelationId, Sequence, TableId, Window};
use crate::spec::Duration;
use jiff::SignedDuration;
use jiff::civil::Time;
use std::collections::{BTreeMap, HashMap};

/// A place where a window begins or ends, or a row between two others that makes a difference.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) place: Place,
    /// "step 2 (`orders`)", of a sequence.
    pub(super) step: Option<String>,
    what: What,
}

/// Which one of its leaf, as of any instant: of which value, of which step, which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    value: usize,
    step: usize,
    pub(super) end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    From,
    Until,
    /// Of a step's `within`, counted from the row before.
    Within,
    /// Of the sequence's `total`.
    Total,
    /// A row of this `did_not` between its neighbours.
    Between,
}

#[derive(Clone, Debug)]
enum What {
    /// A literal bound on a relation's time.
    Bound(RelationId, Bound, Unit),
    /// So long after a row of the first relation, for rows of the second.
    After(RelationId, RelationId, Duration),
    /// Rows of the second relation between those of the first and the third.
    Between(RelationId, RelationId, RelationId),
}

/// A moment that parts earlier rows from later ones.
#[derive(Clone, Debug)]
enum Bound {
    /// It is the first of the later ones: `>=` and `<`.
    First(Literal),
    /// It is the last of the earlier ones: `>` and `<=`.
    Last(Literal),
}

impl Edge {
    /// Whether a row at the edge itself is on the earlier side.
    pub(super) fn is_last(&self) -> bool {
        match &self.what {
            What::Bound(_, Bound::First(_), _) | What::Between(..) => false,
            What::Bound(_, Bound::Last(_), _) | What::After(..) => true,
        }
    }

    /// The least unit that a row may not be away from it.
    pub(super) fn unit(&self) -> &'static str {
        match &self.what {
            What::Bound(_, _, unit) => near(*unit).0,
            What::After(_, _, duration) => near(duration.unit).0,
            What::Between(..) => "",
        }
    }

    /// Adds what rows show: one on the side that the edge itself is on (of a `did_not`, one between), one on the other side (of a
    /// `did_not`, two with none between).
    pub(super) fn see(&self, model: &Model, prepared: &Prepared, seen: &mut (bool, bool)) {
        match &self.what {
            What::Bound(relation, bound, unit) => {
                for (_, time) in rows(*relation, model, prepared) {
                    // Where the edge is the last moment, the sides are seen from the row.
                    let side = match bound {
                        Bound::First(edge) => side(time, edge, *unit),
                        Bound::Last(edge) => side(edge, time, *unit),
                    };
                    note(side, seen);
                }
            }
            What::After(first, second, duration) => {
                let later = rows(*second, model, prepared);
                for (key, start) in rows(*first, model, prepared) {
                    let Some(end) = shifted(start, *duration, model) else {
                        continue;
                    };
                    for (_, time) in later.iter().filter(|(k, t)| *k == key && before(start, t)) {
                        // A row at the very end is inside: the sides are seen from the row.
                        note(side(&end, time, duration.unit), seen);
                    }
                }
            }
            What::Between(first, not, last) => {
                let (nots, lasts) = (rows(*not, model, prepared), rows(*last, model, prepared));
                for (key, start) in rows(*first, model, prepared) {
                    for (_, end) in lasts.iter().filter(|(k, t)| *k == key && before(start, t)) {
                        let between = nots
                            .iter()
                            .any(|(k, t)| *k == key && before(start, t) && before(t, end));
                        note(Some(between), seen);
                    }
                }
            }
        }
    }
}

/// The edges of a leaf; that nothing at or after `as_of` exists is none, save where a window looks ahead from there.
pub(super) fn edges(leaf: &Node, model: &Model) -> Vec<Edge> {
    let mut found = Vec::new();
    for (value, of) in leaf.values.iter().enumerate() {
        match &of.expr.kind {
            ExprKind::Column(Atom::Measure(id)) => {
                if let Some(measure) = model.measures.get(id.index()) {
                    let place = (value, 0, None);
                    bounds(measure.relation, &measure.window, place, model, &mut found);
                }
            }
            ExprKind::Column(Atom::Sequence(id)) => {
                if let Some(sequence) = model.sequences.get(id.index()) {
                    steps(sequence, value, model, &mut found);
                }
            }
            ExprKind::Literal(_)
            | ExprKind::Column(Atom::Column(_) | Atom::Population(_))
            | ExprKind::Call(..)
            | ExprKind::Case { .. }
            | ExprKind::Cast { .. } => {}
        }
    }
    found
}

fn bounds(
    id: RelationId,
    window: &Window,
    (value, step, name): (usize, usize, Option<&str>),
    model: &Model,
    found: &mut Vec<Edge>,
) {
    let Some(relation) = model.relations.get(id.index()) else {
        return;
    };
    let ahead = window
        .until
        .as_ref()
        .is_some_and(|until| relation.is_ahead(until));
    for (end, bound) in [(End::From, &window.from), (End::Until, &window.until)] {
        let Some(bound) = bound else {
            continue;
        };
        if !ahead && relation.past.iter().any(|(_, past)| past == bound) {
            continue;
        }
        let last = relation.now().and_then(|now| last(bound, now));
        let bound = last.map_or_else(|| Bound::First(bound.clone()), Bound::Last);
        let (Bound::First(edge) | Bound::Last(edge)) = &bound;
        let unit = relation
            .now()
            .map_or(Unit::Day, |now| counted_in(edge, now, model));
        found.push(Edge {
            place: Place { value, step, end },
            step: name.map(str::to_owned),
            what: What::Bound(id, bound, unit),
        });
    }
}

fn steps(sequence: &Sequence, value: usize, model: &Model, found: &mut Vec<Edge>) {
    let mut did: Option<RelationId> = None;
    for (n, step) in sequence.steps.iter().enumerate() {
        let name = model.relations.get(step.relation.index());
        let name = name.map_or("", |r| r.name.as_str());
        let name = format!("step {} (`{name}`)", n + 1);
        let at = (value, n, Some(name.as_str()));
        bounds(step.relation, &step.window, at, model, found);
        let mut push = |end, what| {
            let place = Place {
                value,
                step: n,
                end,
            };
            let step = Some(name.clone());
            found.push(Edge { place, step, what });
        };
        let next = sequence.steps.iter().skip(n + 1).find(|s| s.did);
        if let Some(before) = did {
            if let Some(within) = step.within {
                push(End::Within, What::After(before, step.relation, within));
            }
            if let (false, Some(next)) = (step.did, next) {
                let what = What::Between(before, step.relation, next.relation);
                push(End::Between, what);
            }
        }
        if step.did {
            did = Some(step.relation);
        }
        if let (Some(total), Some(first)) = (sequence.total, sequence.steps.first())
            && step.did
            && next.is_none()
        {
            push(
                End::Total,
                What::After(first.relation, step.relation, total),
            );
        }
    }
}

/// The moment a microsecond before a bound, if that is what was written: `<= t` and `> t` are kept as the first moment after t.
fn last(bound: &Literal, now: &Literal) -> Option<Literal> {
    let tick = SignedDuration::from_micros(1);
    let written = if let Literal::Timestamp(t) = bound {
        Literal::Timestamp(t.checked_sub(tick).ok()?)
    } else if let Literal::Datetime(t) = bound {
        Literal::Datetime(t.checked_sub(tick).ok()?)
    } else {
        return None;
    };
    let (kept, at, now) = (fraction(bound)?, fraction(&written)?, fraction(now)?);
    (kept != now && (at == now || at % 1_000_000 == 0)).then_some(written)
}

/// The nanoseconds of a moment after its second.
fn fraction(moment: &Literal) -> Option<i32> {
    if let Literal::Timestamp(t) = moment {
        Some(t.subsec_nanosecond())
    } else if let Literal::Datetime(t) = moment {
        Some(t.subsec_nanosecond())
    } else {
        None
    }
}

/// What a bound is counted in: days if it is at the time of day of `as_of` or a midnight, hours at most where it is no more than
/// a day away.
fn counted_in(bound: &Literal, now: &Literal, model: &Model) -> Unit {
    let local = |t: &Literal| match t {
        Literal::Timestamp(t) => Some(model.time_zone.to_datetime(*t).time()),
        Literal::Datetime(t) => Some(t.time()),
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Int(_)
        | Literal::Decimal { .. }
        | Literal::Float(_)
        | Literal::String(_)
        | Literal::Date(_)
        | Literal::Array(_) => None,
    };
    let Some(apart) = elapsed(bound, now).map(|d| d.abs()) else {
        return Unit::Day;
    };
    let time = local(bound);
    let whole = time == local(now) || time == Some(Time::midnight());
    if whole && apart > SignedDuration::from_hours(24) {
        return Unit::Day;
    }
    match apart.as_secs() {
        seconds if whole || seconds % 3600 == 0 => Unit::Hour,
        seconds if seconds % 60 == 0 => Unit::Minute,
        _ => Unit::Second,
    }
}

/// How far away is near, in words and seconds.
fn near(unit: Unit) -> (&'static str, i64) {
    match unit {
        Unit::Second => ("a second", 1),
        Unit::Minute => ("a minute", 60),
        Unit::Hour => ("an hour", 3600),
        Unit::Day | Unit::Week | Unit::Month | Unit::Quarter | Unit::Year => ("a day", 86_400),
    }
}

/// The rows given to a relation that belong to somebody and have a time: whose they are, and when.
fn rows<'p>(
    id: RelationId,
    model: &Model,
    prepared: &'p Prepared,
) -> Vec<(Vec<String>, &'p Literal)> {
    let Some(relation) = model.relations.get(id.index()) else {
        return Vec::new();
    };
    let frame = &relation.frame;
    let found = joined(frame, model, prepared).into_iter();
    let found = found.filter_map(|row| {
        let value = |col: &Col| {
            let at = column(frame.slots.get(col.slot)?.table, &col.name, model)?;
            row.get(col.slot).copied().flatten()?.get(at)
        };
        let owner = relation.owner.iter().map(|(_, col)| value(col));
        let time = value(&relation.time.as_ref()?.col)?;
        Some((key(owner)?, time))
    });
    found.collect()
}

/// One row of every slot of a frame; None of a lookup, by which no row is owned or timed.
type Joined<'p> = Vec<Option<&'p [Literal]>>;

/// The rows given to a frame, each with those of its parents; none without.
fn joined<'p>(frame: &Frame, model: &Model, prepared: &'p Prepared) -> Vec<Joined<'p>> {
    let of = |table: TableId| {
        let rows = prepared.given.rows.get(&table).into_iter().flatten();
        rows.map(Vec::as_slice)
    };
    let mut found: Vec<Joined<'p>> = vec![Vec::new()];
    for slot in &frame.slots {
        let Some(join) = &slot.join else {
            found = of(slot.table).map(|row| vec![Some(row)]).collect();
            continue;
        };
        match join.kind {
            JoinKind::Lookup => found.iter_mut().for_each(|row| row.push(None)),
            JoinKind::Parent => {
                let Some(near) = frame.slots.get(join.from) else {
                    return Vec::new();
                };
                let mut parents: HashMap<Vec<String>, Vec<&'p [Literal]>> = HashMap::new();
                for row in of(slot.table) {
                    let on = join.on.iter().map(|(_, name)| name);
                    let value = on.map(|name| row.get(column(slot.table, name, model)?));
                    if let Some(key) = key(value) {
                        parents.entry(key).or_default().push(row);
                    }
                }
                let with_parents = found.into_iter().flat_map(|row| {
                    let from = row.get(join.from).copied().flatten();
                    let on = join.on.iter().map(|(name, _)| name);
                    let value = on.map(|name| from?.get(column(near.table, name, model)?));
                    let parents = key(value).and_then(|key| parents.get(&key));
                    let parents = parents.into_iter().flatten();
                    let with = |parent: &&'p [Literal]| {
                        let mut row = row.clone();
                        row.push(Some(*parent));
                        row
                    };
                    parents.map(with).collect::<Vec<_>>()
                });
                found = with_parents.collect();
            }
        }
    }
    found
}

/// The place of a column in its table.
fn column(table: TableId, name: &str, model: &Model) -> Option<usize> {
    let columns = &model.tables.get(table.index())?.columns;
    columns.iter().position(|c| c.name == name)
}

/// What values are compared by; None where one is null, which is equal to nothing.
fn key<'p>(values: impl Iterator<Item = Option<&'p Literal>>) -> Option<Vec<String>> {
    let known = values.map(|value| value.filter(|v| **v != Literal::Null));
    known.map(|value| value.map(canon::literal)).collect()
}

/// Whether a time is at an edge or a little later (true), or a little earlier; on a date column, on its day or on the day before.
fn side(time: &Literal, edge: &Literal, unit: Unit) -> Option<bool> {
    if let (Literal::Date(t), Literal::Date(e)) = (time, edge) {
        return match e.until(*t).ok()?.get_days() {
            0 => Some(true),
            -1 => Some(false),
            _ => None,
        };
    }
    let later = elapsed(edge, time)?;
    let near = SignedDuration::from_secs(near(unit).1);
    if later >= near || later < -near {
        return None;
    }
    Some(later >= SignedDuration::ZERO)
}

fn note(side: Option<bool>, seen: &mut (bool, bool)) {
    match side {
        Some(true) => seen.0 = true,
        Some(false) => seen.1 = true,
        None => {}
    }
}

/// From one moment to another of the same type; None for dates.
fn elapsed(from: &Literal, to: &Literal) -> Option<SignedDuration> {
    match (from, to) {
        (Literal::Timestamp(a), Literal::Timestamp(b)) => Some(b.duration_since(*a)),
        (Literal::Datetime(a), Literal::Datetime(b)) => Some(b.duration_since(*a)),
        (
            Literal::Null
            | Literal::Boolean(_)
            | Literal::Int(_)
            | Literal::Decimal { .. }
            | Literal::Float(_)
            | Literal::String(_)
            | Literal::Date(_)
            | Literal::Timestamp(_)
            | Literal::Datetime(_)
            | Literal::Array(_),
            _,
        ) => None,
    }
}

fn before(a: &Literal, b: &Literal) -> bool {
    crate::model::calendar::earlier(a, b)
}

/// A row's time and so much more, as a sequence counts.
fn shifted(time: &Literal, duration: Duration, model: &Model) -> Option<Literal> {
    let (count, unit) = (i64::from(duration.count), duration.unit);
    match time {
        Literal::Timestamp(t) => {
            shift_instant(*t, count, unit, &model.time_zone).map(Literal::Timestamp)
        }
        Literal::Datetime(t) => shift_datetime(*t, count, unit).map(Literal::Datetime),
        Literal::Date(t) => shift_date(*t, count, unit).map(Literal::Date),
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Int(_)
        | Literal::Decimal { .. }
        | Literal::Float(_)
        | Literal::String(_)
        | Literal::Array(_) => None,
    }
}

/// What rows have shown of edges, by leaf.
pub(super) type Seen = BTreeMap<(usize, Place), (bool, bool)>;
