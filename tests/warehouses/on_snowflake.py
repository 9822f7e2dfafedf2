"""Runs segc's Snowflake statements on fakesnow (sqlglot and DuckDB) and compares the answers with those of segc's own DuckDB SQL.

    on_snowflake.py FILE.jsonl...
    on_snowflake.py FILE.jsonl --show NAME

A lie that is known of a statement must be found: all files are given at once. What is answered otherwise than by DuckDB is written beside
them, to doubted.jsonl, for a second emulator (`on_snowduck.py`).

An emulator is no proof of what Snowflake does. Where it is known to have no word for something it is helped, each time with the vendor's
rule; where it lies, `known.toml` says so.

- TO_NUMBER(text, 'XXXXXXXXXXXXX') is not implemented: the text is cast instead, which DuckDB reads as hexadecimal.
  https://docs.snowflake.com/en/sql-reference/functions/to_decimal
- SUM of NUMBER is a float there; here it is exact: decimals are compared at their scale.
  https://docs.snowflake.com/en/sql-reference/functions/sum
- ARRAY_AGG keeps NULLs there, and leaves them out here. https://docs.snowflake.com/en/sql-reference/functions/array_agg
- Functions of ARRAYs do not take columns there: MACROS say what the vendor's pages do.
- CREATE SCHEMA makes the new one the current one, there and here. https://docs.snowflake.com/en/sql-reference/sql/create-schema

Exit status 1 if any answer differs."""
import datetime
import json
import os
import re
import sys
import warnings
from decimal import Decimal

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
        items = json.loads(text)
        return f"ARRAY_CONSTRUCT({', '.join(quoted(i) if isinstance(i, str) else json.dumps(i) for i in items)})"
    if ty == "json":
        return f"TRY_PARSE_JSON({quoted(text)})"
    return f"CAST({quoted(text)} AS {snow_type(ty)})"


# An ARRAY is JSON there; its items are compared as texts. NULL items are JSON nulls.
MACROS = """
create macro segc_items(a) as list_transform(cast(to_json(a) as json[]), lambda e: e ->> '$');
-- NULL is found where there is one: https://docs.snowflake.com/en/sql-reference/functions/array_contains
create macro segc_array_contains(x, a) as case
    when x is null then case when len(list_filter(segc_items(a), lambda e: e is null)) > 0 then true end
    else list_contains(segc_items(a), x) end;
-- https://docs.snowflake.com/en/sql-reference/functions/array_compact
create macro segc_array_compact(a) as to_json(list_filter(cast(to_json(a) as json[]), lambda e: e ->> '$' is not null));
-- https://docs.snowflake.com/en/sql-reference/functions/array_distinct
create macro segc_array_distinct(a) as to_json(list_distinct(cast(to_json(a) as json[])));
-- https://docs.snowflake.com/en/sql-reference/functions/array_except
create macro segc_array_except(a, b) as case when b is not null then
    to_json(list_filter(cast(to_json(a) as json[]), lambda e: not list_contains(segc_items(b), e ->> '$'))) end;
-- https://docs.snowflake.com/en/sql-reference/functions/arrays_overlap
create macro segc_arrays_overlap(a, b) as list_has_any(segc_items(a), segc_items(b));
"""


def helped(sql):
    """The statement, with the emulator's words where it has none."""
    sql = hexadecimal(sql)
    sql = re.sub(r"array_contains\(cast\((.*?) as variant\)", r"array_contains(cast(\1 as varchar)", sql)
    return re.sub(r"\b(array_contains|array_compact|array_distinct|array_except|arrays_overlap)\(", r"segc_\1(", sql)


def hexadecimal(sql):
    """Every to_number(substr(md5(...)), 'X+') as a cast."""
    start = sql.find("to_number(substr(md5(")
    if start < 0:
        return sql
    inside = start + len("to_number(")
    end = closed(sql, inside)
    argument, form = sql[inside:end].rsplit(", ", 1)
    assert re.fullmatch("'X+'", form), form
    return f"{sql[:start]}cast('0x' || {hexadecimal(argument)} as bigint){hexadecimal(sql[end + 1:])}"


def closed(sql, at):
    """Where the bracket that is open at `at` is closed; those in texts and quoted names do not count."""
    depth = 1
    for token in re.finditer(r"""'(?:[^'\\]|\\.|'')*'|"[^"]*"|[()]""", sql[at:], re.DOTALL):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if depth == 0:
            return at + token.start()
    raise ValueError(f"no end: {sql[at:]}")


class Snow:
    """A session of an emulator that puts itself in the place of Snowflake's driver. Both emulators set its zone to UTC."""

    def __init__(self, patch):
        self.patch = patch
        self.patch.__enter__()
        session = snowflake.connector.connect(database="DB", schema="PUBLIC")
        session._duck_conn.execute(MACROS)
        self.cursor = session.cursor()
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
                self.cursor.execute("use schema public")
            name = table["name"] if schema == "main" else f"{schema}.{table['name']}"
            body = ", ".join(f'"{c.upper()}" {snow_type(t)}' for c, t in typed)
            self.cursor.execute(f"create or replace table {name} ({body})")
            rows = [f"select {', '.join(literal(v, t) for v, (_, t) in zip(row, typed))}" for row in table["rows"]]
            if rows:
                self.cursor.execute(f"insert into {name} " + " union all ".join(rows))

    def answer(self, record):
        self.fill(record)
        self.cursor.execute(helped(record["sql"]))
        types = [ty for _, ty in record["columns"]]
        rows = [[value(v, t) for v, t in zip(row, types)] for row in self.cursor.fetchall()]
        # snowduck's description has no type for a list.
        return self.cursor._arrow_table.column_names, rows


def value(found, ty):
    if ty.startswith("array<") and isinstance(found, str):
        return [value(item, ty[6:-1]) for item in json.loads(found) if item is not None]
    if isinstance(found, str) and ty == "date":
        return datetime.date.fromisoformat(found)
    if isinstance(found, str) and ty in ("timestamp", "datetime"):
        return datetime.datetime.fromisoformat(found)
    if ty.startswith("decimal") and found is not None:
        return round(Decimal(str(found)), int(ty.split(",")[1].rstrip(")")))
    if isinstance(found, Decimal) and ty == "float":
        return float(found)
    if ty == "int" and isinstance(found, float) and found == int(found):
        return int(found)
    return found


def main():
    warnings.simplefilter("ignore")
    path = sys.argv[1]
    if "--show" in sys.argv:
        wanted = sys.argv[sys.argv.index("--show") + 1]
        records = (json.loads(line) for line in open(path))
        print(next(r["sql"] for r in records if r["name"] == wanted and r["dialect"] == "snowflake"))
        return
    # Here, because the second emulator's venv has none.
    import fakesnow

    doubted = os.path.join(os.path.dirname(path), "doubted.jsonl")
    sys.exit(0 if judge("fakesnow", "snowflake", sys.argv[1:], Snow(fakesnow.patch()).answer, doubted) else 1)


if __name__ == "__main__":
    main()
