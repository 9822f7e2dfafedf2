"""What the statements that `tests/it/warehouses` wrote down have in common: types, and how answers compare."""
import datetime
import json
import os
import re
import tomllib
from fractions import Fraction

ENGINE = {"BOOLEAN": "boolean", "TINYINT": "int", "SMALLINT": "int", "INTEGER": "int", "BIGINT": "int", "HUGEINT": "decimal(38,0)",
          "UTINYINT": "int", "USMALLINT": "int", "UINTEGER": "int", "UBIGINT": "int",
          "FLOAT": "float", "DOUBLE": "float", "VARCHAR": "string", "DATE": "date", "JSON": "json",
          "TIMESTAMP": "datetime", "TIMESTAMP WITH TIME ZONE": "timestamp", "TIMESTAMP_NS": "datetime"}


def own_type(engine):
    """A type of DuckDB as segc names it."""
    if engine.endswith("[]"):
        return f"array<{own_type(engine[:-2])}>"
    if engine.startswith("DECIMAL"):
        return engine.lower()
    return ENGINE[engine]


def same(found, expected, ty):
    """Whether a value is what DuckDB printed; floats to nine digits."""
    if found is None or expected == "-":
        return found is None and expected == "-"
    if ty == "boolean":
        return found == (expected == "true")
    if ty == "float":
        return abs(found - float(expected)) <= 1e-9 * max(1.0, abs(float(expected)))
    if ty == "int" or ty.startswith("decimal"):
        return Fraction(found) == Fraction(expected)
    if ty == "date":
        return found.isoformat() == expected
    if ty == "timestamp":
        return found == datetime.datetime.fromisoformat(expected if "+" in expected[10:] else expected + "+00:00")
    if ty == "datetime":
        return found == datetime.datetime.fromisoformat(expected)
    if ty.startswith("array<"):
        items = [i.strip("'") for i in expected[1:-1].split(", ")] if len(expected) > 2 else []
        return len(items) == len(found) and all(same(f, e, ty[6:-1]) for f, e in zip(found, items))
    return found == expected


def wrong_answers(names, rows, record):
    """What differs from DuckDB's answer."""
    types = dict(record["columns"])
    if [name.lower() for name in names] != [name.lower() for name, _ in record["columns"]]:
        return [f"columns {names}"]
    names = [name for name, _ in record["columns"]]
    left, out = dict(record["answer"]), []
    for row in rows:
        found = dict(zip(names, row))
        key = next((k for k in left if same(found["entity_key"], k, types["entity_key"])), None)
        if key is None:
            out.append(f"a row too many: {found['entity_key']}")
            continue
        expected = left.pop(key)
        out += [f"{key}.{name}: {found[name]!r}, DuckDB says {expected[name]}" for name in names
                if not same(found[name], expected[name], types[name])]
    return out + [f"no row of {key}" for key in left]


class Known:
    """What is known of an emulator, or of a dialect that refuses: `known.toml`, one by one."""

    def __init__(self, emulator, dialect):
        self.emulator, self.dialect, self.asked = emulator, dialect, set()
        with open(os.path.join(os.path.dirname(__file__), "known.toml"), "rb") as file:
            known = tomllib.load(file)
        self.lies = [lie for lie in known.get("lie", []) if lie["emulator"] == emulator]
        self.refusals = [entry for entry in known.get("refused", []) if entry["dialect"] == dialect]

    def excuse(self, entries, name, what):
        """The entry that says this of the statement; of random projects, which have no lasting names, one that says it of any."""
        random = re.fullmatch(r"\d+:\d+", name)
        for entry in entries:
            if entry["says"] in what and (entry.get("random") if random else name in entry["statements"]):
                return entry
        return None

    def never_asked(self):
        """Lies about statements that there are no longer, or that nobody asks."""
        return [name for lie in self.lies for name in lie["statements"] if name not in self.asked]


def judge(emulator, dialect, paths, answer, doubted=os.devnull, lying="where the emulator is known to lie"):
    """Asks every statement of a dialect; `answer` gives names and rows of a record. Whether all are right, or wrong as is known. Statements
    with another answer than DuckDB's are written to `doubted`; `lying` is what the summary says of those that are known."""
    known = Known(emulator, dialect)
    with open(doubted, "w") as doubts:
        right = all([judge_file(known, path, answer, doubts, lying) for path in paths])
    for name in known.never_asked():
        print(f"NO LONGER ASKED OF {emulator} {name}: take it out of known.toml")
        right = False
    return right


def judge_file(known, path, answer, doubts, lying):
    right = values = refused = 0
    problems, excused = [], []
    for line in open(path):
        record = json.loads(line)
        if record["dialect"] != known.dialect:
            continue
        name = record["name"]
        known.asked.add(name)
        if record["refused"]:
            refused += 1
            what = "; ".join(sorted(set(record["refused"])))
            if not known.excuse(known.refusals, name, what):
                problems.append(f"REFUSED {name}: {what}")
            continue
        if any(name in entry["statements"] for entry in known.refusals):
            problems.append(f"NO LONGER REFUSED {name}: take it out of known.toml")
        try:
            found = wrong_answers(*answer(record), record)
        except Exception as error:
            found = [str(error)[:900]]
        listed = [lie for lie in known.lies if name in lie["statements"]]
        if not found:
            right += 1
            values += len(record["answer"]) * len(record["columns"])
            problems += [f"NO LONGER A LIE {name}: {lie['says']}: take it out of known.toml" for lie in listed]
            continue
        doubts.write(line)
        if all(known.excuse(known.lies, name, what) for what in found):
            excused.append(name)
        else:
            problems.append(f"WRONG {name}: " + "\n    ".join(found[:6]))
    for problem in problems:
        print(problem)
    names = f" ({', '.join(map(repr, excused))})" if excused else ""
    print(f"{os.path.basename(path)}, {known.dialect} on {known.emulator}: {right} statements with {values} values as DuckDB answers, "
          f"{len(excused)} {lying}{names}, {refused} refused, {len(problems)} problems", flush=True)
    return not problems


def columns(table, record):
    """Names and segc's types of a table's columns: those that the project declares, else the engine's."""
    schema, name = table["schema"], table["name"]
    known = record["declared"].get(name) or record["declared"].get(f"{schema}.{name}") or {}
    return [(c, known.get(c) or own_type(t)) for c, t in table["columns"]]
