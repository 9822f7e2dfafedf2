"""dbt, SQLMesh and segc over the same segments: measure.py FOLDER VENVS SEGC. Prints a Markdown table; stops if members differ."""

import os
import pathlib
import resource
import subprocess
import sys
import time

import duckdb

folder, venvs, segc = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
queries = {query.stem: query.read_text() for query in sorted((folder / "naive").iterdir())}
DBT = f"{venvs}/dbt/bin/dbt"
SQLMESH = f"{venvs}/sqlmesh/bin/sqlmesh"


def project(name: str, settings: dict[str, str], head: str) -> pathlib.Path:
    """A project with a table per segment, over a copy of the data."""
    there = folder / name
    (there / "models").mkdir(parents=True)
    for segment, query in queries.items():
        model = head.format(segment=segment) + query
        (there / "models" / f"seg_{segment}.sql").write_text(model)
    for file, text in settings.items():
        (there / file).write_text(text)
    (there / "shop.duckdb").write_bytes((folder / "shop.duckdb").read_bytes())
    return there


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(there: pathlib.Path, program: str, *arguments: str) -> None:
    what = " ".join([pathlib.Path(program).name, *arguments])
    before, start = spent(), time.monotonic()
    quiet = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "1"}
    ran = subprocess.run([program, *arguments], cwd=there, env=os.environ | quiet, capture_output=True, text=True)
    if ran.returncode != 0:
        sys.exit(f"{what}: {ran.returncode}\n{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}")
    print(f"| `{what}` | {spent() - before:.2f} | {time.monotonic() - start:.2f} |", flush=True)


def same(there: pathlib.Path) -> None:
    """Every segment has the same members there and in what segc published."""
    con = duckdb.connect(str(folder / "shop.duckdb"), read_only=True)
    con.execute(f"attach '{there}/shop.duckdb' as peer (read_only)")
    for name in queries:
        theirs = f"select customer_id from peer.models.seg_{name}"
        ours = f"select entity_key from segments.customer_members where segment = '{name}'"
        differ = f"select count(*) from (({theirs} except all {ours}) union all ({ours} except all {theirs}))"
        if con.execute(differ).fetchone() != (0,):
            sys.exit(f"{there.name}, {name}: members differ")


dbt = project(
    "dbt",
    {
        "dbt_project.yml": "name: shop\nversion: '1.0'\nprofile: shop\n",
        "profiles.yml": "shop:\n  target: dev\n  outputs:\n"
        "    dev: {type: duckdb, path: shop.duckdb, schema: models, threads: 2}\n",
    },
    "{{{{ config(materialized='table') }}}}\n",
)
sqlmesh = project(
    "sqlmesh",
    {
        "config.yaml": "gateways:\n  dev:\n    connection: {type: duckdb, database: shop.duckdb}\n"
        "default_gateway: dev\nmodel_defaults: {dialect: duckdb, start: 2025-01-01}\n"
    },
    "MODEL (name models.seg_{segment}, kind FULL);\n\n",
)
print("| | CPU s | wall s |\n|---|---|---|")
measured(dbt, DBT, "parse", "--no-partial-parse")
measured(dbt, DBT, "compile")
measured(dbt, DBT, "run")
measured(sqlmesh, SQLMESH, "info")
measured(sqlmesh, SQLMESH, "plan", "--auto-apply", "--no-prompts")
measured(folder, segc, "check")
measured(folder, segc, "compile")
measured(folder, segc, "build")
same(dbt)
same(sqlmesh)
print(f"\n{len(queries)} segments: equal members in all three.")
