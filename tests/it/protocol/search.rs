//! Breadth first through everything that may happen: every state that can be reached is judged, and what is wrong is told by the
//! shortest way there.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::program::{Fault, Protocol};
use super::runs::{Move, World, number};

/// What a search found.
pub(super) struct Found {
    pub(super) states: usize,
    /// What is wrong, after the moves that lead there.
    pub(super) violation: Option<String>,
}

/// Says what is wrong with a state.
type Judge<'a> = dyn Fn(&World) -> Option<String> + 'a;

/// Searches all states of so many runs, or up to the first violation.
pub(super) fn search(protocol: &Protocol, runs: usize, wrong: &Judge<'_>) -> Found {
    let first = World::new(runs);
    let mut known: HashMap<World, u32> = HashMap::from([(first.clone(), 0)]);
    // How each state was come to: from which, and what happened to whom.
    let mut came: Vec<Option<(u32, usize, Move)>> = vec![None];
    let mut level = vec![(first, 0)];
    while !level.is_empty() {
        let mut next_level = Vec::new();
        for (world, id) in level {
            for (n, what, next) in world.next(protocol) {
                if known.contains_key(&next) {
                    continue;
                }
                let next_id = u32::try_from(came.len()).unwrap();
                came.push(Some((id, n, what)));
                if let Some(wrong) = wrong(&next) {
                    let told = told(protocol, runs, &came, next_id);
                    return Found {
                        states: came.len(),
                        violation: Some(format!("{told}  {wrong}\n")),
                    };
                }
                known.insert(next.clone(), next_id);
                next_level.push((next, next_id));
            }
        }
        level = next_level;
    }
    Found {
        states: came.len(),
        violation: None,
    }
}

/// The way to a state, a line a move.
fn told(protocol: &Protocol, runs: usize, came: &[Option<(u32, usize, Move)>], id: u32) -> String {
    let mut moves = Vec::new();
    let mut id = id;
    while let Some((before, n, what)) = came[id as usize] {
        moves.push((n, what));
        id = before;
    }
    let mut text = String::new();
    let mut world = World::new(runs);
    for (n, what) in moves.into_iter().rev() {
        let step = world.step(protocol, n);
        let run = number(n);
        let step = step.words();
        let words = match what {
            Move::Start => format!("run {run} reads the epoch"),
            Move::Step => format!("run {run}: {step}"),
            Move::LoseRequest => format!("run {run}: {step}, and the request is lost"),
            Move::LoseAnswer => format!("run {run}: {step}, and the answer is lost"),
            Move::Hurry => {
                format!("run {run}: {step} is under way, and its client waits no longer")
            }
            Move::Kill => format!("run {run} is killed"),
            Move::LetGo => format!("the warehouse lets go of run {run}"),
            Move::Ask => format!("run {run} reads the ledger"),
        };
        writeln!(text, "  {words}").unwrap();
        let next = world.next(protocol).into_iter();
        (world) = next
            .filter(|(m, w, _)| (*m, *w) == (n, what))
            .map(|(.., next)| next)
            .next()
            .unwrap();
    }
    text
}

/// What was searched, in words.
pub(super) fn words(fault: Fault) -> &'static str {
    match fault {
        Fault::None => "as it is built",
        Fault::NoFence => "without the fence",
        Fault::FenceLast => "the fence last",
        Fault::FenceWithoutEpoch => "the fence without its epoch",
        Fault::NoTransaction => "without the transaction",
        Fault::CommitBelieved => "COMMIT's answer believed",
        Fault::CommitNotAwaited => "COMMIT not awaited",
        Fault::DefinitionsCommit => "tables made within the transaction, where that commits",
    }
}
