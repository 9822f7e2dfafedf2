"""Runs segc's BigQuery statements on Google's reference evaluator and compares the answers with DuckDB's.

    on_bigquery.py FILE.jsonl [--show NAME]

Each line is a statement with its tables and DuckDB's answer (tests/it/warehouses). Exit status 1 if any differs."""
import json
import re
import sys
from answers import columns, judge
from googlesql import GoogleSql

TYPES = {"boolean": "BOOL", "int": "INT64", "float": "FLOAT64", "string": "STRING", "date": "DATE",
         "timestamp": "TIMESTAMP", "datetime": "DATETIME", "json": "JSON"}
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
        typed = columns(table, record)
        alias = name if schema == "main" else f"{schema}__{name}"
        if schema != "main":
            sql = re.sub(rf"\b{schema}\.{name}\b", alias, sql)
        struct = ", ".join(f"`{c}` {google_type(t)}" for c, t in typed)
        rows = [f"STRUCT({', '.join(literal(v, t) for v, (_, t) in zip(row, typed))})" for row in table["rows"]]
        expressions.append(f"`{alias}` AS (SELECT * FROM UNNEST(ARRAY<STRUCT<{struct}>>[{', '.join(rows)}]))")
    head = "WITH " + ",\n".join(expressions)
    if sql.startswith("with\n"):
        return f"{head},\n{sql[5:]}"
    return f"{head}\n{sql}"


def main():
    path = sys.argv[1]
    google = GoogleSql()
    if "--show" in sys.argv:
        wanted = sys.argv[sys.argv.index("--show") + 1]
        records = (json.loads(line) for line in open(path))
        print(next(as_query(r) for r in records if r["name"] == wanted and r["dialect"] == "bigquery"))
        return
    sys.exit(0 if judge("bigquery", path, lambda record: google.run(as_query(record))) else 1)


if __name__ == "__main__":
    main()
