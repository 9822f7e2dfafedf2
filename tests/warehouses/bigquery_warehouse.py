"""BigQuery as a warehouse of the story: the server of bigquery_server.py, in this process."""
import os
import re
from decimal import Decimal

from bigquery_server import PROJECT, start
from bigquery_sql import Session, type_text
from googlesql import value
from on_bigquery import google_type, literal

KINDS = {"BOOL": "boolean", "INT64": "int", "FLOAT64": "float", "STRING": "string", "DATE": "date", "TIMESTAMP": "timestamp",
         "DATETIME": "datetime", "NUMERIC": "decimal", "BIGNUMERIC": "decimal"}


def column_type(ty):
    """With its digits, where it has some."""
    return google_type(ty) + ty.removeprefix("decimal") if ty.startswith("decimal") else google_type(ty)


def text(v):
    """A value as on_bigquery.literal reads it."""
    if isinstance(v, bool):
        return "true" if v else "false"
    return v if v is None or isinstance(v, str) else str(v)


class Warehouse:
    name = "bigquery"
    interleaves = True
    # How it names the types of keys.
    key_types = re.compile(r"\bINT64\b")

    def __init__(self, folder, schema):
        log = os.environ.get("SEGC_STORY_LOG")
        self.schema, self.log = schema, open(log, "a", encoding="utf-8") if log else None
        address, self.server = start(self.log)
        self.target = {"type": "bigquery", "project": PROJECT, "location": "EU", "method": "oauth-secrets", "api_endpoint": address,
                       "token": "{{ env_var('SEGC_ENV_SECRET_TOKEN') }}"}
        self.environment = {"SEGC_ENV_SECRET_TOKEN": "ya29.a-token-for-the-story"}
        self.place = f"project `{PROJECT}`"

    def execute(self, sql):
        with self.server.database.lock:
            return self.server.database.run(sql, Session(is_script=False))

    def load(self, table, columns, rows):
        self.execute(f"create schema if not exists {table.split('.')[0]}")
        body = ", ".join(f"`{name}` {column_type(ty)}" for name, ty in columns.items())
        self.execute(f"create or replace table {table} ({body})")
        if rows:
            lines = [f"({', '.join(literal(text(v), ty) for v, ty in zip(row, columns.values()))})" for row in rows]
            self.execute(f"insert into {table} values {', '.join(lines)}")

    def published(self):
        """Relation → (columns with their kinds, rows)."""
        database = self.server.database
        with database.lock:
            return {name: self.relation(database, name) for name in database.datasets.get(self.schema, {})}

    def relation(self, database, name):
        columns, rows = database.find((self.schema, name), Session(is_script=False))
        kinds = [kind(ty) for _, ty in columns]
        return [(c, k) for (c, _), k in zip(columns, kinds)], [[typed(value(v), k) for v, k in zip(row, kinds)] for row in rows.values()]

    def before_next_publication(self, does):
        """Before the next script is run, something else happens."""
        self.server.before = does

    def close(self):
        if self.log:
            self.log.close()


def kind(ty):
    named = type_text(ty)
    return "array" if named.startswith("ARRAY<") else KINDS[named]


def typed(v, kind):
    # NUMERIC comes as an exact fraction.
    return Decimal(v.numerator) / Decimal(v.denominator) if kind == "decimal" and v is not None else v
