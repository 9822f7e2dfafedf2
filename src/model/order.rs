//! Orders things so that what they refer to comes first, and finds the circles that make that impossible.
//!
//! Used for traits, segments and groups, and parents of relations. Without recursion: a chain may be as long as a project.

use crate::diag::{Code, Diagnostic};
use crate::source::Span;

/// A circle: each node with the place where it refers to the next; the last refers to the first.
pub(super) type Cycle = Vec<(usize, Span)>;

enum State {
    New,
    /// On the path that is being followed.
    Open,
    Done,
}

/// All nodes, what they refer to before them, otherwise in their own order. `refers` has for each node what it refers to
/// and where. A reference that closes a circle does not count.
pub(super) fn sort(refers: &[Vec<(usize, Span)>]) -> (Vec<usize>, Vec<Cycle>) {
    let mut state: Vec<State> = refers.iter().map(|_| State::New).collect();
    let mut sorted = Vec::with_capacity(refers.len());
    let mut cycles = Vec::new();
    for start in 0..refers.len() {
        if !matches!(state.get(start), Some(State::New)) {
            continue;
        }
        // (node, how many of its references have been followed)
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        set(&mut state, start, State::Open);
        while let Some((node, followed)) = path.last_mut() {
            let node = *node;
            let Some(&(next, _)) = refers.get(node).and_then(|r| r.get(*followed)) else {
                set(&mut state, node, State::Done);
                sorted.push(node);
                path.pop();
                continue;
            };
            *followed += 1;
            match state.get(next) {
                Some(State::New) => {
                    set(&mut state, next, State::Open);
                    path.push((next, 0));
                }
                Some(State::Open) => {
                    let cycle = path
                        .iter()
                        .skip_while(|(n, _)| *n != next)
                        .filter_map(|(n, followed)| {
                            let (_, span) = refers.get(*n)?.get(followed.checked_sub(1)?)?;
                            Some((*n, *span))
                        })
                        .collect();
                    cycles.push(cycle);
                }
                Some(State::Done) | None => {}
            }
        }
    }
    (sorted, cycles)
}

fn set(state: &mut [State], node: usize, to: State) {
    if let Some(slot) = state.get_mut(node) {
        *slot = to;
    }
}

/// The error that prints a circle: `a -> b -> a`, each step with its place.
pub(super) fn diagnostic(
    code: &'static Code,
    what: &str,
    names: &[&str],
    cycle: &Cycle,
) -> Diagnostic {
    let mut circle: Vec<&str> = names.iter().take(12).copied().collect();
    if names.len() > circle.len() {
        circle.push("…");
    }
    circle.extend(names.first());
    let mut diagnostic = Diagnostic::error(
        code,
        format!(
            "{what} refer to each other in a circle: {}",
            circle.join(" -> ")
        ),
    );
    let next = names.iter().cycle().skip(1);
    for (((_, span), name), next) in cycle.iter().zip(names).zip(next).take(12) {
        diagnostic = diagnostic.at(*span, format!("`{name}` refers to `{next}`"));
    }
    diagnostic.help("break the circle at one of these places")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn graph(edges: &[&[usize]]) -> Vec<Vec<(usize, Span)>> {
        edges
            .iter()
            .enumerate()
            .map(|(i, to)| {
                to.iter()
                    .map(|n| (*n, Span::new(FileId(0), i * 10 + n, i * 10 + n)))
                    .collect()
            })
            .collect()
    }

    #[test]
    fn what_is_referred_to_comes_first_and_the_rest_keeps_its_order() {
        let (sorted, cycles) = sort(&graph(&[&[2], &[], &[3], &[]]));
        assert_eq!(sorted, [3, 2, 0, 1]);
        assert!(cycles.is_empty());
    }

    #[test]
    fn a_circle_is_found_once_with_each_step() {
        let (sorted, cycles) = sort(&graph(&[&[1], &[2], &[1]]));
        assert_eq!(sorted.len(), 3);
        assert_eq!(cycles.len(), 1);
        let steps: Vec<_> = cycles[0].iter().map(|(n, s)| (*n, s.start)).collect();
        assert_eq!(steps, [(1, 12), (2, 21)]);
    }

    #[test]
    fn a_very_long_chain_needs_no_stack() {
        let n = 200_000;
        let mut edges: Vec<Vec<(usize, Span)>> = (0..n - 1)
            .map(|i| vec![(i + 1, Span::new(FileId(0), 0, 0))])
            .collect();
        edges.push(Vec::new());
        let (sorted, cycles) = sort(&edges);
        assert_eq!(sorted.first(), Some(&(n - 1)));
        assert!(cycles.is_empty());
    }
}
