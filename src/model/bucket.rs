//! Buckets of keys: a sticky random share of an entity's rows, by `hash_bucket` of the key. Made for the arms of splits, and
//! read again by `words`.

use super::{Atom, Col, Entity, EntityExpr};
use crate::diag::codes::model::KEY_NOT_HASHED;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{Expr, ExprKind, Func, Literal, Type};
use crate::source::{At, Span};
use crate::spec::Share;

/// Whose bucket is one of `first..first + share`; of all buckets, it is nobody's business who is in which.
pub(super) fn within(
    entity: &Entity,
    salt: &str,
    first: u32,
    share: Share,
    span: Span,
    diags: &mut Diagnostics,
) -> Option<EntityExpr> {
    if !matches!(entity.key_type, Type::Int | Type::String | Type::Null) {
        diags.push(
            Diagnostic::error(
                &KEY_NOT_HASHED,
                format!(
                    "keys of `{}` cannot be drawn by lot: they are of type {}",
                    entity.name, entity.key_type
                ),
            )
            .at(span, "a lot depends on the key's text")
            .at(entity.key_span, "the key")
            .help("give the entity a key of type int or string"),
        );
        return None;
    }
    let at = At(span);
    let int = |n: u32| Expr::literal(Literal::Int(i64::from(n)), Type::Int, at);
    let salt = Expr::literal(Literal::String(salt.to_owned()), Type::String, at);
    let bucket = Expr::call(
        Func::HashBucket,
        vec![key(entity, at), int(Share::WHOLE), salt],
        Type::Int,
        at,
    );
    let args = vec![bucket, int(first), int(first + share.parts() - 1)];
    Some(Expr::call(Func::Between, args, Type::Boolean, at))
}

/// An entity's key as a value.
pub(super) fn key(entity: &Entity, at: At) -> EntityExpr {
    let key = Atom::Column(Col {
        slot: 0,
        name: entity.key.clone(),
    });
    Expr::new(ExprKind::Column(key), entity.key_type.clone(), at)
}

/// What [`within`] has made, as people say it.
pub(super) fn words(expr: &EntityExpr) -> Option<String> {
    let ExprKind::Call(Func::Between, args) = &expr.kind else {
        return None;
    };
    let [bucket, low, high] = args.as_slice() else {
        return None;
    };
    let (ExprKind::Literal(Literal::Int(low)), ExprKind::Literal(Literal::Int(high))) =
        (&low.kind, &high.kind)
    else {
        return None;
    };
    let ExprKind::Call(Func::HashBucket, args) = &bucket.kind else {
        return None;
    };
    let [_, buckets, salt] = args.as_slice() else {
        return None;
    };
    let (ExprKind::Literal(Literal::Int(buckets)), ExprKind::Literal(Literal::String(salt))) =
        (&buckets.kind, &salt.kind)
    else {
        return None;
    };
    (*buckets == i64::from(Share::WHOLE))
        .then(|| format!("drawn by lot with salt '{salt}': buckets {low} to {high} of {buckets}"))
}
