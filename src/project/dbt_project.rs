//! What dbt_project.yml says of where dbt keeps its things; the rest of that file is dbt's own.

use super::files;
use crate::diag::Diagnostics;
use crate::secret::Secrets;
use crate::source::SourceMap;
use crate::spec::env;
use crate::yaml;
use std::path::Path;

const FILE: &str = "dbt_project.yml";

/// A setting that is a text, with the variables of the environment that stand in it. What is wrong with it dbt says.
pub(super) fn setting(
    project_dir: &Path,
    name: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let (sources, unheard) = (&mut SourceMap::default(), &mut Diagnostics::default());
    let file = files::read(&project_dir.join(FILE), FILE, sources, unheard)?;
    let text = sources.get(file).map_or("", |f| f.text.as_str());
    let mut node = yaml::parse(file, text, unheard).get(name)?.clone();
    env::of_target(&mut node, env, &mut Secrets::default(), unheard);
    node.scalar_text().filter(|text| !text.is_empty())
}
