"""Runs the statements of the row cases on a real warehouse and compares the answers with DuckDB's.

    on_live.py FILE.jsonl

Their tables are common table expressions of each statement: nothing is written."""
import json
import re
import sys

from answers import columns, judge
from live_warehouse import DIALECT, ask, typed


def of_bigquery(record):
    from on_bigquery import as_query

    return as_query(record)


def of_snowflake(record):
    from on_snowflake import literal, snow_type

    sql, expressions = record["sql"], []
    for table in record["tables"]:
        schema, name = table["schema"], table["name"]
        named = columns(table, record)
        alias = name if schema == "main" else f"{schema}__{name}"
        if schema != "main":
            sql = re.sub(rf"\b{schema}\.{name}\b", alias, sql)
        cells = lambda row: ", ".join(f'{literal(v, t)} as "{c.upper()}"' for v, (c, t) in zip(row, named))
        rows = [f"select {cells(row)}" for row in table["rows"]]
        nobody = ", ".join(f'cast(null as {snow_type(t)}) as "{c.upper()}"' for c, t in named)
        expressions.append(f'"{alias.upper()}" as ({" union all ".join(rows) or f"select {nobody} where 1 = 0"})')
    head = "with " + ",\n".join(expressions)
    return f"{head},\n{sql[5:]}" if sql.startswith("with\n") else f"{head}\n{sql}"


def main():
    as_query = {"bigquery": of_bigquery, "snowflake": of_snowflake}[DIALECT]
    records = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
    records = [r for r in records if r["dialect"] == DIALECT and not r["refused"]]
    # A case of several entities has a statement of each.
    answers = dict(zip([(r["name"], r["sql"]) for r in records], ask([as_query(r) for r in records])))

    def answer(record):
        found = answers[record["name"], record["sql"]]
        if "error" in found:
            raise RuntimeError(found["error"])
        types = [ty for _, ty in record["columns"]]
        return [name for name, _ in found["columns"]], [[typed(v, ty) for v, ty in zip(row, types)] for row in found["rows"]]

    sys.exit(0 if judge("the warehouse itself", DIALECT, sys.argv[1:], answer) else 1)


if __name__ == "__main__":
    main()
