"""A real warehouse, asked by segc's own client (tests/it/live.rs): for the row cases, and as a warehouse of the story.

SEGC_LIVE_TARGET is a target of segc.yml as JSON. Only schemas that begin with SEGC_STORY_PREFIX are written, and dropped at the end."""
import datetime
import json
import os
import re
import subprocess
import tempfile
from decimal import Decimal

TARGET = json.loads(os.environ["SEGC_LIVE_TARGET"])
DIALECT = TARGET["type"]
KEY_TYPES = {"bigquery": r"\bINT64\b", "snowflake": r"\bNUMBER\(38, ?0\)"}
LISTED = {"bigquery": "select table_name from {}.INFORMATION_SCHEMA.TABLES",
          # fakesnow's tables do not have the views among them.
          "snowflake": "select table_name from information_schema.tables where table_schema = upper('{0}') union "
                       "select table_name from information_schema.views where table_schema = upper('{0}')"}


def ask(statements):
    """What each statement answers: its columns with segc's types, and its rows as texts."""
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = os.path.join(folder, "asked.json"), os.path.join(folder, "answered.json")
        with open(asked, "w", encoding="utf-8") as file:
            json.dump(statements, file)
        environment = {**os.environ, "SEGC_LIVE_STATEMENTS": asked, "SEGC_LIVE_ANSWERS": answered}
        subprocess.run(["cargo", "test", "--quiet", "--test", "it", "--", "--ignored", "live::"], env=environment, check=True,
                       stdout=subprocess.DEVNULL)
        with open(answered, encoding="utf-8") as file:
            return json.load(file)


def one(sql):
    (answer,) = ask([sql])
    if "error" in answer:
        raise RuntimeError(f"{answer['error']}\n{sql[:400]}")
    return answer


def typed(text, ty):
    """A value of a type, of its text."""
    if text is None or ty in ("string", "boolean"):
        return text
    if ty.startswith("array"):
        items = [item.strip("'\"") for item in text[1:-1].split(", ")] if len(text) > 2 else []
        return [item_of(item, ty[6:-1]) for item in items]
    if ty.startswith("decimal"):
        return Decimal(text)
    return {"int": int, "float": float, "date": datetime.date.fromisoformat, "timestamp": datetime.datetime.fromisoformat,
            "datetime": datetime.datetime.fromisoformat}[ty](text)


def item_of(text, ty):
    """An item of a list; Snowflake does not say of what an ARRAY is."""
    if ty not in ("", "null"):
        return typed(text, ty)
    try:
        return json.loads(text)
    except ValueError:
        return text


def kind(ty):
    return re.match("[a-z]+", ty).group()


if DIALECT == "bigquery":
    from on_bigquery import google_type, literal

    def column(name, ty):
        return f"`{name}` {google_type(ty)}{ty.removeprefix('decimal') if ty.startswith('decimal') else ''}"

    DROP = "drop schema if exists {} cascade"
else:
    from on_snowflake import literal, snow_type

    def column(name, ty):
        return f'"{name.upper()}" {snow_type(ty)}'

    DROP = "drop schema if exists {}"


def text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None or isinstance(value, str) else str(value)


class Warehouse:
    name = f"{DIALECT}, for real"
    # Nobody can stand between a real warehouse and a publication.
    interleaves = False
    key_types = re.compile(KEY_TYPES[DIALECT])

    def __init__(self, folder, schema):
        self.schema, self.schemas = schema, {schema}
        self.target, self.environment = TARGET, {}

    def load(self, table, columns, rows):
        schema = table.split(".")[0]
        self.schemas.add(schema)
        statements = [f"create schema if not exists {schema}",
                      f"create or replace table {table} ({', '.join(column(n, ty) for n, ty in columns.items())})"]
        lines = ["select " + ", ".join(literal(text(v), ty) for v, ty in zip(row, columns.values())) for row in rows]
        if lines:
            statements.append(f"insert into {table} " + " union all ".join(lines))
        for answer, sql in zip(ask(statements), statements):
            if "error" in answer:
                raise RuntimeError(f"{answer['error']}\n{sql[:400]}")

    def execute(self, sql):
        one(sql)

    def published(self):
        """Relation → (columns with their kinds, rows)."""
        names = sorted(name for (name,) in one(LISTED[DIALECT].format(self.schema))["rows"])
        if not names:
            return {}
        quote = "`" if DIALECT == "bigquery" else '"'
        return {name.lower(): relation(answer) for name, answer in
                zip(names, ask([f"select * from {self.schema}.{quote}{name}{quote}" for name in names]))}

    def close(self):
        ask([DROP.format(schema) for schema in self.schemas])


def relation(answer):
    columns = [(name.lower(), ty) for name, ty in answer["columns"]]
    rows = [[typed(v, ty) for v, (_, ty) in zip(row, columns)] for row in answer["rows"]]
    return [(name, kind(ty)) for name, ty in columns], rows
