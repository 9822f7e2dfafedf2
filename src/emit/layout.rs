//! Blocks → a statement that people can review: one column a line, long conditions broken at `and` and `or`.

use super::expr::Writer;
use crate::dialect::Binding;
use crate::expr::{ExprKind, Func, Literal};
use crate::ir::block::{Block, BlockExpr, From, Query, Source, Term};
use crate::model::{TableId, TableSource};
use crate::source::At;

/// Longer expressions are broken over lines.
const WIDTH: usize = 96;

/// The whole statement: `with` all blocks but the last, which is the SELECT itself.
///
/// The statements of other entities come first: they, and the queries in them, see no name of this one.
pub(super) fn statement(
    query: &Query,
    others: &[(TableId, String, String)],
    writer: &mut Writer<'_>,
) -> String {
    let mut out = String::new();
    let Some((last, named)) = query.blocks.split_last() else {
        return out;
    };
    let mut expressions: Vec<String> = others
        .iter()
        .map(|(_, name, text)| {
            // As it is: an indent would get into texts of several lines.
            let name = writer.dialect.identifier(name);
            format!("-- what is asked of another entity\n{name} as (\n{text}\n)")
        })
        .collect();
    expressions.extend(sources(query, writer));
    for block in named {
        let mut text = String::new();
        for line in &block.comment {
            text.push_str(&format!("-- {line}\n"));
        }
        text.push_str(&writer.dialect.identifier(&block.name));
        text.push_str(" as (\n");
        select(block, 4, writer, &mut text);
        text.push_str("\n)");
        expressions.push(text);
    }
    if !expressions.is_empty() {
        out.push_str(&format!("with\n{}\n\n", expressions.join(",\n\n")));
    }
    select(last, 0, writer, &mut out);
    out
}

/// A common table expression for every query that is a source, so that its text stands once, however many scans read it.
///
/// They come first: a user's query must not see our names. One that it mentions itself is not taken.
fn sources(query: &Query, writer: &mut Writer<'_>) -> Vec<String> {
    let read: Vec<(TableId, &str)> = query
        .blocks
        .iter()
        .flat_map(|b| std::iter::once(b).chain(&b.also))
        .flat_map(|b| b.from.iter().chain(b.joins.iter().map(|j| &j.to)))
        .filter_map(|from| match &from.source {
            Source::Table(id) => Some((*id, from.alias.as_str())),
            Source::Block(_) => None,
        })
        .collect();
    let texts: Vec<(TableId, &str, String)> = read
        .into_iter()
        .filter_map(|(id, alias)| {
            let table = writer.model.tables.get(id.index())?;
            match &table.source {
                TableSource::Query(_) => Some((id, alias, writer.dialect.table(table)?)),
                TableSource::Named(_)
                | TableSource::File { .. }
                | TableSource::History { .. }
                | TableSource::Members(_) => None,
            }
        })
        .collect();
    let mut out = Vec::new();
    for (id, alias, text) in &texts {
        if writer.sources.contains_key(id) {
            continue;
        }
        let mut name = format!("{alias}_source");
        while writer.sources.values().any(|taken| *taken == name)
            || query.blocks.iter().any(|b| b.name == name)
            || texts
                .iter()
                .any(|(_, _, t)| t.to_lowercase().contains(&name))
        {
            name.push('_');
        }
        out.push(format!(
            "-- the query behind {alias}\n{} as {text}",
            writer.dialect.identifier(&name)
        ));
        writer.sources.insert(*id, name);
    }
    out
}

fn pad(indent: usize) -> String {
    " ".repeat(indent)
}

fn select(block: &Block, indent: usize, writer: &mut Writer<'_>, out: &mut String) {
    let (outer, inner) = (pad(indent), pad(indent + 4));
    out.push_str(&format!("{outer}select"));
    let mut columns: Vec<(String, Option<&str>)> = Vec::new();
    if let Some(alias) = &block.all_of {
        columns.push((format!("{}.*", writer.dialect.identifier(alias)), None));
    }
    for column in &block.columns {
        let mut text = lay(&column.value, indent + 4, writer);
        let same = matches!(
            &column.value.kind,
            ExprKind::Column(Term::Column { name, .. }) if *name == column.name
        );
        if !same {
            text.push_str(" as ");
            text.push_str(&writer.dialect.identifier(&column.name));
        }
        columns.push((text, column.comment.as_deref()));
    }
    let last = columns.len().saturating_sub(1);
    for (n, (text, comment)) in columns.iter().enumerate() {
        let comma = if n < last { "," } else { "" };
        out.push_str(&format!("\n{inner}{text}{comma}"));
        if let Some(comment) = comment {
            out.push_str(&format!(" -- {comment}"));
        }
    }
    if let Some(source) = &block.from {
        out.push_str(&format!("\n{outer}from {}", from(source, writer)));
    }
    for join in &block.joins {
        let kind = if join.left { "left join" } else { "join" };
        let on = writer
            .conjunction(&join.on)
            .unwrap_or_else(|| "true".to_owned());
        out.push_str(&format!(
            "\n{outer}{kind} {} on {on}",
            from(&join.to, writer)
        ));
    }
    if let [only] = block.filter.as_slice() {
        out.push_str(&format!("\n{outer}where {}", lay(only, indent, writer)));
    } else {
        for (n, condition) in block.filter.iter().enumerate() {
            out.push_str(&if n == 0 {
                format!("\n{outer}where\n{inner}")
            } else {
                format!("\n{inner}and ")
            });
            out.push_str(&part(condition, Binding::Not, indent + 4, writer));
        }
    }
    if block.group_by > 0 {
        // A position where the column is no plain name: a constant there would be taken for one.
        let by: Vec<String> = (1..)
            .zip(block.columns.iter().take(block.group_by))
            .map(|(n, c): (usize, _)| match &c.value.kind {
                ExprKind::Column(_) => writer.expr(&c.value).text,
                ExprKind::Literal(_)
                | ExprKind::Call(..)
                | ExprKind::Case { .. }
                | ExprKind::Cast { .. } => n.to_string(),
            })
            .collect();
        out.push_str(&format!("\n{outer}group by {}", by.join(", ")));
    }
    for other in &block.also {
        out.push_str(&format!("\n{outer}union all\n"));
        select(other, indent, writer, out);
    }
}

fn from(from: &From, writer: &mut Writer<'_>) -> String {
    let alias = writer.dialect.identifier(&from.alias);
    match &from.source {
        Source::Block(name) if *name == from.alias => alias,
        Source::Block(name) => format!("{} as {alias}", writer.dialect.identifier(name)),
        Source::Table(id) => {
            if let Some(name) = writer.sources.get(id) {
                return format!("{} as {alias}", writer.dialect.identifier(name));
            }
            let table = writer.model.tables.get(id.index());
            let text = table.and_then(|t| writer.dialect.table(t));
            match (text, table) {
                (Some(text), _) => format!("{text} as {alias}"),
                (None, Some(table)) => writer.cannot_read(At(table.span)).text,
                (None, None) => alias,
            }
        }
    }
}

/// An expression as an operand that must bind at least so tightly.
fn part(e: &BlockExpr, least: Binding, indent: usize, writer: &mut Writer<'_>) -> String {
    let flat = writer.expr(e);
    let text = flat.at(least);
    if text.len() <= WIDTH || !breaks(e) {
        return text;
    }
    if flat.binding < least {
        let (open, close) = (pad(indent + 4), pad(indent));
        format!("(\n{open}{}\n{close})", lay(e, indent + 4, writer))
    } else {
        lay(e, indent, writer)
    }
}

/// Whether [`lay`] knows how to break it.
fn breaks(e: &BlockExpr) -> bool {
    match &e.kind {
        ExprKind::Call(Func::Add, args) => {
            args.iter().all(|a| matches!(a.kind, ExprKind::Case { .. }))
        }
        // A comparison with a sum of cases.
        ExprKind::Call(Func::Eq | Func::Le | Func::Ge | Func::Between, args) => args
            .first()
            .is_some_and(|a| matches!(a.kind, ExprKind::Call(Func::Add, _)) && breaks(a)),
        ExprKind::Call(func, _) => {
            matches!(func, Func::And | Func::Or | Func::Coalesce | Func::Not)
        }
        ExprKind::Case { .. } | ExprKind::Column(Term::Window(_)) => true,
        ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::Cast { .. } => false,
    }
}

/// An expression that begins at column `indent`, broken where it is too long.
fn lay(e: &BlockExpr, indent: usize, writer: &mut Writer<'_>) -> String {
    if !breaks(e) {
        return writer.expr(e).text;
    }
    let flat = writer.expr(e).text;
    if flat.len() <= WIDTH {
        return flat;
    }
    let (open, close) = (pad(indent + 4), pad(indent));
    match &e.kind {
        ExprKind::Call(func @ (Func::And | Func::Or), args) => {
            let (word, tighter) = if *func == Func::And {
                ("and", Binding::Not)
            } else {
                ("or", Binding::And)
            };
            let mut flat = Vec::new();
            flatten(*func, args, &mut flat);
            let parts: Vec<String> = flat
                .iter()
                .map(|a| part(a, tighter, indent, writer))
                .collect();
            parts.join(&format!("\n{close}{word} "))
        }
        ExprKind::Call(Func::Add, args) => {
            let parts: Vec<String> = args.iter().map(|a| writer.expr(a).text).collect();
            parts.join(&format!("\n{close}+ "))
        }
        ExprKind::Call(Func::Eq | Func::Le | Func::Ge | Func::Between, args) => {
            let Some(sum) = args.first() else {
                return flat;
            };
            match flat.strip_prefix(&writer.expr(sum).text) {
                Some(rest) => format!("{}\n{close}{}", lay(sum, indent, writer), rest.trim_start()),
                None => flat,
            }
        }
        ExprKind::Column(Term::Window(window)) => writer.window(window, e, Some(indent)).text,
        ExprKind::Call(Func::Not, args) => match args.as_slice() {
            [of] => format!("not (\n{open}{}\n{close})", lay(of, indent + 4, writer)),
            _ => flat,
        },
        ExprKind::Call(Func::Coalesce, args) => {
            let args: Vec<String> = args.iter().map(|a| lay(a, indent + 4, writer)).collect();
            format!(
                "coalesce(\n{open}{}\n{close})",
                args.join(&format!(",\n{open}"))
            )
        }
        ExprKind::Case { whens, otherwise } => {
            let mut text = "case".to_owned();
            for (when, then) in whens {
                let (when, flat) = (lay(when, indent + 8, writer), writer.expr(then).text);
                let then = if flat.len() <= WIDTH {
                    format!(" {flat}")
                } else {
                    format!("\n{open}    {}", lay(then, indent + 8, writer))
                };
                text.push_str(&format!("\n{open}when {when} then{then}"));
            }
            if otherwise.kind != ExprKind::Literal(Literal::Null) {
                text.push_str(&format!("\n{open}else {}", writer.expr(otherwise).text));
            }
            format!("{text}\n{close}end")
        }
        ExprKind::Call(..) | ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::Cast { .. } => {
            flat
        }
    }
}

fn flatten<'e>(func: Func, args: &'e [BlockExpr], out: &mut Vec<&'e BlockExpr>) {
    for arg in args {
        match &arg.kind {
            ExprKind::Call(f, inner) if *f == func => flatten(func, inner, out),
            ExprKind::Call(..)
            | ExprKind::Literal(_)
            | ExprKind::Column(_)
            | ExprKind::Case { .. }
            | ExprKind::Cast { .. } => out.push(arg),
        }
    }
}
