//! All chosen tests of a project: each checked, compiled as of its own instant and with its own vars, run, judged; of every
//! failure, the condition tree that tells why.

use super::cover::Cover;
use super::expect;
use super::given::ReadFixture;
use super::judge::{Failure, judge, key_text};
use super::run::{self, Outcome, Workers};
use super::{
    Context, Prepared, as_of, asked, fixture, held_out, job, not_run, over_given, prepare,
};
use crate::Compiled;
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::Dialect;
use crate::emit::EntityQuery;
use crate::engine::job::{Answer, Job};
use crate::engine::{Rows, Value};
use crate::ir::Selection;
use crate::model::{Catalog, Model, SegmentId, resolve, typing};
use crate::project::{self, Project};
use crate::spec::settings::{self, AsOfSpec};
use crate::spec::test::{SubjectKind, TestSpec};
use crate::spec::{Settings, Spec};
use crate::why::{Depth, Question, text};
use std::collections::BTreeMap;
use std::path::Path;

/// A project, and how its tests are run.
pub struct Suite<'a> {
    pub project: &'a Project,
    /// Columns that are not declared.
    pub catalog: &'a Catalog,
    pub dialect: &'static dyn Dialect,
    /// For tests without an `as_of`: `--as-of`.
    pub as_of: Option<AsOfSpec>,
    /// This program.
    pub program: &'a Path,
    pub threads: usize,
    /// Stop at the first failure.
    pub fail_fast: bool,
}

impl Suite<'_> {
    fn workers(&self) -> Workers<'_> {
        Workers {
            program: self.program,
            count: self.threads,
            limit: run::LIMIT,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Passed,
    /// The expectation does not hold.
    Failed,
    /// There is no answer.
    Error,
    Skipped,
}

/// What came of one test.
#[derive(Clone, Debug)]
pub struct Tested {
    pub name: String,
    pub status: Status,
    pub seconds: f64,
    /// Why it did not pass.
    pub found: Vec<Diagnostic>,
    /// The query that was asked.
    pub sql: Option<String>,
}

/// The project as of one instant with some vars.
struct World {
    model: Model,
    /// The same over the tables of tests.
    over: Model,
    /// With other vars: the spec is read anew.
    own: Option<(Spec, Settings)>,
}

/// A test on its way.
struct Going<'t> {
    test: &'t TestSpec,
    world: usize,
    prepared: Prepared,
    /// Index of what it is compiled to.
    compiled: usize,
}

/// The tests about what is selected, those called by name, and those about what there is not: they fail, and are not left out.
#[must_use]
pub fn about<'t>(
    tests: &'t [TestSpec],
    selection: &Selection,
    names: &[String],
    model: &Model,
) -> Vec<&'t TestSpec> {
    let segments: Vec<&str> = selection
        .segments
        .iter()
        .filter_map(|id| Some(model.segments.get(id.index())?.name.as_str()))
        .collect();
    let traits: Vec<&str> = selection
        .traits
        .iter()
        .filter_map(|id| Some(model.traits.get(id.index())?.name.as_str()))
        .collect();
    let is_about = |test: &TestSpec| {
        test.subject.names.iter().any(|name| {
            let selected = match test.subject.kind {
                SubjectKind::Trait => traits.contains(&name.value.as_str()),
                SubjectKind::Segments => segments.contains(&name.value.as_str()),
                SubjectKind::Group | SubjectKind::Split => segments
                    .iter()
                    .any(|s| s.split_once('.').is_some_and(|(g, _)| g == name.value)),
            };
            selected || !expect::names(test.subject.kind, model).any(|known| known == name.value)
        })
    };
    tests
        .iter()
        .filter(|t| names.contains(&t.name.value) || is_about(t))
        .collect()
}

/// Runs tests; what came of each, in the order given.
#[must_use]
pub fn run(suite: &Suite<'_>, tests: &[&TestSpec]) -> Vec<Tested> {
    let mut pass = Pass::new(suite);
    let mut tested = Vec::new();
    let mut going = Vec::new();
    let mut jobs = Vec::new();
    let mut places = Vec::new();
    for (n, test) in tests.iter().enumerate() {
        let mut diags = Diagnostics::default();
        let made = pass.make(test, &mut diags);
        let sql = made.as_ref().map(|(_, job)| job.query.clone());
        tested.push(Tested {
            name: test.name.value.clone(),
            status: if made.is_some() {
                Status::Skipped
            } else {
                Status::Error
            },
            seconds: 0.0,
            found: diags.iter().cloned().collect(),
            sql,
        });
        if let Some((one, job)) = made {
            going.push(one);
            jobs.push(job);
            places.push(n);
        }
    }
    let stop = suite.fail_fast && tested.iter().any(|t| t.status == Status::Error);
    let outcomes = if stop {
        Vec::new()
    } else {
        run::run(suite.workers(), &jobs, &|n, outcome| {
            let fine = going.get(n).is_none_or(|one| {
                let (status, ..) = pass.judged(one, outcome);
                status == Status::Passed
            });
            fine || !suite.fail_fast
        })
    };
    let mut failures = Vec::new();
    for ((one, place), outcome) in going.iter().zip(&places).zip(&outcomes) {
        let (status, found, seconds) = pass.judged(one, outcome);
        if let Some(result) = tested.get_mut(*place) {
            result.status = status;
            result.seconds = seconds;
        }
        failures.extend(found.into_iter().map(|failure| (*place, one, failure)));
    }
    for (place, diagnostic) in pass.explained(failures) {
        if let Some(result) = tested.get_mut(place) {
            result.found.push(diagnostic);
        }
    }
    tested
}

/// Warns of everything about the selected segments that no test distinguishes; see `cover`.
pub fn cover(
    suite: &Suite<'_>,
    tests: &[&TestSpec],
    selected: &[SegmentId],
    model: &Model,
    diags: &mut Diagnostics,
) {
    let mut pass = Pass::new(suite);
    let mut asked = Vec::new();
    let mut jobs = Vec::new();
    for test in tests {
        // What is wrong with a test was said when it was run.
        let Some((one, _)) = pass.make(test, &mut Diagnostics::default()) else {
            continue;
        };
        for segment in one.prepared.expected.segments.clone() {
            if let Some((question, job)) = pass.question(&one, segment, Depth::Truth) {
                jobs.push(job);
                asked.push((segment, question, one.prepared.clone()));
            }
        }
    }
    let outcomes = run::run(suite.workers(), &jobs, &|_, _| true);
    let mut cover = Cover::default();
    for ((segment, question, prepared), outcome) in asked.iter().zip(&outcomes) {
        if let Outcome::Reply(reply) = outcome
            && let Answer::Rows(rows) = &reply.answer
        {
            cover.take(*segment, question, rows, prepared);
        }
    }
    cover.report(selected, model, diags);
}

/// Checks tests against the project without running them.
pub fn check(suite: &Suite<'_>, tests: &[&TestSpec], diags: &mut Diagnostics) {
    let mut pass = Pass::new(suite);
    for test in tests {
        pass.prepared(test, diags);
    }
}

struct Pass<'a> {
    suite: &'a Suite<'a>,
    worlds: Vec<World>,
    by_key: BTreeMap<String, Option<usize>>,
    compiled: Vec<Compiled>,
    by_selection: BTreeMap<String, usize>,
}

impl<'a> Pass<'a> {
    fn new(suite: &'a Suite<'a>) -> Self {
        Self {
            suite,
            worlds: Vec::new(),
            by_key: BTreeMap::new(),
            compiled: Vec::new(),
            by_selection: BTreeMap::new(),
        }
    }

    fn prepared(&mut self, test: &TestSpec, diags: &mut Diagnostics) -> Option<(usize, Prepared)> {
        let n = self.world(test, diags)?;
        let world = self.worlds.get(n)?;
        let root = &self.suite.project.root;
        let read: &mut ReadFixture<'_> = &mut |path, columns, diags| {
            fixture::read(root, path, columns, self.suite.dialect, diags)
        };
        let cx = Context {
            model: &world.model,
            spec: world
                .own
                .as_ref()
                .map_or(&self.suite.project.spec, |(spec, _)| spec),
        };
        Some((n, prepare(test, &cx, read, diags)?))
    }

    fn make<'t>(
        &mut self,
        test: &'t TestSpec,
        diags: &mut Diagnostics,
    ) -> Option<(Going<'t>, Job)> {
        let (world, prepared) = self.prepared(test, diags)?;
        let over = &self.worlds.get(world)?.over;
        let selection = prepared.selection();
        let key = format!("{world} {selection:?}");
        let compiled = match self.by_selection.get(&key) {
            Some(n) => *n,
            None => {
                let dialect = self.suite.dialect;
                let compiled = crate::compile(over, &selection, dialect, &mut |_, _| {}, diags);
                if diags.has_errors() {
                    return None;
                }
                self.compiled.push(compiled);
                self.by_selection.insert(key, self.compiled.len() - 1);
                self.compiled.len() - 1
            }
        };
        let job = job(
            &prepared,
            over,
            self.compiled.get(compiled)?,
            self.suite.dialect,
        )?;
        let going = Going {
            test,
            world,
            prepared,
            compiled,
        };
        Some((going, job))
    }

    /// The project at the test's instant, resolved once for all tests of it.
    fn world(&mut self, test: &TestSpec, diags: &mut Diagnostics) -> Option<usize> {
        let project = self.suite.project;
        let zone = settings::zone(&project.settings.time_zone.value)?;
        let as_of = as_of(
            test,
            &project.settings,
            self.suite.as_of.as_ref(),
            &zone,
            diags,
        )?;
        let held_out: Vec<_> = (test.held_out.iter())
            .flat_map(|(keys, _)| keys.iter().map(|key| &key.kind))
            .collect();
        let key = format!("{as_of} {:?} {held_out:?}", test.vars);
        if let Some(known) = self.by_key.get(&key) {
            if known.is_none() {
                diags.push(not_run(
                    test,
                    "the project cannot be resolved as of its instant",
                ));
            }
            return *known;
        }
        let own = (!test.vars.is_empty()).then(|| project.with_vars(&test.vars, diags));
        let (spec, settings) = own
            .as_ref()
            .map_or((&project.spec, &project.settings), |(a, b)| (a, b));
        let facts = typing::Context {
            as_of,
            time_zone: zone,
            week_start: settings.week_start,
            vars: project::vars(settings),
        };
        let mut found = Diagnostics::default();
        let mut model = resolve::resolve(spec, settings, self.suite.catalog, &facts, &mut found);
        if found.has_errors() {
            diags.extend(found);
            self.by_key.insert(key, None);
            return None;
        }
        held_out::put(test, &mut model);
        let over = over_given(model.clone());
        self.worlds.push(World { model, over, own });
        let n = self.worlds.len() - 1;
        self.by_key.insert(key, Some(n));
        Some(n)
    }

    fn query(&self, one: &Going<'_>) -> Option<&EntityQuery> {
        self.compiled.get(one.compiled)?.queries.first()
    }

    fn judged(&self, one: &Going<'_>, outcome: &Outcome) -> (Status, Vec<Failure>, f64) {
        let error = |why: &str, seconds| {
            let failure = Failure {
                diagnostic: not_run(one.test, why),
                why: None,
            };
            (Status::Error, vec![failure], seconds)
        };
        let reply = match outcome {
            Outcome::Skipped => return (Status::Skipped, Vec::new(), 0.0),
            Outcome::Lost(why) => return error(why, 0.0),
            Outcome::Reply(reply) => reply,
        };
        let rows: &Rows = match &reply.answer {
            Answer::Rows(rows) => rows,
            Answer::Broken(why) | Answer::Failed(why) => return error(why, reply.seconds),
        };
        let (Some(world), Some(query)) = (self.worlds.get(one.world), self.query(one)) else {
            return error("it has no query", reply.seconds);
        };
        let failures = judge(&one.prepared.expected, &world.over, query, rows);
        let status = if failures.is_empty() {
            Status::Passed
        } else {
            Status::Failed
        };
        (status, failures, reply.seconds)
    }

    /// The diagnostics of failures, with the tree of every wrong key.
    fn explained(&self, failures: Vec<(usize, &Going<'_>, Failure)>) -> Vec<(usize, Diagnostic)> {
        let mut questions: BTreeMap<(usize, SegmentId), (Question, Job)> = BTreeMap::new();
        for (place, one, failure) in &failures {
            if let Some((segment, _)) = &failure.why
                && !questions.contains_key(&(*place, *segment))
                && let Some(asked) = self.question(one, *segment, Depth::Rows)
            {
                questions.insert((*place, *segment), asked);
            }
        }
        let jobs: Vec<Job> = questions.values().map(|(_, job)| job.clone()).collect();
        let outcomes = run::run(self.suite.workers(), &jobs, &|_, _| true);
        let mut trees: BTreeMap<(usize, SegmentId, String), String> = BTreeMap::new();
        for (((place, segment), (question, _)), outcome) in questions.iter().zip(&outcomes) {
            let Outcome::Reply(reply) = outcome else {
                continue;
            };
            let Answer::Rows(rows) = &reply.answer else {
                continue;
            };
            for (key, tree) in shown(question, &rows.rows) {
                trees.insert((*place, *segment, key), tree);
            }
        }
        failures
            .into_iter()
            .map(|(place, _, failure)| {
                let tree = failure
                    .why
                    .and_then(|(segment, key)| trees.remove(&(place, segment, key)));
                let diagnostic = match tree {
                    Some(tree) => failure.diagnostic.note(tree),
                    None => failure.diagnostic,
                };
                (place, diagnostic)
            })
            .collect()
    }

    fn question(
        &self,
        one: &Going<'_>,
        segment: SegmentId,
        depth: Depth,
    ) -> Option<(Question, Job)> {
        let world = self.worlds.get(one.world)?;
        let question = Question::new(&world.over, segment, depth)?;
        let query = question.query(None, self.suite.dialect, &mut Diagnostics::default())?;
        let job = asked(
            &one.prepared,
            &world.over,
            &query,
            Vec::new(),
            self.suite.dialect,
        );
        Some((question, job))
    }
}

/// The tree of every row, by key.
fn shown(question: &Question, rows: &[Vec<Value>]) -> Vec<(String, String)> {
    let segment = question.segment();
    let entities = &question.model().entities;
    let Some(entity) = entities.get(segment.entity.index()) else {
        return Vec::new();
    };
    rows.iter()
        .map(|row| {
            let answered = question.answered(row);
            let key = key_text(answered.key(), &entity.key_type);
            let look = text::Look::default();
            let mut tree = format!(
                "`{}` for {} {key}:\n{}",
                segment.name,
                entity.name,
                text::tree(&answered, look).trim_end()
            );
            if answered.suppressed() {
                tree.push_str("\nsuppressed, as");
                for node in question.suppress.iter().filter(|n| answered.holds(n)) {
                    tree.push('\n');
                    tree.push_str(text::node_lines(&answered, node, look).trim_end());
                }
            }
            if answered.held_out() {
                tree.push_str("\nheld out");
            }
            (key, tree)
        })
        .collect()
}
