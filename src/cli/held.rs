//! What commands on published tables have in common: the target is open, what it holds is read, and it is this project's.

use super::connect::{self, Connection};
use super::interrupt::{Interrupts, Watched};
use super::policy::policy;
use super::workspace::Parts;
use super::{Ctx, Exit, build};
use crate::build::change::change;
use crate::build::published::check_owner;
use crate::build::read::Reader;
use crate::build::run::{Ended, Silent};
use crate::build::{Policy, Published, Stage};
use crate::engine::{EngineError, Warehouse};
use crate::ir::Selection;
use crate::project::select::Wanted;
use jiff::Timestamp;

/// A target and what is published in it.
pub(super) struct Held<'a> {
    pub(super) parts: Parts<'a>,
    pub(super) policy: Policy,
    pub(super) warehouse: Box<dyn Warehouse>,
    pub(super) published: Published,
    connection: Connection,
}

/// Opens the target, to look or to write. None where something is wrong, which is said.
pub(super) fn hold<'a>(parts: Parts<'a>, now: Timestamp, writes: bool) -> Option<Held<'a>> {
    let mut connection = if writes {
        connect::options(parts.project, parts.target, None)
    } else {
        connect::reading(parts.project, parts.target, None)
    };
    let policy = policy(&parts, &Wanted::default(), Selection::default(), now);
    connection.run_as(&policy.run_id);
    let warehouse = connect::open(&connection, parts.diags)?;
    let reader = Reader::new(parts.model, &policy, parts.dialect);
    let read = (warehouse.session()).and_then(|mut engine| reader.published(engine.as_mut()));
    match read {
        Ok(published) => {
            if let Some(state) = &published.state {
                check_owner(parts.model, &policy, state, parts.diags);
            }
            let held = Held {
                parts,
                policy,
                warehouse,
                published,
                connection,
            };
            (!held.parts.diags.has_errors()).then_some(held)
        }
        Err(error) => {
            parts.diags.push(connect::refused(&connection, &error));
            None
        }
    }
}

impl Held<'_> {
    /// The diagnostic of an answer that did not come.
    pub(super) fn refused(&mut self, error: &EngineError) {
        self.parts
            .diags
            .push(connect::refused(&self.connection, error));
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader::new(self.parts.model, &self.policy, self.parts.dialect)
    }

    /// Walks the stages of a change; None where the target could not be reached, which is said.
    pub(super) fn change(&mut self, stages: &[Stage], interrupts: &Interrupts) -> Option<Ended> {
        let watched = Watched {
            inner: &Silent,
            interrupts,
        };
        let walked = change(
            stages,
            &self.reader(),
            &self.published,
            &mut || self.warehouse.session(),
            &watched,
        );
        walked.map_err(|error| self.refused(&error)).ok()
    }

    /// In words, for a schema in which nothing was ever published.
    pub(super) fn nothing(&self) -> String {
        format!(
            "nothing is published in schema `{}` of target `{}`",
            self.policy.schema, self.policy.target
        )
    }
}

/// Says how a change ended, and with which status.
pub(super) fn ended(ended: &Ended, said: &str, ctx: &Ctx) -> Exit {
    if let Ended::Published { epoch } = ended {
        ctx.ui.status(&format!("{said} (epoch {epoch})"));
    } else {
        build::unpublished(ended, ctx);
    }
    build::exit_of(ended)
}
