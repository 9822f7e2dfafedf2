"""Runs segc's Snowflake statements on fakesnow (sqlglot and DuckDB) and compares the answers with those of segc's own DuckDB SQL.

    on_snowflake.py FILE.jsonl [--show NAME]

An emulator is no proof of what Snowflake does. Where it is known to differ, it is helped, each time with the vendor's rule:

- TO_NUMBER(text, 'XXXXXXXXXXXXX') is not implemented: the text is cast instead, which DuckDB reads as hexadecimal.
  https://docs.snowflake.com/en/sql-reference/functions/to_decimal
- SUM of NUMBER is a float there; here it is exact: decimals are compared at their scale.
  https://docs.snowflake.com/en/sql-reference/functions/sum
- ARRAY_AGG keeps NULLs there, and leaves them out here. https://docs.snowflake.com/en/sql-reference/functions/array_agg

Exit status 1 if any answer differs."""
import json
import re
import sys
from decimal import Decimal

import fakesnow
import snowflake.connector

from answers import columns, judge

TYPES = {"boolean": "BOOLEAN", "int": "BIGINT", "float": "DOUBLE", "string": "VARCHAR", "date": "DATE",
         "timestamp": "TIMESTAMP_TZ", "datetime": "TIMESTAMP_NTZ", "json": "VARIANT"}


def snow_type(ty):
    if ty.startswith("array<"):
        return "ARRAY"
    if ty.startswith("decimal"):
        return "NUMBER" + ty[7:]
    return TYPES[ty]


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def literal(text, ty):
    if text is None:
        return f"CAST(NULL AS {snow_type(ty)})"
    if ty.startswith("array<"):
        items = [i for i in json.loads(text) if i is not None]
        return f"ARRAY_CONSTRUCT({', '.join(quoted(i) if isinstance(i, str) else json.dumps(i) for i in items)})"
    if ty == "json":
        return f"TRY_PARSE_JSON({quoted(text)})"
    return f"CAST({quoted(text)} AS {snow_type(ty)})"


class Snow:
    def __init__(self):
        self.patch = fakesnow.patch()
        self.patch.__enter__()
        self.cursor = snowflake.connector.connect(database="DB", schema="PUBLIC").cursor()
        self.tables = None

    def fill(self, record):
        if self.tables == (record["tables"], record["declared"]):
            return
        self.tables = (record["tables"], record["declared"])
        for table in record["tables"]:
            typed = columns(table, record)
            schema = table["schema"]
            if schema != "main":
                self.cursor.execute(f"create schema if not exists {schema}")
            name = table["name"] if schema == "main" else f"{schema}.{table['name']}"
            body = ", ".join(f'"{c.upper()}" {snow_type(t)}' for c, t in typed)
            self.cursor.execute(f"create or replace table {name} ({body})")
            rows = [f"select {', '.join(literal(v, t) for v, (_, t) in zip(row, typed))}" for row in table["rows"]]
            if rows:
                self.cursor.execute(f"insert into {name} " + " union all ".join(rows))

    def answer(self, record):
        self.fill(record)
        sql = re.sub(r"to_number\((substr\(md5\(.*?, 1, 13\)), 'X+'\)", r"cast('0x' || \1 as bigint)", record["sql"])
        self.cursor.execute(sql)
        types = [ty for _, ty in record["columns"]]
        rows = [[value(v, t) for v, t in zip(row, types)] for row in self.cursor.fetchall()]
        return [column[0] for column in self.cursor.description], rows


def value(found, ty):
    if ty.startswith("array<") and isinstance(found, str):
        return [item for item in json.loads(found) if item is not None]
    if ty.startswith("decimal") and found is not None:
        return round(Decimal(str(found)), int(ty.split(",")[1].rstrip(")")))
    if isinstance(found, Decimal) and ty == "float":
        return float(found)
    if ty == "int" and isinstance(found, float) and found == int(found):
        return int(found)
    return found


def main():
    path = sys.argv[1]
    if "--show" in sys.argv:
        wanted = sys.argv[sys.argv.index("--show") + 1]
        records = (json.loads(line) for line in open(path))
        print(next(r["sql"] for r in records if r["name"] == wanted and r["dialect"] == "snowflake"))
        return
    snow = Snow()
    sys.exit(0 if judge("snowflake", path, snow.answer) else 1)


if __name__ == "__main__":
    main()
