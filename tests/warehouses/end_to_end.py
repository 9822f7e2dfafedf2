"""Publishes one story, step by step, on DuckDB and on another warehouse, with the real program, and compares what it leaves there.

    end_to_end.py WAREHOUSE [--until STEP] [--keep]

The program is that of `cargo build`, or what SEGC names. Each step of `story.py` changes the project or the data, runs a command against
both and then compares its exit status, what it printed, and every relation of the output schema: names, columns, kinds and rows. Then
`segc doctor` has its say. Nothing is compared loosely: what may differ is listed in DIFFERS, each with its reason, and run ids are
replaced by their number in the ledger.

Exit status 1 at the first difference, which is printed with the step, the relation and the rows."""
import datetime
import decimal
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from duckdb_warehouse import DuckDbWarehouse
from story import SCHEMA, story

# What must differ: (relation, column) and why.
DIFFERS = {
    ("segc_state", "updated_at"): "the clock",
    ("segc_runs", "started_at"): "the clock",
    ("segc_runs", "finished_at"): "the clock",
    ("segc_runs", "members_checksum"): "each warehouse has hash functions of its own",
}
# Of what commands print as JSON: the field and why.
LEFT_OUT = {
    "generated_at": "the clock",
    "execution_time": "the clock",
    "elapsed_time": "the clock",
    "timing": "the clock",
    "stages": "from the fence to the commit there is one request where a warehouse keeps no session",
    "compiled_code": "SQL in the words of each warehouse",
    "adapter_response": "bytes are estimated where a warehouse says them",
    "bytes": "estimated of a file, told by a warehouse",
    "bytes_are_estimated": "the same",
    "invocation_id": "a number of its own, which is the run's where it publishes",
}
# Diagnostics whose notes are the words of each warehouse.
OWN_WORDS = {"S0616": "an expression fails on the data"}
ULID = re.compile(r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b")


class Difference(Exception):
    """Where the two are not the same."""


class Side:
    """The program, a project and a warehouse."""

    def __init__(self, program, folder, warehouse):
        self.program, self.warehouse = program, warehouse
        self.folder = folder
        self.before, self.planned = {}, None

    def write(self, files):
        shutil.rmtree(os.path.join(self.folder, "segments"), ignore_errors=True)
        os.makedirs(os.path.join(self.folder, "segments"))
        for path, content in files.items():
            if path == "segc.yml":
                content = {**content, "targets": {"story": self.warehouse.target}, "default_target": "story"}
            with open(os.path.join(self.folder, path), "w", encoding="utf-8") as file:
                # JSON is YAML.
                file.write(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1))

    def run(self, args):
        environment = {**os.environ, **self.warehouse.environment, "NO_COLOR": "1"}
        done = subprocess.run([self.program, *args], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600)
        return done.returncode, done.stdout, done.stderr

    def published(self):
        """Relation → (columns with their kinds, rows), with run ids replaced."""
        found = self.warehouse.published()
        runs = {}
        if "segc_runs" in found:
            columns, rows = found["segc_runs"]
            at = [name for name, _ in columns].index("run_id")
            runs = {run: f"run {n}" for n, run in enumerate(sorted(row[at] for row in rows), 1)}
        self.runs = runs
        return {name: (columns, [[self.named(value) for value in row] for row in rows]) for name, (columns, rows) in found.items()}

    def named(self, value):
        if isinstance(value, str):
            return ULID.sub(lambda m: self.runs.get(m.group(), "a run that the ledger has not"), value)
        return value

    def printed(self, text):
        """What a command printed, without what must differ."""
        try:
            return without(json.loads(text), self)
        except ValueError:
            return "\n".join(map(self.line, text.splitlines()))

    def line(self, text):
        """A line of text, or a diagnostic. What a warehouse says of a value is in its own words, which are a diagnostic's note."""
        try:
            said = without(json.loads(text), self)
            if said.get("code") in OWN_WORDS:
                del said["notes"]
            return json.dumps(said, ensure_ascii=False)
        except ValueError:
            text = re.sub(r" in [0-9.]+ s\b", " in … s", self.named(text))
            text = self.warehouse.key_types.sub("a key's type", text)
            return text.replace(self.folder, "…")


def without(said, side):
    if isinstance(said, dict):
        return {key: without(value, side) for key, value in said.items() if key not in LEFT_OUT}
    if isinstance(said, list):
        return [without(value, side) for value in said]
    return side.named(said)


def counts(printed):
    """Segment → what a build or a plan counted of it."""
    names = ("members", "entered", "exited", "suppressed", "held_out", "population")
    results = printed.get("results", []) if isinstance(printed, dict) else []
    return {r["unique_id"]: [r[n] for n in names] for r in results if r["unique_id"].startswith("segment.") and "members" in r}


def canonical(value):
    """A value as one text, so that rows can be put in an order and 1 is not 1.0."""
    if isinstance(value, decimal.Decimal):
        return f"decimal {value.normalize():f}"
    if isinstance(value, datetime.datetime) and value.tzinfo:
        return f"timestamp {value.astimezone(datetime.timezone.utc).isoformat()}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(canonical(item) for item in value)}]"
    return f"{type(value).__name__} {value!r}" if not isinstance(value, (datetime.date, datetime.datetime)) else f"{type(value).__name__} {value.isoformat()}"


def compared(relation, columns, rows):
    keep = [n for n, (name, _) in enumerate(columns) if (relation, name) not in DIFFERS]
    return sorted([canonical(row[n]) for n in keep] for row in rows)


def differing(here, there):
    """The rows that one of them has and the other has not."""
    left, right = list(here), list(there)
    for row in here:
        if row in right:
            left.remove(row)
            right.remove(row)
    return left, right


def compare(step, here, there):
    """The published relations of two sides."""
    only = set(here) ^ set(there)
    if only:
        raise Difference(f"{step}: relations that one side alone has: {', '.join(sorted(only))}")
    for name in sorted(here):
        (columns, rows), (others, other_rows) = here[name], there[name]
        if columns != others:
            raise Difference(f"{step}: {name} has other columns:\n  duckdb {columns}\n  other  {others}")
        mine, theirs = compared(name, columns, rows), compared(name, others, other_rows)
        if mine != theirs:
            left, right = differing(mine, theirs)
            said = "\n".join([*(f"  duckdb {row}" for row in left[:10]), *(f"  other  {row}" for row in right[:10])])
            raise Difference(f"{step}: {name} {[c for c, _ in columns]} differs in {len(left)} and {len(right)} rows:\n{said}")


def same(step, what, here, there):
    if here != there:
        lines = [f"{step}: {what} differs:"]
        if isinstance(here, str) and isinstance(there, str):
            lines += [f"  duckdb {line}" for line in here.splitlines() if line not in there.splitlines()]
            lines += [f"  other  {line}" for line in there.splitlines() if line not in here.splitlines()]
        else:
            lines += paths(here, there, "")
        raise Difference("\n".join(lines[:40]))


def paths(here, there, at):
    """Where two JSON values are not the same."""
    if isinstance(here, dict) and isinstance(there, dict):
        return [line for key in sorted(set(here) | set(there)) for line in paths(here.get(key), there.get(key), f"{at}.{key}")]
    if isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        return [line for n, (a, b) in enumerate(zip(here, there)) for line in paths(a, b, f"{at}[{n}]")]
    return [] if here == there else [f"  {at}: duckdb {here!r}", f"  {at}: other  {there!r}"]


def take(step, sides):
    """One step on both sides."""
    seen = []
    for side in sides:
        side.write(step.files)
        for table, (columns, rows) in step.tables.items():
            side.warehouse.load(table, columns, rows)
        for sql in step.by_hand:
            side.warehouse.execute(sql)
        seen.append(side.run(step.command) if not step.overtaken else overtaken(step, side))
    published = [side.published() for side in sides]
    for side, (status, out, err) in zip(sides, seen):
        if status != step.status:
            raise Difference(f"{step.name}: status {status} instead of {step.status} on {side.warehouse.name}:\n{err}")
    (_, out, err), (_, other_out, other_err) = seen
    here, there = sides
    if not step.overtaken:
        printed = [here.printed(out), there.printed(other_out)]
        same(step.name, "standard output", *printed)
        same(step.name, "standard error", here.printed(err), there.printed(other_err))
        for side, said in zip(sides, printed):
            plans(step, side, counts(said))
    compare(step.name, *published)
    for side, now in zip(sides, published):
        if not step.changes:
            compare(f"{step.name}: changed on {side.warehouse.name} (not: before, other: after)", side.before, now)
        side.before = now
    answers = [side.run(["doctor"]) for side in sides]
    for side, (status, out, err) in zip(sides, answers):
        if status != (1 if step.ill else 0):
            raise Difference(f"{step.name}: doctor ends with {status} on {side.warehouse.name}:\n{out}\n{err}")
    texts = [side.printed(out + err) for side, (_, out, err) in zip(sides, answers)]
    same(step.name, "doctor", *texts)
    for said in step.says:
        if said not in texts[0]:
            raise Difference(f"{step.name}: nobody says {said!r}:\n{texts[0]}")


def plans(step, side, found):
    """What was planned is what is built."""
    if step.command[0] == "plan":
        side.planned = found
    elif step.command[0] == "build" and side.planned is not None:
        planned, side.planned = side.planned, None
        if planned != found:
            raise Difference(f"{step.name}: planned and built differ on {side.warehouse.name}:\n" + "\n".join(paths(planned, found, "")))


def overtaken(step, side):
    """Another build publishes while the publication of this one is under way. Where a file holds one builder at a time, there
    is only the other one."""
    winner = []
    if not side.warehouse.interleaves:
        winner.append(side.run(step.overtaken))
        answer = (step.status, "", "")
    else:
        side.warehouse.before_next_publication(lambda: winner.append(side.run(step.overtaken)))
        answer = side.run(step.command)
    if [status for status, _, _ in winner] != [0]:
        raise Difference(f"{step.name}: the other build did not publish on {side.warehouse.name}: {winner}")
    return answer


def program():
    named = os.environ.get("SEGC")
    if named:
        return os.path.abspath(named)
    said = subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], check=True, capture_output=True, text=True)
    return os.path.join(json.loads(said.stdout)["target_directory"], "debug", "segc")


def main():
    name = sys.argv[1]
    most = int(os.environ.get("SEGC_STEPS", "0"))
    until = sys.argv[sys.argv.index("--until") + 1] if "--until" in sys.argv else None
    module = importlib.import_module(f"{name}_warehouse")
    folder = tempfile.mkdtemp(prefix="segc-story-")
    folders = [os.path.join(folder, "here"), os.path.join(folder, "there")]
    for one in folders:
        os.mkdir(one)
    warehouses = [kind(one, SCHEMA) for kind, one in zip((DuckDbWarehouse, module.Warehouse), folders)]
    failed, steps = None, 0
    try:
        sides = [Side(program(), one, warehouse) for one, warehouse in zip(folders, warehouses)]
        for step in story():
            take(step, sides)
            steps += 1
            print(f"{steps:3} {step.name}", flush=True)
            if step.name == until or steps == most:
                break
    except Difference as difference:
        failed = str(difference)
    finally:
        for warehouse in warehouses:
            warehouse.close()
        if "--keep" not in sys.argv:
            shutil.rmtree(folder)
    if failed:
        print(f"DIFFERENT after {steps} steps that are the same. {failed}")
        sys.exit(1)
    print(f"{name}: {steps} steps, each with the status, the words and the published relations of DuckDB")


if __name__ == "__main__":
    main()
