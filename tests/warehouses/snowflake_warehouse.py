"""Snowflake as a warehouse of the story: fakesnow behind `snowflake_server.py`."""
import datetime
import json
import logging
import re
import warnings

from snowflake_server import DATABASE, TOKEN, Account

TYPES = {"boolean": "BOOLEAN", "int": "NUMBER(38, 0)", "float": "FLOAT", "string": "VARCHAR", "date": "DATE", "timestamp": "TIMESTAMP_TZ",
         "datetime": "TIMESTAMP_NTZ"}
KINDS = {"BOOLEAN": "boolean", "DOUBLE": "float", "VARCHAR": "string", "DATE": "date", "TIMESTAMP WITH TIME ZONE": "timestamp",
         "TIMESTAMP": "datetime", "JSON": "array"}


def kind(ty):
    if ty.startswith("DECIMAL"):
        return "int" if ty.endswith(",0)") else "decimal"
    return "int" if "INT" in ty else KINDS[ty]


def value(found, ty):
    if ty == "array" and found is not None:
        return json.loads(found)
    return int(found) if ty == "int" and found is not None else found


class Warehouse:
    name = "snowflake"
    interleaves = True
    key_types = re.compile(r"\bNUMBER\(38, 0\)")

    def __init__(self, folder, schema):
        warnings.simplefilter("ignore")
        logging.getLogger("sqlglot").setLevel(logging.ERROR)
        self.schema, self.account = schema.upper(), Account()
        self.target = {"type": "snowflake", "account": "myorg-shop", "host": "127.0.0.1", "port": self.account.port, "protocol": "http",
                       "authenticator": "programmatic_access_token", "token": "{{ env_var('SEGC_ENV_SECRET_TOKEN') }}",
                       "warehouse": "WH", "database": DATABASE, "role": "SEGC"}
        self.environment = {"SEGC_ENV_SECRET_TOKEN": TOKEN}

    def load(self, table, columns, rows):
        schema = table.split(".")[0]
        with self.account.lock, self.account.session() as session:
            session.cursor().execute(f"create schema if not exists {schema}")
            body = ", ".join(f'"{name.upper()}" {TYPES.get(ty, "NUMBER" + ty[7:])}' for name, ty in columns.items())
            session.cursor().execute(f"create or replace table {DATABASE}.{table} ({body})")
            if rows:
                marks = f"({', '.join('?' for _ in columns)})"
                cells = [cell for row in rows for cell in row]
                session._duck_conn.execute(f"insert into {DATABASE}.{table} values {', '.join([marks] * len(rows))}", cells)

    def execute(self, sql):
        with self.account.lock, self.account.session() as session:
            session.cursor().execute(sql)
            self.account.remember(session, sql)

    def published(self):
        with self.account.lock, self.account.session() as session:
            duck = session._duck_conn
            found = duck.execute("select table_name from duckdb_tables() where schema_name = $1 union select view_name from duckdb_views() "
                                 "where schema_name = $1", [self.schema]).fetchall()
            return {name.lower(): self.relation(duck, name) for (name,) in found}

    def relation(self, duck, name):
        result = duck.execute(f'select * from {DATABASE}.{self.schema}."{name}"')
        columns = [(column.lower(), kind(str(ty))) for column, ty, *_ in result.description]
        return columns, [[value(cell, ty) for cell, (_, ty) in zip(row, columns)] for row in result.fetchall()]

    def before_next_publication(self, callback):
        self.account.overtaken = callback

    def close(self):
        self.account.close()
