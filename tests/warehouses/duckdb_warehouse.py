"""DuckDB as a warehouse of the story: a file. It is open only while something is read or written by hand: the program wants it alone."""
import os
import re

import duckdb

TYPES = {"boolean": "boolean", "int": "bigint", "float": "double", "string": "varchar", "date": "date",
         "timestamp": "timestamptz", "datetime": "timestamp"}
KINDS = {"BOOLEAN": "boolean", "BIGINT": "int", "INTEGER": "int", "DOUBLE": "float", "VARCHAR": "string", "DATE": "date",
         "TIMESTAMP WITH TIME ZONE": "timestamp", "TIMESTAMP": "datetime"}


def duck_type(ty):
    if ty.startswith("array<"):
        return duck_type(ty[6:-1]) + "[]"
    return ty if ty.startswith("decimal") else TYPES[ty]


def kind(ty):
    if ty.endswith("[]"):
        return "array"
    return "decimal" if ty.startswith("DECIMAL") else KINDS[ty]


def relation(connection, named):
    found = connection.execute(f"select * from {named}")
    return [(name, kind(str(ty))) for name, ty, *_ in found.description], [list(row) for row in found.fetchall()]


class DuckDbWarehouse:
    name = "duckdb"
    # Whoever writes the file has it alone.
    interleaves = False

    def __init__(self, folder, schema):
        self.path, self.schema = os.path.join(folder, "story.duckdb"), schema
        self.target = {"type": "duckdb", "path": self.path}
        self.environment = {}
        self.key_types = re.compile(r"\bBIGINT\b")

    def connect(self):
        connection = duckdb.connect(self.path)
        connection.execute("set timezone = 'UTC'")
        return connection

    def load(self, table, columns, rows):
        with self.connect() as connection:
            connection.execute(f"create schema if not exists {table.split('.')[0]}")
            body = ", ".join(f'"{name}" {duck_type(ty)}' for name, ty in columns.items())
            connection.execute(f"create or replace table {table} ({body})")
            if rows:
                marks = f"({', '.join('?' for _ in columns)})"
                connection.execute(f"insert into {table} values {', '.join([marks] * len(rows))}", [cell for row in rows for cell in row])

    def execute(self, sql):
        with self.connect() as connection:
            connection.execute(sql)

    def published(self):
        """Relation → (columns with their kinds, rows)."""
        with self.connect() as connection:
            names = connection.execute("select table_name from information_schema.tables where table_schema = ?", [self.schema]).fetchall()
            return {name: relation(connection, f'{self.schema}."{name}"') for (name,) in names}

    def close(self):
        pass


Warehouse = DuckDbWarehouse
