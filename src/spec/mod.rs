//! A project as its author wrote it (`language.md` §2–§7): every name a string with a place, nothing resolved.
//!
//! [`read`] decodes the YAML trees; each file beside this one decodes one kind of item.

mod across;
mod allow;
mod anniversary;
pub mod condition;
mod copies;
mod entity;
pub mod env;
mod function;
mod guards;
pub mod habit;
mod holdout;
mod item;
pub mod keys;
mod list;
mod names;
mod native;
pub mod population;
mod segment;
pub mod sequence;
pub mod settings;
mod share;
mod split;
pub mod stay;
mod suppress;
mod table;
pub mod test;
mod upkeep;
mod window;

use crate::diag::{CopyOf, Diagnostics};
use crate::snippet::Snippet;
use crate::source::{Span, Spanned};
use crate::yaml::decode::{Fields, Reader, Vars};
use crate::yaml::form::Form;
use crate::yaml::{Node, NodeKind};
pub use across::Across;
pub use allow::AllowSpec;
pub use anniversary::AnniversarySpec;
pub use condition::{Condition, ConditionKind, Duration, Rows, WindowSpec};
pub use guards::Guards;
pub use habit::{Habit, HabitKind};
pub use holdout::HoldoutSpec;
pub use population::PopulationSpec;
pub use segment::Audience;
pub use sequence::{SequenceSpec, StepSpec};
pub use settings::{DbtSpec, Settings};
pub use share::Share;
pub use stay::{Length, Stay};
pub use upkeep::{SizeSpec, UpkeepSpec};

pub type Name = Spanned<String>;

/// Everything in a project's spec files, in the order of files and lines.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    pub entities: Vec<EntitySpec>,
    pub traits: Vec<TraitSpec>,
    pub segments: Vec<SegmentSpec>,
    pub groups: Vec<GroupSpec>,
    pub splits: Vec<SplitSpec>,
    pub lists: Vec<ListSpec>,
    pub tests: Vec<test::TestSpec>,
    /// Items that could not be read, which their diagnostics say: a reference to one is not unknown.
    pub broken: Vec<Name>,
}

/// What any item may carry.
#[derive(Clone, Debug)]
pub struct Item {
    pub name: Name,
    pub description: Option<Spanned<String>>,
    pub owner: Option<Spanned<String>>,
    pub tags: Vec<Spanned<String>>,
    /// `meta:` as canonical JSON text.
    pub meta: Option<String>,
    /// Lints that are silent here.
    pub allow: Vec<AllowSpec>,
    /// The whole item.
    pub span: Span,
    /// The item as canonical JSON (keys sorted, words for people such as `description`, `title`, `owner`, `tags`,
    /// `meta`, `action`, `kpi` left out): what `definition_hash` is made of.
    pub canonical: String,
    /// Which copy it is, where `for_each` repeats it.
    pub copy: Option<CopyOf>,
}

/// `table:` of anything.
#[derive(Clone, Debug)]
pub enum TableSpec {
    /// `ref('x')`
    Ref(Spanned<String>),
    /// `source('group', 'table')`
    Source(Spanned<String>, Spanned<String>),
    /// `a.b.c`
    Named(Spanned<Vec<String>>),
    /// `file('data/x.parquet')`: relative to the project folder.
    File(Spanned<String>),
    /// `{sql: "select …"}`
    Query(Snippet),
}

/// `on:`: pairs of (name on the parent's side, name on this side).
#[derive(Clone, Debug)]
pub struct OnSpec {
    pub pairs: Vec<(Name, Name)>,
    pub span: Span,
}

/// `columns: {name: type}`; the type as written.
pub type ColumnSpecs = Vec<(Name, Spanned<String>)>;

#[derive(Clone, Debug)]
pub struct EntitySpec {
    pub item: Item,
    pub table: TableSpec,
    pub key: Name,
    pub columns: ColumnSpecs,
    /// Conditions on the entity: who meets one is in no segment.
    pub suppress: Vec<Condition>,
    /// Sources of keys: whom one of them names is in no segment.
    pub suppressors: Vec<SuppressorSpec>,
    /// A versioned table: the row as of `as_of` counts.
    pub valid: Option<ValidSpec>,
    /// Channel → SQL boolean.
    pub channels: Vec<(Name, Snippet)>,
    pub lookups: Vec<LookupSpec>,
    pub relations: Vec<RelationSpec>,
}

/// `valid:`: a row holds from … to, the end excluded.
#[derive(Clone, Debug)]
pub struct ValidSpec {
    pub from: Name,
    pub to: Name,
    /// How datetimes are read; None is as the project reads them.
    pub time_zone: Option<Spanned<String>>,
}

/// A source of keys under `suppress:`.
#[derive(Clone, Debug)]
pub struct SuppressorSpec {
    pub name: Name,
    pub table: TableSpec,
    pub key: Name,
    pub columns: ColumnSpecs,
    pub filter: Vec<Snippet>,
    pub time: Option<Name>,
    pub fresh_within: Option<Spanned<Duration>>,
    pub min_rows: Option<Spanned<u32>>,
    pub max_shrink: Option<Spanned<Share>>,
    /// Its name.
    pub span: Span,
}

/// Static keys from a file.
#[derive(Clone, Debug)]
pub struct ListSpec {
    pub item: Item,
    pub entity: Option<Name>,
    /// A file.
    pub file: TableSpec,
    pub key: Name,
}

#[derive(Clone, Debug)]
pub struct LookupSpec {
    pub name: Name,
    pub table: TableSpec,
    pub on: OnSpec,
    pub columns: ColumnSpecs,
    pub lookups: Vec<Self>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct RelationSpec {
    pub name: Name,
    pub table: TableSpec,
    /// The parent relation of a child.
    pub via: Option<Name>,
    pub on: OnSpec,
    /// Tie-break and key of child relations.
    pub key: Vec<Name>,
    pub time: Option<Name>,
    /// How `datetime` columns of this relation are read; default the project's.
    pub time_zone: Option<Spanned<String>>,
    pub filter: Vec<Snippet>,
    /// The other entity that each row points to.
    pub across: Option<AcrossSpec>,
    /// Whether rows are known before their time comes; and where that is written.
    pub future: Spanned<bool>,
    /// How far back its rows go.
    pub kept_for: Option<Spanned<Duration>>,
    pub columns: ColumnSpecs,
    pub lookups: Vec<LookupSpec>,
    pub span: Span,
    /// As in [`Item::canonical`].
    pub canonical: String,
}

/// `entity: account`, `to: account_id`
#[derive(Clone, Debug)]
pub struct AcrossSpec {
    pub entity: Name,
    /// The column that holds the other entity's key; default the one named like it.
    pub to: Option<Name>,
}

#[derive(Clone, Debug)]
pub struct TraitSpec {
    pub item: Item,
    pub entity: Option<Name>,
    pub value: TraitValue,
    /// A SQL literal.
    pub default: Option<Snippet>,
}

/// `sql: {warehouse: "…"}`, `type: boolean`
#[derive(Clone, Debug)]
pub struct NativeSpec {
    /// A warehouse and its expression.
    pub texts: Vec<(Name, Snippet)>,
    pub ty: Option<Spanned<String>>,
    /// The key.
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum TraitValue {
    Aggregate(AggregateSpec),
    Population(PopulationSpec),
    Sql(Snippet),
    Native(NativeSpec),
}

/// `sum: orders.total, where: …, within: …`, in a trait or a condition.
#[derive(Clone, Debug)]
pub struct AggregateSpec {
    pub function: Spanned<AggFunction>,
    /// `orders`, `orders.total`, `items.product.category`: the relation, then what follows it.
    pub target: Vec<Name>,
    pub of: Option<Snippet>,
    pub rows: Rows,
}

/// The aggregates a user may write, sugar included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggFunction {
    Count,
    CountDistinct,
    Sum,
    Avg,
    Min,
    Max,
    Median,
    Stddev,
    First,
    Last,
    MostFrequent,
    LeastFrequent,
    Exists,
    DaysSinceFirst,
    DaysSinceLast,
    AvgDaysBetween,
    ListDistinct,
}

#[derive(Clone, Debug)]
pub struct SegmentSpec {
    pub item: Item,
    pub entity: Option<Name>,
    pub title: Option<Spanned<String>>,
    /// A list is `all`.
    pub condition: Condition,
    pub expose: Vec<Name>,
    pub channels: Vec<Name>,
    pub action: Option<Spanned<String>>,
    pub kpi: Option<Spanned<String>>,
    pub suppress: Spanned<bool>,
    pub suppress_reason: Option<Spanned<String>>,
    /// Whether the project's holdout is left out; None where that is not said.
    pub holdout: Option<Spanned<bool>>,
    pub expires_on: Option<Spanned<jiff::civil::Date>>,
    pub enabled: bool,
    pub upkeep: UpkeepSpec,
}

#[derive(Clone, Debug)]
pub struct GroupSpec {
    pub item: Item,
    pub entity: Option<Name>,
    pub title: Option<Spanned<String>>,
    pub cases: Vec<CaseSpec>,
    pub otherwise: Option<Name>,
    pub expose: Vec<Name>,
    pub channels: Vec<Name>,
    pub action: Option<Spanned<String>>,
    pub kpi: Option<Spanned<String>>,
    pub suppress: Spanned<bool>,
    pub suppress_reason: Option<Spanned<String>>,
    /// Whether the project's holdout is left out; None where that is not said.
    pub holdout: Option<Spanned<bool>>,
    pub enabled: bool,
    pub upkeep: UpkeepSpec,
}

/// Arms of a segment, in the order written.
#[derive(Clone, Debug)]
pub struct SplitSpec {
    pub item: Item,
    pub of: Name,
    pub salt: Spanned<String>,
    /// At most 100 % together.
    pub arms: Vec<(Name, Spanned<Share>)>,
    pub audience: Audience,
}

#[derive(Clone, Debug)]
pub struct CaseSpec {
    pub name: Name,
    pub title: Option<Spanned<String>>,
    pub description: Option<Spanned<String>>,
    pub condition: Condition,
    pub span: Span,
}

/// Decodes all spec files of a project. `vars` are those of its settings.
///
/// An item with an error is left out and named in [`Spec::broken`].
pub fn read(files: &[Node], vars: &Vars, diags: &mut Diagnostics) -> Spec {
    let mut spec = Spec::default();
    let mut names = names::Names::default();
    for file in files {
        // A file with nothing in it says nothing.
        if file.kind == NodeKind::Null {
            continue;
        }
        let mut r = Reader::new(diags, vars);
        let Some(f) = r.fields(file, &keys::FILE) else {
            continue;
        };
        let mut broken = Vec::new();
        let mut items = Items {
            r,
            f: &f,
            names: &mut names,
            broken: &mut broken,
        };
        spec.entities
            .extend(items.read("entities", &keys::ENTITY, entity::entity));
        spec.traits
            .extend(items.read("traits", &keys::TRAIT, segment::a_trait));
        spec.segments
            .extend(items.read("segments", &keys::SEGMENT, segment::segment));
        spec.groups
            .extend(items.read("groups", &keys::GROUP, segment::group));
        spec.splits
            .extend(items.read("splits", &keys::SPLIT, split::split));
        spec.lists
            .extend(items.read("lists", &keys::LIST, list::list));
        spec.broken.append(&mut broken);
        let tests = test::tests(&mut Reader::new(diags, vars), &f);
        spec.tests.extend(tests);
    }
    test::unique(&spec.tests, diags);
    names.views(&spec, diags);
    spec
}

/// The items of one file.
struct Items<'a, 'n> {
    r: Reader<'a>,
    f: &'a Fields<'n>,
    names: &'a mut names::Names,
    broken: &'a mut Vec<Name>,
}

/// Reads one item, opened against its form, with its name.
type ReadItem<T> = fn(&mut Reader<'_>, &Fields<'_>, Item) -> Option<T>;

impl Items<'_, '_> {
    fn read<T>(&mut self, list: &str, form: &'static Form, read: ReadItem<T>) -> Vec<T> {
        let Some(node) = self.f.get(list) else {
            return Vec::new();
        };
        // `segments:` with nothing below is a file that someone has begun.
        if node.kind == NodeKind::Null {
            return Vec::new();
        }
        let mut out = Vec::new();
        for node in self.r.list(node, &format!("a list of {list}")) {
            let Some(copies) = copies::copies(&mut self.r, node, form) else {
                self.broken.extend(written_name(node));
                continue;
            };
            let total = copies.len();
            for params in copies {
                let (before, copy) = (self.r.diags.len(), copies::words(&params, total));
                self.r.params = params;
                out.extend(self.one(node, form, read, copy.clone()));
                self.r.params.clear();
                self.r.diags.in_copy(before, copy.as_ref());
            }
        }
        out
    }

    fn one<T>(
        &mut self,
        node: &Node,
        form: &'static Form,
        read: ReadItem<T>,
        copy: Option<CopyOf>,
    ) -> Option<T> {
        let Some(f) = self.r.fields(node, form) else {
            self.broken.extend(written_name(node));
            return None;
        };
        let Some(name) = item::name(&mut self.r, &f) else {
            // Its other mistakes are told as well.
            let nameless = Name::new(String::new(), f.place);
            let item = item::item(&mut self.r, &f, node, nameless, copy);
            read(&mut self.r, &f, item);
            return None;
        };
        self.names.item(&name, form.name, self.r.diags);
        let item = item::item(&mut self.r, &f, node, name.clone(), copy);
        let item = read(&mut self.r, &f, item);
        if item.is_none() {
            self.broken.push(name);
        }
        item
    }
}

/// The name of an item that cannot be read.
fn written_name(node: &Node) -> Option<Name> {
    let name = node.get("name").and_then(Node::scalar_text);
    name.map(|n| Name::new(n, node.span))
}

#[cfg(test)]
mod tests;
