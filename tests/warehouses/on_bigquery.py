"""Runs segc's BigQuery statements on Google's reference evaluator and compares the answers with DuckDB's.

    on_bigquery.py FILE.jsonl...
    on_bigquery.py FILE.jsonl [--show NAME | --analyse]

Each line is a statement with its tables and DuckDB's answer (tests/it/warehouses). A lie that is known of a statement must be found: all
files are given at once. With --analyse nothing is run: the analyzer reads each line's `sql` (one statement or several) with its `tables`
({name, columns: [[name, segc's type]]}), and no answer is needed.
Exit status 1 if any differs, or is no GoogleSQL."""
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
        return f"ARRAY<{google[6:-1]}>[{', '.join(literal(item(i), ty[6:-1]) for i in items)}]"
    if ty in ("int", "boolean"):
        return f"CAST({quoted(text)} AS {google})"
    if ty == "string":
        return quoted(text)
    if ty == "json":
        # A JSON column holds no text that is none: a value without any keys stands for it.
        return f"COALESCE(SAFE.PARSE_JSON({quoted(text)}, wide_number_mode=>'round'), JSON 'null')"
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


def analysed(google, path):
    """Whether the analyzer takes every statement of a file."""
    asked = wrong = 0
    for record in (json.loads(line) for line in open(path)):
        if record["dialect"] != "bigquery":
            continue
        asked += 1
        tables = {}
        for table in record["tables"]:
            kinds = [(c, t.removeprefix("array<").rstrip(">"), t.startswith("array<")) for c, t in table["columns"]]
            tables[table["name"]] = [(c, google_type(t), array) for c, t, array in kinds]
        try:
            google.analyse(record["sql"], google.register(tables))
        except Exception as error:
            wrong += 1
            print(f"WRONG {record['name']}: {str(error)[:600]}")
    print(f"{path}: {asked} statements analysed, {wrong} wrong")
    return wrong == 0


def main():
    path = sys.argv[1]
    google = GoogleSql()
    if "--show" in sys.argv:
        wanted = sys.argv[sys.argv.index("--show") + 1]
        records = (json.loads(line) for line in open(path))
        print(next(as_query(r) for r in records if r["name"] == wanted and r["dialect"] == "bigquery"))
        return
    if "--analyse" in sys.argv:
        sys.exit(0 if analysed(google, path) else 1)
    sys.exit(0 if judge("googlesql", "bigquery", sys.argv[1:], lambda record: google.run(as_query(record))) else 1)


if __name__ == "__main__":
    main()
