//! Random expressions over names of known kinds, as text.

use super::dice::Dice;
use super::functions;
use super::schema::{Kind, Names, Schema};

const TEXTS: [&str; 6] = ["'a'", "'b'", "'c'", "'A'", "'ab'", "''"];
const UNITS: [&str; 5] = ["day", "week", "month", "quarter", "year"];

/// Where an expression stands: what it may name, and the schema, if it may hold aggregates.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    pub(super) names: &'s Names,
    pub(super) aggregates: Option<&'s Schema>,
    /// Before names that do not have it yet.
    pub(super) prefix: &'s str,
}

impl<'s> Scope<'s> {
    pub(super) fn rows(names: &'s Names) -> Self {
        Self {
            names,
            aggregates: None,
            prefix: "",
        }
    }

    pub(super) fn entity(schema: &'s Schema) -> Self {
        Self {
            names: &schema.names,
            aggregates: Some(schema),
            prefix: "",
        }
    }

    /// A name of some kind that passes.
    pub(super) fn name(
        &self,
        d: &mut Dice,
        wanted: impl Fn(Kind) -> bool,
    ) -> Option<(String, Kind)> {
        let fit: Vec<_> = self.names.iter().filter(|(_, k)| wanted(*k)).collect();
        if fit.is_empty() {
            return None;
        }
        let (name, kind) = fit[d.below(fit.len())];
        let dotted = self.prefix.is_empty() || name.starts_with(self.prefix);
        let name = if dotted {
            name.clone()
        } else {
            format!("{}{name}", self.prefix)
        };
        Some((name, *kind))
    }
}

/// A condition in SQL.
pub(super) fn boolean(d: &mut Dice, scope: Scope<'_>, depth: usize) -> String {
    if depth > 0 && d.percent(45) {
        let left = boolean(d, scope, depth - 1);
        let right = boolean(d, scope, depth - 1);
        return match d.below(7) {
            0 | 1 => format!("({left}) and ({right})"),
            2 | 3 => format!("({left}) or ({right})"),
            4 => format!("not ({left})"),
            5 => format!(
                "({left}) is {}",
                d.pick(&["true", "false", "not true", "not false", "null", "not null"])
            ),
            _ => format!(
                "case when {left} then {right} else {} end",
                d.pick(&["true", "false", "null"])
            ),
        };
    }
    if d.percent(15)
        && let Some(sql) = functions::boolean(d, scope)
    {
        return sql;
    }
    let kind = match d.below(11) {
        0..=3 => return numeric(d, scope, depth),
        4..=6 => Kind::Text,
        7 => Kind::Bool,
        8 | 9 => return calendar(d, scope),
        _ => Kind::Tags,
    };
    let Some((x, _)) = scope.name(d, |k| k == kind) else {
        return numeric(d, scope, depth);
    };
    match kind {
        Kind::Text => textual(d, scope, &x),
        Kind::Bool => d
            .pick(&[
                "{x}",
                "not {x}",
                "{x} is true",
                "{x} is not false",
                "{x} = true",
                "{x} is null",
                "coalesce({x}, false)",
            ])
            .replace("{x}", &x),
        _ => d
            .pick(&[
                "array_contains({x}, 'a')",
                "array_length({x}) > 1",
                "any_in({x}, ['a', 'b'])",
                "all_in({x}, ['a', 'b'])",
                "none_in({x}, ['a', 'c'])",
                "{x} is null",
            ])
            .replace("{x}", &x),
    }
}

fn textual(d: &mut Dice, scope: Scope<'_>, x: &str) -> String {
    let y = scope.name(d, |k| k == Kind::Text).unwrap().0;
    let (a, b) = (d.pick(&TEXTS), d.pick(&TEXTS));
    let pattern = d.pick(&["a%", "%b", "_", "A_", "%", "", "a\\%", "a_%"]);
    match d.below(22) {
        0..=3 => format!("{x} = {a}"),
        4 => format!("{x} <> {a}"),
        5 => format!("{x} in ({a}, {b})"),
        6 => format!("{x} not in ({a}, {b})"),
        7 => format!("{x} not in ({a}, null)"),
        8 => format!("{x} like '{pattern}'"),
        9 => format!("{x} not like '{pattern}'"),
        10 => format!("{x} ilike '{pattern}'"),
        11 => format!("lower({x}) = lower({y})"),
        12 => format!("{x} is not distinct from {y}"),
        13 => format!("{x} < {y}"),
        14 => format!("length({x} || {y}) > {}", d.from(1, 3)),
        15 => format!(
            "{}({x}, {a})",
            d.pick(&["starts_with", "ends_with", "contains"])
        ),
        16 => format!("coalesce({x}, {a}) = {b}"),
        17 => format!("nullif({x}, {a}) is null"),
        18 => format!("{}({x}, 1) = {a}", d.pick(&["left", "right", "substr"])),
        19 => format!("replace({x}, 'a', {a}) = {b}"),
        20 => format!("hash_bucket({x}, 4, 's') < 2"),
        _ => format!("{x} is {}null", d.pick(&["", "not "])),
    }
}

fn numeric(d: &mut Dice, scope: Scope<'_>, depth: usize) -> String {
    let x = number(d, scope, depth);
    let tail = tail(d);
    match d.below(10) {
        0..=5 => format!("{x} {tail}"),
        6 => format!("{x} is {}null", d.pick(&["", "not "])),
        7 => format!("{x} is distinct from {}", number(d, scope, 0)),
        _ => format!(
            "{x} {} {}",
            d.pick(&["<", "<=", "=", ">=", ">", "<>"]),
            number(d, scope, depth)
        ),
    }
}

/// What follows a number in a comparison.
pub(super) fn tail(d: &mut Dice) -> String {
    let n = d.from(-1, 5);
    match d.below(9) {
        0 | 1 => format!(">= {n}"),
        2 => format!("< {n}"),
        3 => format!("= {n}"),
        4 => format!("between {n} and {}", n + 2),
        5 => format!("> {n}.25"),
        6 => format!("in ({n}, {}, null)", n + 1),
        7 => format!("not between {n} and {}.5", n + 1),
        _ => format!("<> {n}"),
    }
}

/// A number, also out of text and dates.
pub(super) fn number(d: &mut Dice, scope: Scope<'_>, depth: usize) -> String {
    if let (Some(schema), true) = (scope.aggregates, d.percent(25)) {
        return aggregate(d, schema);
    }
    if depth > 0 && d.percent(40) {
        let (x, y) = (number(d, scope, depth - 1), number(d, scope, depth - 1));
        return match d.below(11) {
            0 => format!("({x} + {y})"),
            1 => format!("({x} - {y})"),
            2 => format!("({x} * {})", d.from(-2, 3)),
            3 => format!("({x} / {})", d.pick(&["2", "4", "0"])),
            4 => format!("coalesce({x}, {y})"),
            5 => format!("greatest({x}, {y})"),
            6 => format!("least({x}, {y})"),
            7 => format!("if({}, {x}, {y})", boolean(d, scope, 0)),
            8 => format!(
                "case when {} then {x} when {} then {y} end",
                boolean(d, scope, 0),
                boolean(d, scope, 0)
            ),
            9 => format!("{}({x})", d.pick(&["abs", "floor", "ceil", "round"])),
            _ => format!("nullif({x}, {})", d.from(0, 3)),
        };
    }
    if d.percent(15)
        && let Some(sql) = functions::number(d, scope)
    {
        return sql;
    }
    match d.below(10) {
        0 => {
            if let Some((x, _)) = scope.name(d, |k| k == Kind::Text) {
                return d
                    .pick(&["length({x})", "try_cast({x} as int)"])
                    .replace("{x}", &x);
            }
        }
        1 => {
            if let Some((x, _)) = scope.name(d, |k| k == Kind::Int) {
                return d
                    .pick(&["{x} % 2", "mod({x}, 3)", "({x} / 2)"])
                    .replace("{x}", &x);
            }
        }
        2 | 3 => {
            if let Some((x, kind)) = moment(d, scope) {
                return of_moment(d, &x, kind);
            }
        }
        _ => {}
    }
    match scope.name(d, Kind::is_number) {
        Some((x, _)) => x,
        None => d.from(0, 3).to_string(),
    }
}

fn of_moment(d: &mut Dice, x: &str, kind: Kind) -> String {
    let unit = d.pick(&UNITS);
    match d.below(6) {
        0 => format!("age({x})"),
        1 => format!("days_since({x})"),
        2 => {
            let end = d.pick(&[
                "date '2025-11-03'",
                "as_of()",
                "timestamp '2026-01-30 23:30Z'",
            ]);
            format!("date_diff('{unit}', {x}, {end})")
        }
        3 if kind != Kind::Date => format!("hour({x})"),
        _ => format!(
            "{}({x})",
            d.pick(&["year", "quarter", "month", "day", "weekday", "day_of_year"])
        ),
    }
}

/// A date or time: a column, or what an aggregate hands to the entity.
fn moment(d: &mut Dice, scope: Scope<'_>) -> Option<(String, Kind)> {
    if let (Some(schema), true) = (scope.aggregates, d.percent(35)) {
        let relation = d.choose(&schema.relations);
        let own = |(name, kind): &&(String, Kind)| !name.contains('.') && kind.is_moment();
        let columns: Vec<_> = relation.columns.iter().filter(own).collect();
        if !columns.is_empty() {
            let (column, kind) = columns[d.below(columns.len())];
            let aggregate = d.pick(&["min", "max"]);
            return Some((format!("{aggregate}({}.{column})", relation.name), *kind));
        }
    }
    scope.name(d, Kind::is_moment)
}

/// A condition on a date or time.
fn calendar(d: &mut Dice, scope: Scope<'_>) -> String {
    let Some((x, kind)) = moment(d, scope) else {
        return numeric(d, scope, 0);
    };
    let unit = d.pick(&UNITS);
    let count = d.from(1, 3);
    let op = d.pick(&["<", "<=", ">", ">="]);
    let local = match kind {
        Kind::Local => "datetime '2026-01-30 09:00'",
        _ => "timestamp '2025-11-01 00:30'",
    };
    let other = d.pick(&[
        "as_of()",
        "today()",
        "date '2025-12-31'",
        "timestamp '2026-01-30 09:00Z'",
        local,
    ]);
    match d.below(7) {
        0 | 1 => format!("{x} {op} {other}"),
        2 => format!("{x} {op} {other} - interval '{count}' {unit}"),
        3 => format!(
            "date_trunc('{unit}', {x}) = date_trunc('{unit}', today() - interval '{count}' {unit})"
        ),
        4 => format!("cast({x} as date) {op} today() - interval '{count}' {unit}"),
        5 => format!("{x} + interval '{count}' {unit} {op} {other}"),
        _ => format!("is_weekend({x})"),
    }
}

/// `sum(orders.total) filter (where …)`, a number.
pub(super) fn aggregate(d: &mut Dice, schema: &Schema) -> String {
    let relation = d.choose(&schema.relations);
    let names: Names = relation
        .names
        .iter()
        .map(|(name, kind)| {
            let outer = relation
                .parent
                .as_ref()
                .is_some_and(|p| name.starts_with(&format!("{p}.")));
            let name = if outer {
                name.clone()
            } else {
                format!("{}.{name}", relation.name)
            };
            (name, *kind)
        })
        .collect();
    let scope = Scope::rows(&names);
    let own = Names::from_iter(
        names
            .iter()
            .filter(|(n, _)| n.starts_with(&relation.name))
            .cloned(),
    );
    let own = Scope::rows(&own);
    let text = match d.below(6) {
        0 | 1 => format!("count({})", relation.name),
        2 => format!(
            "count(distinct {})",
            own.name(d, Kind::can_order).unwrap().0
        ),
        3 => format!("count({})", own.name(d, Kind::can_order).unwrap().0),
        _ => {
            let column = own.name(d, Kind::is_number).unwrap().0;
            format!("{}({column})", d.pick(&["sum", "sum", "avg", "min", "max"]))
        }
    };
    if d.percent(50) {
        let filter = if let (Some(_), true) = (relation.time, d.percent(40)) {
            calendar(d, scope)
        } else {
            boolean(d, scope, 1)
        };
        format!("{text} filter (where {filter})")
    } else {
        text
    }
}

/// A count or a sum that is exact.
pub(super) fn exact_aggregate(d: &mut Dice, schema: &Schema) -> String {
    let relation = d.choose(&schema.relations);
    let exact = |(name, kind): &&(String, Kind)| {
        !name.contains('.') && matches!(kind, Kind::Int | Kind::Decimal)
    };
    let columns: Vec<_> = relation.columns.iter().filter(exact).collect();
    let name = &relation.name;
    if columns.is_empty() || d.percent(35) {
        return format!("count({name})");
    }
    let (column, _) = columns[d.below(columns.len())];
    let text = format!("{}({name}.{column})", d.pick(&["sum", "sum", "max"]));
    if d.percent(30) {
        format!("{text} filter (where {name}.{column} > 0)")
    } else {
        text
    }
}
