//! What compiling costs, kept: what the benchmarks' projects compile to, figure by figure, and the instructions that compiling
//! takes. Nothing here is timed.

#[allow(dead_code, unreachable_pub, reason = "a benchmark uses more of it")]
#[path = "../../../benches/fused/compile.rs"]
mod compile;
#[allow(unreachable_pub, reason = "a benchmark's")]
#[path = "../../../benches/fused/events.rs"]
mod events;
mod instructions;
#[allow(unreachable_pub, reason = "a benchmark's")]
#[path = "../../../benches/fused/items.rs"]
mod items;
#[path = "../../../benches/compile/project.rs"]
mod many;
#[allow(unreachable_pub, reason = "a benchmark's")]
#[path = "../../../benches/fused/orders.rs"]
mod orders;
#[allow(unreachable_pub, reason = "a benchmark's")]
#[path = "../../../benches/fused/others.rs"]
mod others;
#[allow(unreachable_pub, reason = "a benchmark's")]
#[path = "../../../benches/fused/project.rs"]
mod project;
#[allow(dead_code, unreachable_pub, reason = "a benchmark uses more of it")]
#[path = "../../../benches/fused/segments.rs"]
mod segments;
mod statements;
#[allow(unreachable_pub, reason = "a benchmark's")]
#[path = "../../../benches/fused/words.rs"]
mod words;
