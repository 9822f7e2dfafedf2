"""Snowflake's SQL API on this machine, over fakesnow: for the program as it is, without its knowledge.

What the API does is its pages': a bearer token, requests with ids that are executed once, 202 until a statement is done, partitions,
requests of several statements with their number, a session of its own for each, which is rolled back where it ends in a transaction.
https://docs.snowflake.com/en/developer-guide/sql-api/reference
https://docs.snowflake.com/en/developer-guide/sql-api/submitting-multiple-statements

fakesnow (sqlglot and DuckDB) executes; where it is known to do otherwise than Snowflake, it is corrected here or the statement refused:

- DDL would commit the transaction that it is in: nobody here may want that, so it is refused. https://docs.snowflake.com/en/sql-reference/transactions#ddl
- ALTER SESSION is not known there: of parameters only those are taken that Snowflake has.
  https://docs.snowflake.com/en/sql-reference/parameters
- SUM of whole numbers and decimals is exact. https://docs.snowflake.com/en/sql-reference/functions/sum
- ARRAY_AGG leaves NULLs out. https://docs.snowflake.com/en/sql-reference/functions/array_agg
- MD5_NUMBER_LOWER64 is the lower half of the hash. https://docs.snowflake.com/en/sql-reference/functions/md5_number_lower64
- Comments of views are kept, and gone when the view is replaced. https://docs.snowflake.com/en/sql-reference/info-schema/views
- INFORMATION_SCHEMA.COLUMNS has NUMBER for every whole number, and ARRAY where there it is JSON: by the column's declaration, else by
  the items that are in it, else ARRAY. https://docs.snowflake.com/en/sql-reference/info-schema/columns
- A name in quotes is that very name; there, `"segment"` is SEGMENT. Names with small letters are refused: nobody makes any here.
  https://docs.snowflake.com/en/sql-reference/identifiers-syntax
- DELETE and UPDATE know no other name for their table, ALTER COLUMN no USING; TEMPORARY tables end with the request.
  https://docs.snowflake.com/en/sql-reference/sql/delete  https://docs.snowflake.com/en/sql-reference/sql/update
- CAST of a text that is no number fails in Snowflake's words.
- AT reads tables as they were; here nothing is written meanwhile, so what was is what is. It is refused for views and for the future.
  https://docs.snowflake.com/en/sql-reference/constructs/at-before
- What `on_snowflake.py` helps with: TO_NUMBER of hexadecimal digits, functions of ARRAYs.

Not corrected, so nothing is shown of it: TRANSIENT, CLUSTER BY and COPY GRANTS are taken and do nothing; nothing is ever locked, since one
request is executed at a time; rights are not asked for; the compiler takes more subqueries than Snowflake's."""
import datetime
import decimal
import gzip
import http.server
import json
import os
import re
import sys
import threading
import uuid

import fakesnow.transforms
import snowflake.connector.errors
import sqlglot
from fakesnow.instance import FakeSnow

from on_snowflake import MACROS, helped

TOKEN = "pat-of-the-story"
PARTITION = 50
DATABASE = "SHOP"
PARAMETERS = {"timezone", "week_start", "week_of_year_policy", "timestamp_type_mapping", "timestamp_input_format", "date_input_format",
              "time_input_format", "two_digit_century_start", "default_null_ordering", "quoted_identifiers_ignore_case",
              "transaction_abort_on_error", "lock_timeout"}
TYPES = {"BIGINT": "fixed", "INTEGER": "fixed", "HUGEINT": "fixed", "UBIGINT": "fixed", "SMALLINT": "fixed", "TINYINT": "fixed", "UHUGEINT": "fixed",
         "VARCHAR": "text", "DOUBLE": "real", "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "timestamp_ntz", "TIMESTAMP_NS": "timestamp_ntz",
         "TIMESTAMP WITH TIME ZONE": "timestamp_tz", "JSON": "variant", "\"NULL\"": "text"}
DDL = re.compile(r"\s*(create|drop|alter\s+(table|view)|comment)\b", re.I)
# What a single statement cannot be: https://docs.snowflake.com/en/developer-guide/sql-api/intro#limitations-of-the-sql-api
ONLY_TOGETHER = re.compile(r"\s*(begin|commit|rollback|use|set|alter\s+session|create\s+(or\s+replace\s+)?temp)\b", re.I)
FOREIGN = [(re.compile(r"\s*delete\s+from\s+\S+\s+as\b", re.I), "DELETE knows no alias"),
           (re.compile(r"\s*update\s+\S+\s+as\b", re.I), "UPDATE knows no alias"),
           (re.compile(r"\s*alter\s+table\b.*\busing\b", re.I | re.S), "ALTER COLUMN knows no USING"),
           (re.compile(r"\s*create\s+(or\s+replace\s+)?temp", re.I), "a temporary table ends with its request")]
VIEW = re.compile(r"\s*create\s+(?:or\s+replace\s+)?view\s+(\S+)(?:\s+copy\s+grants)?(?:\s+comment\s*=\s*'((?:[^'\\]|''|\\.)*)')?\s+as\b", re.I)
PAST = re.compile(r"\bfrom\s+([\w\".]+)\s+at\(timestamp => cast\('([^']*)' as timestamp_tz\)\)", re.I)
PUBLICATION = re.compile(r"update\s+\S*segc_state\b", re.I)

COLUMNS = """
create or replace view _fs_global._fs_information_schema._fs_columns as
select c.database_name as TABLE_CATALOG, c.schema_name as TABLE_SCHEMA, c.table_name as TABLE_NAME, c.column_name as COLUMN_NAME,
    c.column_index as ORDINAL_POSITION, c.column_default as COLUMN_DEFAULT, case when c.is_nullable then 'YES' else 'NO' end as IS_NULLABLE,
    case
        when c.data_type like 'DECIMAL%' or c.data_type like '%INT%' then 'NUMBER'
        when c.data_type = 'VARCHAR' then 'TEXT'
        when c.data_type = 'DOUBLE' then 'FLOAT'
        when c.data_type like 'TIMESTAMP WITH%' then 'TIMESTAMP_TZ'
        when c.data_type like 'TIMESTAMP%' then 'TIMESTAMP_NTZ'
        when c.data_type = 'JSON' then coalesce(
            (select k.kind from _fs_global.main.kinds k
             where k.relation = c.schema_name || '.' || c.table_name and k.name = c.column_name), 'ARRAY')
        else c.data_type
    end as DATA_TYPE,
    case when c.data_type = 'VARCHAR' then 16777216 end as CHARACTER_MAXIMUM_LENGTH,
    case when c.data_type like 'DECIMAL%' then c.numeric_precision when c.data_type like '%INT%' then 38 end as NUMERIC_PRECISION,
    case when c.data_type like 'DECIMAL%' then c.numeric_scale when c.data_type like '%INT%' then 0 end as NUMERIC_SCALE,
    cast(null as integer) as DATETIME_PRECISION, c.comment as COMMENT
from duckdb_columns() c
where c.schema_name not in ('_fs_information_schema', 'main')
"""
VIEWS = f"""
create or replace view {DATABASE}._fs_information_schema._fs_views as
select database_name as TABLE_CATALOG, schema_name as TABLE_SCHEMA, view_name as TABLE_NAME, sql as VIEW_DEFINITION, comment as COMMENT
from duckdb_views() where database_name = '{DATABASE}' and schema_name <> '_fs_information_schema'
"""


class Refused(Exception):
    """A statement that Snowflake would not run: code, state, words."""


def refusal(error):
    """What Snowflake would say: (code, state, message)."""
    if isinstance(error, Refused):
        return error.args
    message = getattr(error, "msg", None) or str(error)
    number = re.search(r"Could not convert string '(.*?)' to (INT|DECIMAL|HUGE)", message)
    if number:
        return "100038", "22018", f"Numeric value '{number.group(1)}' is not recognized"
    if isinstance(error, snowflake.connector.errors.Error):
        return f"{error.errno:06d}", error.sqlstate or "42000", f"SQL compilation error:\n{message}"
    return "000603", "XX000", f"{type(error).__name__}: {message}"


def as_it_was(session, sql):
    """A statement without AT, which is checked."""
    for relation, at in PAST.findall(sql):
        schema, name = relation.upper().replace('"', "").split(".")[-2:]
        tables = session._duck_conn.execute("select 1 from duckdb_tables() where schema_name = ? and table_name = ?", [schema, name]).fetchall()
        if not tables:
            raise Refused("002262", "22000", f"SQL compilation error:\nTime travel is not there for {relation}")
        if datetime.datetime.fromisoformat(at) > datetime.datetime.now(datetime.timezone.utc):
            raise Refused("000707", "02000", f"Time travel data is not available for table {relation}: {at} is in the future")
    return PAST.sub(r"from \1", sql)


def split(text):
    """The statements of a text: at semicolons outside of quotes and comments."""
    found, start = [], 0
    for match in re.finditer(r"'(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|;", text, re.S):
        if match.group() == ";":
            found.append((text[start:match.start()], text.count("\n", 0, start) + 1))
            start = match.end()
    found.append((text[start:], text.count("\n", 0, start) + 1))
    return [(sql, line + sql[:len(sql) - len(sql.lstrip())].count("\n")) for sql, line in found if sql.strip()]


def names_in_quotes(sql):
    plain = re.sub(r"'(?:[^'\\]|''|\\.)*'|--[^\n]*|/\*.*?\*/", "", sql, flags=re.S)
    return re.findall(r'"((?:[^"]|"")*)"', plain)


def without_nulls(transform):
    """ARRAY_AGG, and what is NULL left out."""
    def transformed(expression):
        made = transform(expression)
        return made if made is expression else sqlglot.exp.Anonymous(this="segc_array_compact", expressions=[made])

    return transformed


class Job:
    def __init__(self):
        self.handle, self.done = str(uuid.uuid4()), threading.Event()
        self.error, self.columns, self.rows, self.children = None, [], [], []


class Account:
    """An account: one database, one virtual warehouse, one token."""

    def __init__(self):
        fakesnow.transforms.numeric_agg_implicit_cast = lambda expression: expression
        fakesnow.transforms.array_agg_within_group = without_nulls(fakesnow.transforms.array_agg_within_group)
        self.fake, self.lock = FakeSnow(), threading.RLock()
        self.jobs, self.requests, self.statements = {}, {}, []
        self.overtaken = None
        with self.session() as session:
            duck = session._duck_conn
            duck.execute(MACROS)
            duck.execute("create macro m_d5_number_lower64(x) as md5_number_lower(x)")
            duck.execute("create table _fs_global.main.kinds (relation varchar, name varchar, kind varchar)")
            duck.execute(COLUMNS)
            duck.execute(VIEWS)
        account = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # An answer is one packet: two wait for each other.
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_POST(self):
                account.answer(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def do_GET(self):
                account.answer(self, b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def session(self):
        return self.fake.connect(DATABASE, "PUBLIC")

    def close(self):
        self.server.shutdown()

    def answer(self, handler, body):
        status, said = self.route(handler, body)
        packed = gzip.compress(json.dumps(said).encode())
        handler.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))):
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(packed)

    def route(self, handler, body):
        if not handler.headers.get("User-Agent"):
            return 400, {"code": "391903", "message": "User-Agent header is required"}
        known = handler.headers.get("Authorization") == f"Bearer {TOKEN}"
        if not known or handler.headers.get("X-Snowflake-Authorization-Token-Type") != "PROGRAMMATIC_ACCESS_TOKEN":
            return 401, {"code": "390303", "message": "Invalid access token."}
        path, _, query = handler.path.partition("?")
        parameters = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        parts = path.removeprefix("/api/v2/statements").strip("/").split("/")
        if handler.command == "POST" and parts == [""]:
            return self.submit(parameters, body)
        job = self.jobs.get(parts[0])
        if job is None:
            return 404, {"code": "391918", "message": "Statement handle not found."}
        if handler.command == "POST":
            return 200, {"code": "000604", "message": "successfully canceled", "statementHandle": job.handle}
        job.done.wait(0.5)
        return self.result(job, int(parameters.get("partition", 0)))

    def submit(self, parameters, body):
        number = parameters["requestId"]
        with self.lock:
            job = self.requests.get(number)
            if job is None:
                job = self.requests[number] = Job()
                self.jobs[job.handle] = job
                threading.Thread(target=self.work, args=(job, json.loads(body)), daemon=True).start()
        return 202, self.said(job, "333334", "Asynchronous execution in progress.")

    def work(self, job, body):
        text = body["statement"]
        overtaken = self.overtaken
        if overtaken and PUBLICATION.search(text):
            self.overtaken = None
            overtaken()
        with self.lock:
            try:
                self.run(job, text, body)
            except Exception as error:
                job.error = refusal(error)
                if "SEGC_SHOW" in os.environ:
                    print(f"{job.error}\n{self.statements[-1]}", file=sys.stderr)
        job.done.set()

    def run(self, job, text, body):
        statements = split(text)
        wanted = body.get("parameters", {}).get("MULTI_STATEMENT_COUNT", "1")
        if str(len(statements)) != wanted:
            raise Refused("000008", "0A000", f"Actual statement count {len(statements)} did not match the desired statement count {wanted}.")
        if len(statements) == 1 and ONLY_TOGETHER.match(text):
            raise Refused("391911", "0A000", "only in a request of several statements")
        if len(statements) > 1 and body.get("warehouse") != "WH":
            raise Refused("000606", "57P03", "No active warehouse selected in the current session.")
        with self.session() as session:
            is_open = False
            try:
                for sql, line in statements:
                    try:
                        is_open = self.execute(session, sql, is_open, job)
                    except Exception as error:
                        code, state, message = refusal(error)
                        if len(statements) > 1:
                            message = (f'JavaScript execution error: Uncaught Execution of multiple statements failed on statement "{sql.strip()[:30]}" '
                                       f"(at line {line}, position 0).\n{message} in <unknown> at 'execAndGetStats(handle);' position 0")
                        raise Refused(code, state, message) from error
            finally:
                # The session ends with its request. https://docs.snowflake.com/en/sql-reference/transactions#transaction-id
                if is_open:
                    session._duck_conn.rollback()
        if len(statements) == 1:
            child = job.children.pop()
            job.columns, job.rows = child.columns, child.rows

    def execute(self, session, sql, is_open, job):
        """Runs one statement; whether a transaction is open afterwards."""
        self.statements.append(sql.strip())
        parameters = re.match(r"\s*alter\s+session\s+set\s+(.*)", sql, re.I | re.S)
        if parameters:
            for name, _ in re.findall(r"(\w+)\s*=\s*('[^']*'|\S+)", parameters.group(1)):
                if name.lower() not in PARAMETERS:
                    raise Refused("002211", "42601", f"SQL compilation error:\nInvalid parameter '{name}'")
            return self.keep(job, [column("status", "VARCHAR")], [["Statement executed successfully."]], is_open)
        for pattern, why in FOREIGN:
            if pattern.match(sql):
                raise Refused("001003", "42000", f"SQL compilation error:\nsyntax error: {why}")
        for name in names_in_quotes(sql):
            if name != name.upper():
                raise Refused("000904", "42000", f"SQL compilation error:\ninvalid identifier '\"{name}\"'")
        sql = as_it_was(session, sql)
        if DDL.match(sql) and is_open:
            raise Refused("090236", "22000", "SQL compilation error:\nDDL would commit the open transaction")
        cursor = session.cursor()
        cursor.execute(helped(sql), server=True)
        word = sql.split(None, 1)[0].lower().rstrip(";")
        is_open = word == "begin" or (is_open and word not in ("commit", "rollback"))
        self.remember(session, sql)
        table = cursor._arrow_table
        rows = list(zip(*[c.to_pylist() for c in table.columns])) if table is not None else []
        if word in ("insert", "update", "delete"):
            columns = [column(name, "BIGINT") for name in table.column_names]
        else:
            columns = [column(name, ty, [row[n] for row in rows]) for n, (name, ty, *_) in enumerate(cursor._describe_last_sql())]
        return self.keep(job, columns, [[cell(value, c["type"]) for value, c in zip(row, columns)] for row in rows], is_open)

    def keep(self, job, columns, rows, is_open):
        child = Job()
        child.columns, child.rows = columns, rows
        child.done.set()
        self.jobs[child.handle] = child
        job.children.append(child)
        return is_open

    def remember(self, session, sql):
        """What fakesnow forgets of DDL."""
        duck = session._duck_conn
        view = VIEW.match(sql)
        if view:
            comment = (view.group(2) or "").replace("\\\\", "\\").replace("'", "''").replace("''''", "''")
            duck.execute(f"comment on view {DATABASE}.{view.group(1)} is '{comment}'" if view.group(2) else f"comment on view {DATABASE}.{view.group(1)} is null")
        comment = re.match(r"\s*comment\s+on\s+view\s+(\S+)\s+is\s+('.*')", sql, re.I | re.S)
        if comment:
            duck.execute(f"comment on view {DATABASE}.{comment.group(1)} is {comment.group(2)}")
        made = re.match(r"\s*create\s+(?:or\s+replace\s+)?(?:transient\s+)?table\s+(?:if\s+not\s+exists\s+)?(\S+)", sql, re.I)
        if made:
            schema, name = made.group(1).upper().replace('"', "").split(".")[-2:]
            relation = f"{schema}.{name}"
            duck.execute("delete from _fs_global.main.kinds where relation = ?", [relation])
            found = duck.execute("select column_name from duckdb_columns() where schema_name = ? and table_name = ? and data_type = 'JSON'", [schema, name])
            for (column_name,) in found.fetchall():
                kinds = duck.execute(f'select distinct json_type("{column_name}") from {DATABASE}.{relation} where "{column_name}" is not null').fetchall()
                declared = re.search(rf"\b{column_name}\b\"?\s+variant\b", sql, re.I)
                kind = "VARIANT" if declared or any(k != ("ARRAY",) for k in kinds) else "ARRAY"
                duck.execute("insert into _fs_global.main.kinds values (?, ?, ?)", [relation, column_name, kind])

    def said(self, job, code, message, state="00000"):
        return {"code": code, "sqlState": state, "message": message, "statementHandle": job.handle,
                "statementStatusUrl": f"/api/v2/statements/{job.handle}"}

    def result(self, job, partition):
        if not job.done.is_set():
            return 202, self.said(job, "333334", "Asynchronous execution in progress.")
        if job.error:
            code, state, message = job.error
            return 422, self.said(job, code, message, state)
        parts = [job.rows[n:n + PARTITION] for n in range(0, len(job.rows), PARTITION)] or [[]]
        if partition:
            return 200, {"data": parts[partition]}
        said = self.said(job, "090001", "Statement executed successfully.")
        if job.children:
            said["statementHandles"] = [child.handle for child in job.children]
            return 200, {**said, "data": [["Multiple statements executed successfully."]], "resultSetMetaData": {
                "numRows": 1, "format": "jsonv2", "rowType": [column("multiple statement execution", "VARCHAR")], "partitionInfo": [{"rowCount": 1}]}}
        changed = {c["name"]: row for c, row in zip(job.columns, job.rows[0])} if len(job.rows) == 1 else {}
        counts = {verb: changed.get(f"number of rows {verb}") for verb in ("inserted", "updated", "deleted")}
        if any(counts.values()):
            said["stats"] = {f"numRows{verb.capitalize()}": int(n or 0) for verb, n in counts.items()}
        return 200, {**said, "data": parts[0], "resultSetMetaData": {
            "numRows": len(job.rows), "format": "jsonv2", "rowType": job.columns, "partitionInfo": [{"rowCount": len(p)} for p in parts]}}


def column(name, ty, values=()):
    """As `rowType` has it. https://docs.snowflake.com/en/developer-guide/sql-api/reference#resultset-metadata
    Which JSON is an ARRAY is known by its values alone."""
    kind = "fixed" if ty.startswith("DECIMAL") else TYPES[ty]
    if kind == "variant" and all(value is None or value.startswith("[") for value in values):
        kind = "array"
    digits = re.search(r"\((\d+),\s*(\d+)\)", ty)
    precision, scale = map(int, digits.groups()) if digits else (38, 0)
    return {"name": name, "type": kind, "nullable": True, **({"precision": precision, "scale": scale} if kind == "fixed" else {})}


def cell(value, kind):
    """As `jsonv2` has it. https://docs.snowflake.com/en/developer-guide/sql-api/handling-responses"""
    if value is None:
        return None
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "date":
        return str((value - datetime.date(1970, 1, 1)).days)
    if kind.startswith("timestamp"):
        at = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        since = at - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        text = f"{since.days * 86400 + since.seconds}.{since.microseconds * 1000:09d}"
        return f"{text} 1440" if kind == "timestamp_tz" else text
    if kind == "real":
        return repr(float(value)).removesuffix(".0")
    return format(value, "f") if isinstance(value, decimal.Decimal) else str(value)
