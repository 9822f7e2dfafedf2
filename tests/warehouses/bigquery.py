"""Runs segc's BigQuery statements on Google's reference evaluator and compares the answers with DuckDB's.

    bigquery.py FILE.jsonl [--show NAME]

Each line is a statement with its tables and DuckDB's answer (tests/it/warehouses). Exit status 1 if any differs."""
import datetime
import json
import re
import sys
from fractions import Fraction

from googlesql import GoogleSql

TYPES = {"boolean": "BOOL", "int": "INT64", "float": "FLOAT64", "string": "STRING", "date": "DATE",
         "timestamp": "TIMESTAMP", "datetime": "DATETIME", "json": "JSON"}
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


def google_type(ty):
    if ty.startswith("array<"):
        return f"ARRAY<{google_type(ty[6:-1])}>"
    if ty.startswith("decimal"):
        precision, scale = (int(n) for n in re.findall(r"\d+", ty))
        return "NUMERIC" if scale <= 9 and precision - scale <= 29 else "BIGNUMERIC"
    return TYPES[ty]


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r") + "'"


def literal(text, ty):
    google = google_type(ty)
    if text is None:
        return f"CAST(NULL AS {google})"
    if ty.startswith("array<"):
        items = json.loads(text)
        item = lambda i: None if i is None else json.dumps(i) if isinstance(i, bool) else str(i)
        return f"ARRAY<{google[6:-1]}>[{', '.join(literal(item(i), ty[6:-1]) for i in items if i is not None)}]"
    if ty in ("int", "boolean"):
        return f"CAST({quoted(text)} AS {google})"
    if ty == "string":
        return quoted(text)
    if ty == "json":
        return f"SAFE.PARSE_JSON({quoted(text)}, wide_number_mode=>'round')"
    if ty == "timestamp":
        return f"TIMESTAMP {quoted(text)}"
    return f"CAST({quoted(text)} AS {google})"


def as_query(record):
    """The statement, its tables put before it as common table expressions."""
    sql, expressions = record["sql"], []
    for table in record["tables"]:
        schema, name = table["schema"], table["name"]
        known = record["declared"].get(name) or record["declared"].get(f"{schema}.{name}") or {}
        columns = [(c, known.get(c) or own_type(t)) for c, t in table["columns"]]
        alias = name if schema == "main" else f"{schema}__{name}"
        if schema != "main":
            sql = re.sub(rf"\b{schema}\.{name}\b", alias, sql)
        struct = ", ".join(f"`{c}` {google_type(t)}" for c, t in columns)
        rows = [f"STRUCT({', '.join(literal(v, t) for v, (_, t) in zip(row, columns))})" for row in table["rows"]]
        expressions.append(f"`{alias}` AS (SELECT * FROM UNNEST(ARRAY<STRUCT<{struct}>>[{', '.join(rows)}]))")
    head = "WITH " + ",\n".join(expressions)
    if sql.startswith("with\n"):
        return f"{head},\n{sql[5:]}"
    return f"{head}\n{sql}"


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


def differences(record, google):
    names, rows = google.run(as_query(record))
    types = dict(record["columns"])
    if names != [name for name, _ in record["columns"]]:
        return [f"columns {names}"]
    key_type = types["entity_key"]
    left, out = dict(record["answer"]), []
    for row in rows:
        found = dict(zip(names, row))
        key = next((k for k in left if same(found["entity_key"], k, key_type)), None)
        if key is None:
            out.append(f"a row too many: {found['entity_key']}")
            continue
        expected = left.pop(key)
        out += [f"{key}.{name}: {found[name]!r}, DuckDB says {expected[name]}" for name in names
                if not same(found[name], expected[name], types[name])]
    return out + [f"no row of {key}" for key in left]


def main():
    google = GoogleSql()
    show = sys.argv[sys.argv.index("--show") + 1] if "--show" in sys.argv else None
    asked = answers = refused = wrong = 0
    for line in open(sys.argv[1]):
        record = json.loads(line)
        if record["dialect"] != "bigquery":
            continue
        if show is not None:
            if record["name"] == show:
                print(as_query(record))
            continue
        if record["refused"]:
            refused += 1
            print(f"refused {record['name']}: {'; '.join(sorted(set(record['refused'])))}")
            continue
        asked += 1
        answers += len(record["answer"]) * len(record["columns"])
        try:
            found = differences(record, google)
        except Exception as error:
            found = [str(error)[:600]]
        if found:
            wrong += 1
            print(f"WRONG {record['name']}: " + "\n    ".join(found[:6]))
    print(f"bigquery: {asked} statements, {answers} values compared, {refused} refused, {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
