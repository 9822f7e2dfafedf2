//! Sequences: one thing after another (`language.md` §6), content-addressed like measures.
//!
//! A sequence compares the times of its steps, so they are of one type. Durations between rows stay durations here: they are
//! added to each row's own time, by the wall clock of the project's zone from days on.

use super::calendar::{self, in_range, shift_date, shift_datetime, shift_instant};
use super::frame::{RelationInfo, article, joinable};
use super::predicate::{Conditions, leaf};
use super::rows::{require_time, rows};
use super::scope::RowScope;
use super::typing::{self, Context};
use super::{Atom, EntityExpr, EntityId, Predicate, RelationId, RowExpr, SequenceId, Window};
use crate::diag::codes::expr::WINDOW;
use crate::diag::codes::model::{SEQUENCE_SAME, SEQUENCE_TIME};
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{Expr, ExprKind, Literal, Type, Unit};
use crate::snippet::{self, Snippet};
use crate::source::{At, Span, Spanned};
use crate::spec::{Duration, SequenceSpec, StepSpec};
use std::collections::HashMap;

/// Whether rows happened one after another; false on no rows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sequence {
    pub entity: EntityId,
    /// The first happens; at least two.
    pub steps: Vec<Step>,
    /// At most so long from the first matched row to the last.
    pub total: Option<Duration>,
    /// Of all steps' times: Date, Timestamp or Datetime.
    pub time: Type,
    /// The latest moment that has passed at `as_of`: the instant itself, or the last date that counts as past.
    pub passed: Literal,
}

/// One step of a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// `did`; otherwise `did_not`.
    pub did: bool,
    pub relation: RelationId,
    /// As in [`super::Measure::filter`].
    pub filter: Vec<RowExpr>,
    pub window: Window,
    /// What is equal, and not null, in all steps.
    pub same: Option<RowExpr>,
    /// Since the row matched before.
    pub within: Option<Duration>,
}

/// All sequences of a project, each once.
#[derive(Debug, Default)]
pub(super) struct Sequences {
    list: Vec<Sequence>,
    ids: HashMap<Sequence, SequenceId>,
}

impl Sequences {
    pub(super) fn get(&self, id: SequenceId) -> Option<&Sequence> {
        self.list.get(id.index())
    }

    pub(super) fn into_list(self) -> Vec<Sequence> {
        self.list
    }

    fn intern(&mut self, sequence: Sequence, span: Span) -> EntityExpr {
        let next = SequenceId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        let id = match self.ids.get(&sequence) {
            Some(id) => *id,
            None => {
                self.ids.insert(sequence.clone(), next);
                self.list.push(sequence);
                next
            }
        };
        Expr::new(
            ExprKind::Column(Atom::Sequence(id)),
            Type::Boolean,
            At(span),
        )
    }
}

impl Conditions<'_> {
    pub(super) fn sequence(
        &mut self,
        spec: &SequenceSpec,
        span: Span,
        diags: &mut Diagnostics,
    ) -> Option<Predicate> {
        let same = self.same(spec, diags);
        let steps: Vec<Option<Step>> = spec.steps.iter().map(|s| self.step(s, diags)).collect();
        let mut steps = steps.into_iter().collect::<Option<Vec<Step>>>()?;
        for (step, same) in steps.iter_mut().zip(same?) {
            step.same = same;
        }
        let (time, zone) = self.time(spec, &steps, diags)?;
        let total = match &spec.total {
            Some(total) => Some(self.length(total, &time, diags)?),
            None => None,
        };
        for (step, written) in steps.iter_mut().zip(&spec.steps) {
            if let Some(within) = &written.within {
                step.within = Some(self.length(within, &time, diags)?);
            }
        }
        let now = calendar::as_of_bound(&time, &zone, self.ctx);
        // Of days, the last one that has begun.
        let passed = if let Literal::Date(date) = now {
            Literal::Date(shift_date(date, -1, Unit::Day)?)
        } else {
            now
        };
        let sequence = Sequence {
            entity: self.scope.entity,
            steps,
            total,
            time,
            passed,
        };
        Some(leaf(self.scope.measures.sequences.intern(sequence, span)))
    }

    /// Everything about a step but its `same`, and its durations, which wait for the type of time.
    fn step(&self, spec: &StepSpec, diags: &mut Diagnostics) -> Option<Step> {
        let world = self.scope.world;
        let id = world.require_relation(self.scope.entity, &spec.relation, diags)?;
        let set = rows(world, id, &spec.rows, self.ctx, diags);
        if spec.rows.window.is_none() {
            require_time(world, id, "a sequence", spec.relation.span, diags)?;
        }
        let set = set?;
        Some(Step {
            did: spec.did,
            relation: id,
            filter: set.filter,
            window: set.window,
            same: None,
            within: None,
        })
    }

    /// The one type of time of all steps; wall clocks of different zones are two.
    fn time(
        &self,
        spec: &SequenceSpec,
        steps: &[Step],
        diags: &mut Diagnostics,
    ) -> Option<(Type, jiff::tz::TimeZone)> {
        let world = self.scope.world;
        let info = |step: &Step| -> Option<&RelationInfo> { world.relation(step.relation) };
        let first = info(steps.first()?)?;
        let time = first.relation.time.as_ref()?;
        let mut good = true;
        for (step, written) in steps.iter().zip(&spec.steps).skip(1) {
            let other = info(step)?;
            let ty = &other.relation.time.as_ref()?.ty;
            let zones = *ty == Type::Datetime && other.time_zone != first.time_zone;
            if *ty == time.ty && !zones {
                continue;
            }
            good = false;
            let (here, there) = if zones {
                let name = |zone: &jiff::tz::TimeZone| zone.iana_name().unwrap_or("UTC").to_owned();
                (
                    format!("a datetime in {}", name(&other.time_zone)),
                    format!("a datetime in {}", name(&first.time_zone)),
                )
            } else {
                (article(ty), article(&time.ty))
            };
            diags.push(
                Diagnostic::error(
                    &SEQUENCE_TIME,
                    "the steps of a sequence have different kinds of time",
                )
                .at(
                    written.relation.span,
                    format!("the time of `{}` is {here}", other.relation.name),
                )
                .at(
                    spec.steps.first()?.relation.span,
                    format!("the time of `{}` is {there}", first.relation.name),
                )
                .help("bring both to one type in a `table: {sql: \"select …\"}`"),
            );
        }
        good.then(|| (time.ty.clone(), first.time_zone.clone()))
    }

    /// `same:` in the rows of each step's relation, all of one type.
    fn same(&self, spec: &SequenceSpec, diags: &mut Diagnostics) -> Option<Vec<Option<RowExpr>>> {
        let Some(snippet) = &spec.same else {
            return Some(vec![None; spec.steps.len()]);
        };
        let world = self.scope.world;
        let entity = world.entity(self.scope.entity)?;
        let mut known: HashMap<RelationId, Option<RowExpr>> = HashMap::new();
        let mut out = Vec::with_capacity(spec.steps.len());
        for step in &spec.steps {
            // An unknown relation is reported with its step.
            let id = entity.relations.get(&step.relation.value)?;
            let value = known
                .entry(*id)
                .or_insert_with(|| self.same_of(snippet, *id, diags));
            out.push(value.clone());
        }
        let values = out.iter().cloned().collect::<Option<Vec<RowExpr>>>()?;
        let first = values.first()?;
        for (value, step) in values.iter().zip(&spec.steps) {
            // BigQuery's analyzer: "Partitioning by expressions of type FLOAT64 is not allowed".
            let is_float = first.ty == Type::Float && value.ty == Type::Float;
            if joinable(&first.ty, &value.ty) && !is_float {
                continue;
            }
            let message = if first.ty == value.ty {
                format!("`same` cannot be {}", article(&value.ty))
            } else {
                format!(
                    "`same` is {} in one step and {} in another",
                    article(&first.ty),
                    article(&value.ty)
                )
            };
            diags.push(
                Diagnostic::error(&SEQUENCE_SAME, message)
                    .at(
                        snippet.text.span,
                        "expected values of one type that can be compared",
                    )
                    .at(step.relation.span, format!("{} here", article(&value.ty)))
                    .help(if is_float {
                        "floats are seldom equal: cast it, `cast(x as decimal(12,2))`, or name another column"
                    } else {
                        "name a column that all steps have in one type, or cast it"
                    }),
            );
            return None;
        }
        Some(out)
    }

    fn same_of(
        &self,
        snippet: &Snippet,
        relation: RelationId,
        diags: &mut Diagnostics,
    ) -> Option<RowExpr> {
        let ast = snippet::parse(snippet, diags)?;
        let mut scope = RowScope::new(self.scope.world, relation)?;
        typing::check(&ast, &mut scope, self.ctx, diags)
    }

    /// A duration that can be added to the time of every row before `as_of`.
    fn length(
        &self,
        written: &Spanned<Duration>,
        time: &Type,
        diags: &mut Diagnostics,
    ) -> Option<Duration> {
        let Duration { count, unit } = written.value;
        let problem = if *time == Type::Date && unit.is_elapsed() {
            Some((
                format!("a date column has no {}s", unit.name()),
                "count in days or longer: `1 day`",
            ))
        } else if reaches(self.ctx, i64::from(count), unit) {
            None
        } else {
            Some((
                "the duration reaches beyond the year 9999".to_owned(),
                "write a shorter one, or leave it away",
            ))
        };
        match problem {
            None => Some(written.value),
            Some((message, help)) => {
                diags.push(
                    Diagnostic::error(&WINDOW, message)
                        .at(
                            written.span,
                            format!("the time of the steps is {}", article(time)),
                        )
                        .help(help),
                );
                None
            }
        }
    }
}

/// Whether so long after `as_of` is a moment that every warehouse can hold, whatever the type of time.
fn reaches(ctx: &Context, count: i64, unit: Unit) -> bool {
    let local = ctx.time_zone.to_datetime(ctx.as_of);
    shift_instant(ctx.as_of, count, unit, &ctx.time_zone)
        .is_some_and(|at| in_range(&Literal::Timestamp(at)))
        && shift_datetime(local, count, unit).is_some()
}
