//! `segc __worker`: runs jobs that arrive as lines of JSON, in a process that can do nothing else. For `segc test` alone.

use super::{Ctx, Exit};

#[cfg(feature = "duckdb-linked")]
pub(super) fn run(ctx: &Ctx) -> Result<Exit, Exit> {
    use crate::engine::job::Job;
    use crate::engine::sandbox::{Sandbox, confine};
    use std::io::BufRead as _;
    let refuse = |why: &str| {
        ctx.ui.problem(why);
        Exit::CouldNotRun
    };
    confine().map_err(|e| refuse(&e))?;
    let mut sandbox = Sandbox::open().map_err(|e| refuse(&e.message))?;
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let job: Job = serde_json::from_str(&line).map_err(|e| refuse(&e.to_string()))?;
        let mut reply =
            serde_json::to_string(&sandbox.run(&job)).map_err(|e| refuse(&e.to_string()))?;
        reply.push('\n');
        ctx.ui.data(&reply)?;
    }
    Ok(Exit::Fine)
}

#[cfg(not(feature = "duckdb-linked"))]
pub(super) fn run(ctx: &Ctx) -> Result<Exit, Exit> {
    ctx.ui.problem("this segc was built without its engine");
    Ok(Exit::CouldNotRun)
}
