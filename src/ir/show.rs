//! A plan as text for `segc compile --passes`: where every measure is computed, and why there.

use super::names::{ahead, label};
use super::{Answer, Plan, Scan, SequenceScan, Shape, apart, uses};
use crate::model::{Atom, Model, RelationId, words};
use std::collections::{BTreeSet, HashMap};
use std::fmt;

pub(super) struct Shown<'a> {
    pub(super) plan: &'a Plan,
    pub(super) model: &'a Model,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, model } = self;
        let entity = model
            .entities
            .get(plan.entity.index())
            .map_or("", |e| &e.name);
        let measures: usize = plan.scans.iter().map(|s| s.measures.len()).sum();
        writeln!(
            f,
            "entity {entity}: {measures} measures in {} scans",
            plan.scans.len()
        )?;
        let relations: BTreeSet<RelationId> = plan.reads().map(|s| s.relation).collect();
        for id in relations {
            self.counted(f, id, entity)?;
        }
        let users = uses::users(plan, model);
        for (n, rollup) in plan.rollups.iter().enumerate() {
            write!(f, "  rollup {}:", n + 1)?;
            self.scan(f, &rollup.scan)?;
        }
        for scan in &plan.scans {
            write!(f, " ")?;
            self.scan(f, scan)?;
            for id in &scan.measures {
                let name = plan.names.measures.get(id).map_or("", String::as_str);
                write!(f, "    {name}")?;
                if let Some(measure) = model.measures.get(id.index()) {
                    write!(f, " = {}", words::measure(model, measure))?;
                }
                match users.get(&Atom::Measure(*id)) {
                    Some(list) => writeln!(f, "  <- {}", capped(list))?,
                    None => writeln!(f)?,
                }
            }
        }
        for sequence in &plan.sequences {
            self.sequence(f, sequence, &users)?;
        }
        if let Some(apart) = &plan.apart {
            writeln!(
                f,
                "  what ranks compare, apart: {} of {} columns, of {} scan(s)\n    because: ranks read them again, and the other columns \
                 need not be written down for that",
                apart.width(),
                apart::width(plan),
                apart.joins(plan),
            )?;
        }
        for (n, level) in plan.levels.iter().enumerate() {
            let names: Vec<String> = level
                .iter()
                .filter_map(|node| plan.names.nodes.get(node).cloned())
                .collect();
            writeln!(
                f,
                "  level {} (referred to by others): {}",
                n + 1,
                capped(&names)
            )?;
        }
        let of = |wanted: fn(&Answer) -> bool| plan.answers.iter().filter(|a| wanted(a)).count();
        writeln!(
            f,
            "  answer: {} segments, {} traits, {} exposed columns, {} channels",
            of(|a| matches!(a, Answer::Segment(_))),
            of(|a| matches!(a, Answer::Trait(_))),
            of(|a| matches!(a, Answer::Exposed(..))),
            of(|a| matches!(a, Answer::Channel(_))),
        )
    }
}

impl Shown<'_> {
    /// What estimates of a relation's rows rest on, where that was counted.
    fn counted(&self, f: &mut fmt::Formatter<'_>, id: RelationId, entity: &str) -> fmt::Result {
        let Some(rows) = self.model.rows_per_entity(id) else {
            return Ok(());
        };
        let relation = self.model.relations.get(id.index());
        let name = relation.map_or("", |r| &r.name);
        write!(f, "  counted: {name}, {rows:.1} rows for each {entity}")?;
        if let Some((first, last)) = self.model.history(id) {
            write!(f, ", from {first:.0} to {last:.0} days back")?;
        }
        writeln!(f)
    }

    fn sequence(
        &self,
        f: &mut fmt::Formatter<'_>,
        found: &SequenceScan,
        users: &HashMap<Atom, Vec<String>>,
    ) -> fmt::Result {
        for (n, id) in found.ids().enumerate() {
            let name = self.plan.names.sequences.get(&id);
            let what = if n == 0 { "sequence" } else { "  and" };
            write!(f, "  {what} {}", name.map_or("", String::as_str))?;
            match users.get(&Atom::Sequence(id)) {
                Some(list) => writeln!(f, "  <- {}", capped(list))?,
                None => writeln!(f)?,
            }
        }
        writeln!(f, "    because: {}", found.why)?;
        for part in &found.scans {
            let steps: Vec<String> = part.steps.iter().map(|n| (n + 1).to_string()).collect();
            write!(f, "   ")?;
            self.read(f, &part.scan)?;
            writeln!(f, ": steps {}", steps.join(", "))?;
        }
        Ok(())
    }

    fn scan(&self, f: &mut fmt::Formatter<'_>, scan: &Scan) -> fmt::Result {
        self.read(f, scan)?;
        writeln!(f, "\n    because: {}", scan.why)
    }

    /// Which rows a scan reads.
    fn read(&self, f: &mut fmt::Formatter<'_>, scan: &Scan) -> fmt::Result {
        let model = self.model;
        let relation = model.relations.get(scan.relation.index());
        write!(f, " scan {}", relation.map_or("", |r| &r.name))?;
        match scan.shape {
            Shape::Aggregate => {}
            Shape::Distinct => write!(f, ", by value")?,
            Shape::Chosen { last: false, .. } => write!(f, ", the first row")?,
            Shape::Chosen { last: true, .. } => write!(f, ", the last row")?,
            Shape::Ranked { least: false, .. } => write!(f, ", the most frequent value")?,
            Shape::Ranked { least: true, .. } => write!(f, ", the least frequent value")?,
        }
        if let Some(rollup) = scan.over {
            write!(f, ", over rollup {}", rollup + 1)?;
        }
        let (from, until) = (scan.from.as_ref(), scan.until.as_ref());
        if let Some(ahead) = ahead(scan.relation, from, until, model) {
            write!(f, ", {ahead}")?;
        } else {
            if let Some(back) = from.and_then(|l| label(l, model)) {
                write!(f, ", from {back} back")?;
            }
            let until = until.and_then(|l| label(l, model));
            if let Some(back) = until.filter(|back| back != "0h") {
                write!(f, ", until {back} back")?;
            }
        }
        if !scan.all_of.is_empty() {
            write!(f, ", {} condition(s) on every row", scan.all_of.len())?;
        }
        if !scan.any_of.is_empty() {
            write!(f, ", any of {} alternatives", scan.any_of.len())?;
        }
        let slots = relation.map_or(&[][..], |r| r.frame.slots.as_slice());
        let joined: Vec<&str> = scan
            .slots
            .iter()
            .filter(|n| **n > 0)
            .filter_map(|n| slots.get(*n).map(|s| s.name.as_str()))
            .collect();
        if !joined.is_empty() {
            write!(f, ", joined to {}", joined.join(", "))?;
        }
        Ok(())
    }
}

/// At most six names, then how many more.
pub(super) fn capped(names: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    let more = names.len().saturating_sub(SHOWN);
    match more {
        0 => shown.join(", "),
        _ => format!("{} and {more} more", shown.join(", ")),
    }
}
