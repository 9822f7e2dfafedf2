"""BigQuery's SQL over tables kept here: every statement is read by Google's own analyzer with the catalog of that moment, and queries, INSERT,
UPDATE and DELETE are evaluated by its reference evaluator (googlesql.py). What is written here is what lies around a statement: definitions,
scripts, transactions, INFORMATION_SCHEMA.

Transactions are as documented (https://cloud.google.com/bigquery/docs/transactions): a snapshot; rows that two of them update or delete in
one table are a conflict, rows that they insert are none; permanent tables cannot be defined in one; an error ends the script and rolls back."""
import datetime
import re
import threading

from google.protobuf.empty_pb2 import Empty
from zetasql.wasi._pb2.zetasql.public.value_pb2 import ValueProto

from googlesql import GoogleSql, _catalog, _service, _types, value

ROW = "_segc_row"
PROJECT, LOCATION = "shop", "EU"
# How many of them the analyzer keeps.
CATALOGS = 40
TOKEN = re.compile(r"""(?P<space>\s+|--[^\n]*|\#[^\n]*|/\*.*?\*/)|(?P<string>[rRbB]{0,2}(?:'{3}.*?'{3}|"{3}.*?"{3}|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"))
    |(?P<quoted>`(?:\\.|[^`\\])*`)|(?P<word>[A-Za-z_][A-Za-z_0-9]*)|(?P<number>\.?[0-9][0-9A-Za-z_.]*)|(?P<other>.)""", re.S | re.X)
NAMES = {"DOUBLE": "FLOAT64", "BOOL": "BOOL"}
LEGACY = {"INT64": "INTEGER", "DOUBLE": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD"}
STRING, INT = "STRING", "INT64"
SCHEMA = {
    "COLUMNS": [("table_catalog", STRING), ("table_schema", STRING), ("table_name", STRING), ("column_name", STRING),
                ("ordinal_position", INT), ("is_nullable", STRING), ("data_type", STRING), ("clustering_ordinal_position", INT)],
    "COLUMN_FIELD_PATHS": [("table_catalog", STRING), ("table_schema", STRING), ("table_name", STRING), ("column_name", STRING),
                           ("field_path", STRING), ("data_type", STRING), ("description", STRING)],
    "TABLES": [("table_catalog", STRING), ("table_schema", STRING), ("table_name", STRING), ("table_type", STRING)],
    "VIEWS": [("table_catalog", STRING), ("table_schema", STRING), ("table_name", STRING), ("view_definition", STRING),
              ("check_option", STRING), ("use_standard_sql", STRING)],
    "TABLE_OPTIONS": [("table_catalog", STRING), ("table_schema", STRING), ("table_name", STRING), ("option_name", STRING),
                      ("option_type", STRING), ("option_value", STRING)],
    "SCHEMATA": [("catalog_name", STRING), ("schema_name", STRING), ("location", STRING)],
}


PAST = re.compile(r"\bfrom\s+([\w`.-]+)\s+for system_time as of timestamp '([^']*)'", re.I)


class Failed(Exception):
    """What BigQuery answers instead: a reason and words."""

    def __init__(self, reason, message):
        super().__init__(message)
        self.reason, self.message = reason, message


def tokens(sql):
    """(kind, text, where it begins), without blanks and comments."""
    return [(m.lastgroup, m.group(), m.start()) for m in TOKEN.finditer(sql) if m.lastgroup != "space"]


def statements(sql):
    """The statements of a script, and the line before each."""
    begin, found = 0, []
    for kind, text, at in tokens(sql) + [("other", ";", len(sql))]:
        if kind == "other" and text == ";":
            if tokens(sql[begin:at]):
                found.append((sql[begin:at], sql.count("\n", 0, begin)))
            begin = at + 1
    return found


def type_text(ty):
    kind = _types.TypeKind.Name(ty.type_kind).removeprefix("TYPE_")
    if kind == "ARRAY":
        return f"ARRAY<{type_text(ty.array_type.element_type)}>"
    if kind == "STRUCT":
        return "STRUCT<" + ", ".join(f"{f.field_name} {type_text(f.field_type)}" for f in ty.struct_type.field) + ">"
    return NAMES.get(kind, kind)


def field(name, ty):
    """A column as the REST API has it."""
    if ty.type_kind == _types.TYPE_ARRAY:
        return {**field(name, ty.array_type.element_type), "mode": "REPEATED"}
    kind = _types.TypeKind.Name(ty.type_kind).removeprefix("TYPE_")
    found = {"name": name, "type": LEGACY.get(kind, kind), "mode": "NULLABLE"}
    if kind == "STRUCT":
        found["fields"] = [field(f.field_name, f.field_type) for f in ty.struct_type.field]
    return found


class Table:
    kind = "BASE TABLE"

    def __init__(self, columns, cluster=()):
        self.columns, self.cluster, self.options = list(columns), list(cluster), {}
        # Column → its type with what is in parentheses, where there is something.
        self.precise = {}
        # By a number that no other row has; replaced, never changed.
        self.rows = {}
        # How often rows of it were updated or deleted.
        self.mutations = 0


class View:
    kind = "VIEW"

    def __init__(self, sql, columns, options):
        self.sql, self.columns, self.options, self.cluster, self.precise = sql, columns, options, [], {}


class Transaction:
    def __init__(self, datasets):
        self.seen = {(d, n): (t, t.rows, t.mutations) for d, tables in datasets.items() for n, t in tables.items() if t.kind == "BASE TABLE"}
        self.rows, self.added, self.gone, self.mutated = {}, {}, {}, set()


class Database:
    def __init__(self):
        self.google = GoogleSql()
        self.lock = threading.RLock()
        self.datasets, self.open, self.numbers, self.types, self.catalogs = {}, [], 0, {}, {}

    # Names

    def paths(self, sql):
        """The tables that a statement names."""
        request = _service.ExtractTableNamesFromStatementRequest()
        request.sql_statement = sql
        request.options.CopyFrom(self.google.language)
        answer = self.call("ExtractTableNamesFromStatement", request, _service.ExtractTableNamesFromStatementResponse)
        return [tuple(part for segment in name.table_name_segment for part in segment.split(".")) for name in answer.table_name]

    def find(self, path, session):
        """(columns, rows) of a relation; rows are None where it is a table whose rows are not asked for."""
        parts = path[1:] if path[0] == PROJECT and len(path) > 2 else path
        if parts[-2:-1] == ("INFORMATION_SCHEMA",):
            return self.information(parts)
        if len(parts) != 2:
            raise Failed("invalid", f'Table "{".".join(path)}" must be qualified with a dataset (e.g. dataset.table).')
        dataset, name = parts
        if dataset not in self.datasets:
            raise Failed("notFound", f"Not found: Dataset {PROJECT}:{dataset} was not found in location {LOCATION}")
        found = self.datasets[dataset].get(name)
        if found is None:
            raise Failed("notFound", f"Not found: Table {PROJECT}:{dataset}.{name} was not found in location {LOCATION}")
        if found.kind == "VIEW":
            # What is told of a view's columns is of its making; what is asked of it is of now.
            # https://cloud.google.com/bigquery/docs/views-intro#view_limitations
            columns, rows = self.query(found.sql, session)
            return columns, dict(enumerate(rows))
        return found.columns, self.rows(session, dataset, name)

    def rows(self, session, dataset, name):
        """As the session sees them."""
        table, open_one = self.datasets[dataset][name], session.transaction
        if open_one is None:
            return table.rows
        if (dataset, name) not in open_one.seen:
            return table.rows
        return open_one.rows.get((dataset, name), open_one.seen[dataset, name][1])

    def information(self, parts):
        """A view of INFORMATION_SCHEMA. https://cloud.google.com/bigquery/docs/information-schema-intro"""
        name = parts[-1]
        if name not in SCHEMA:
            raise Failed("notFound", f"Not found: Table {PROJECT}:{'.'.join(parts)}")
        columns, found = [(c, self.type(t)) for c, t in SCHEMA[name]], []
        if name == "SCHEMATA":
            found = [(PROJECT, dataset, LOCATION) for dataset in self.datasets]
        else:
            dataset = parts[0]
            if len(parts) != 3 or dataset not in self.datasets:
                raise Failed("notFound", f"Not found: Dataset {PROJECT}:{dataset} was not found in location {LOCATION}")
            for relation, table in sorted(self.datasets[dataset].items()):
                at = (PROJECT, dataset, relation)
                if name == "TABLES":
                    found.append((*at, table.kind))
                elif name == "VIEWS" and table.kind == "VIEW":
                    found.append((*at, table.sql, None, "YES"))
                elif name == "TABLE_OPTIONS":
                    found += [(*at, option, "STRING", quoted(text)) for option, text in table.options.items()]
                elif name == "COLUMNS":
                    found += [(*at, c, n, "YES", table.precise.get(c) or type_text(t), table.cluster.index(c) + 1 if c in table.cluster else None)
                              for n, (c, t) in enumerate(table.columns, 1)]
                elif name == "COLUMN_FIELD_PATHS":
                    for c, t in table.columns:
                        found += [(*at, c, path, type_text(ty), None) for path, ty in fields(c, t)]
        return columns, {n: [cell(v) for v in row] for n, row in enumerate(found)}

    def type(self, text):
        """A type by its name."""
        if text not in self.types:
            table = self.analysed(f"create table x (c {text})", {})
            self.types[text] = next(t for _, t in defined(table))
        return self.types[text]

    # Asking the analyzer and the evaluator

    def call(self, method, request, response):
        try:
            return self.google.call(method, request, response)
        except Exception as error:
            message = re.sub(r"^\[[A-Z_]+\] ", "", str(error))
            message = re.sub(r" \[at (\d+:\d+)\]$", r" at [\1]", message)
            if "wasm" in message:
                raise
            raise Failed("invalidQuery", message) from None

    def analysed(self, sql, relations):
        """The tree of a statement over {path: columns}."""
        key = tuple((path, tuple((c, type_text(t)) for c, t in columns)) for path, columns in sorted(relations.items()))
        if key not in self.catalogs:
            while len(self.catalogs) >= CATALOGS:
                request = _service.UnregisterRequest()
                request.registered_id = self.catalogs.pop(next(iter(self.catalogs)))
                self.google.call("UnregisterCatalog", request, Empty)
            request = _service.RegisterCatalogRequest()
            self.fill(request.simple_catalog, {})
            for number, (path, columns) in enumerate(relations.items(), 1):
                here = request.simple_catalog
                for part in path[:-1]:
                    there = next((c for c in here.catalog if c.name == part), None)
                    if there is None:
                        there = here.catalog.add()
                        there.name = part
                    here = there
                self.add(here, path[-1], columns, number)
            self.catalogs[key] = self.call("RegisterCatalog", request, _service.RegisterResponse).registered_id
        request = _service.AnalyzeRequest()
        request.registered_catalog_id = self.catalogs[key]
        request.options.language_options.CopyFrom(self.google.language)
        request.options.error_message_mode = 1
        request.sql_statement = sql
        return self.call("Analyze", request, _service.AnalyzeResponse).resolved_statement

    def fill(self, catalog, relations):
        catalog.name = PROJECT
        catalog.builtin_function_options.language_options.CopyFrom(self.google.language)
        for number, (name, columns) in enumerate(relations.items(), 1):
            self.add(catalog, name, columns, number)

    @staticmethod
    def add(catalog, name, columns, number):
        table = catalog.table.add()
        table.name, table.serialization_id = name, number
        for column, ty in columns:
            added = table.column.add()
            added.name = column
            added.type.CopyFrom(ty)

    def meant(self, options):
        options.language_options.CopyFrom(self.google.language)
        options.error_message_mode = 1
        options.default_timezone = "UTC"

    def asked(self, request, sql, session, target):
        """Fills a request to change rows: the statement, its tables by names without dots between them, and their rows. The rows of
        `target` are numbered in a column that nobody sees."""
        known = {path: self.find(path, session) for path in self.paths(sql)}
        relations = {".".join(path): columns for path, (columns, _) in known.items()}
        self.fill(request.simple_catalog, relations)
        for table, (path, (_, rows)) in zip(request.simple_catalog.table, known.items()):
            content = request.table_content[table.name].table_data
            content.SetInParent()
            if path == target:
                number = table.column.add()
                number.name, number.is_pseudo_column, number.type.type_kind = ROW, True, _types.TYPE_INT64
                table.primary_key_column_index.append(len(table.column) - 1)
            for n, row in rows.items():
                cells = content.row.add().cell
                cells.extend(row)
                if path == target:
                    cells.add().int64_value = n
        request.sql = rewritten(sql, {path: f"`{'.'.join(path)}`" for path in known})
        self.meant(request.options)

    def with_tables(self, request, sql, known):
        """Fills a request to read a query: its tables are parameters, as a catalog with tables is made anew for each statement, which
        takes ten times as long."""
        request.registered_catalog_id = self.google.empty
        for number, (columns, _) in enumerate(known.values()):
            parameter = request.options.query_parameters.add()
            parameter.name, parameter.type.type_kind = f"{ROW}_{number}", _types.TYPE_ARRAY
            struct = parameter.type.array_type.element_type
            struct.type_kind = _types.TYPE_STRUCT
            for column, ty in columns:
                added = struct.struct_type.field.add()
                added.field_name = column
                added.field_type.CopyFrom(ty)
        request.sql = rewritten(sql, {path: f"(SELECT * FROM UNNEST(@{ROW}_{n}))" for n, path in enumerate(known)})
        self.meant(request.options)

    def query(self, sql, session):
        """Columns and rows."""
        request = _service.EvaluateQueryRequest()
        known = {path: self.find(path, session) for path in self.paths(sql)}
        self.with_tables(request, sql, known)
        for number, (_, rows) in enumerate(known.values()):
            given = request.params.add()
            given.name = f"{ROW}_{number}"
            given.value.array_value.SetInParent()
            for row in rows.values():
                cells = given.value.array_value.element.add().struct_value
                cells.SetInParent()
                cells.field.extend(row)
        answer = self.call("EvaluateQuery", request, _service.EvaluateQueryResponse)
        columns = [(c.name, c.type) for c in answer.prepared.columns]
        return columns, [list(row.cell) for row in answer.content.table_data.row]

    def prepared(self, sql, known):
        """The columns of a query that is not run. Its tree, which `analysed` gives, may be deeper than the library reads."""
        request = _service.PrepareQueryRequest()
        self.with_tables(request, sql, known)
        answer = self.call("PrepareQuery", request, _service.PrepareQueryResponse).prepared
        done = _service.UnprepareQueryRequest()
        done.prepared_query_id = answer.prepared_query_id
        self.call("UnprepareQuery", done, Empty)
        return [(c.name, c.type) for c in answer.columns]

    # Statements

    def as_it_was(self, sql, session):
        """A statement without FOR SYSTEM_TIME AS OF, which is checked: nothing is written meanwhile here, so what was is what is.
        https://cloud.google.com/bigquery/docs/reference/standard-sql/query-syntax#for_system_time_as_of"""
        for path, at in PAST.findall(sql):
            parts = tuple(path.replace("`", "").split("."))
            columns, _ = self.find(parts, session)
            self.analysed(f"select * from {path} for system_time as of timestamp '{at}'", {parts: columns})
            if self.datasets[parts[-2]][parts[-1]].kind != "BASE TABLE":
                raise Failed("invalidQuery", f"FOR SYSTEM_TIME AS OF is not supported for {path}")
            if datetime.datetime.fromisoformat(at) > datetime.datetime.now(datetime.timezone.utc):
                raise Failed("invalidQuery", f"Invalid snapshot time {at} for table {path}: it is in the future")
            if session.transaction is not None:
                raise Failed("invalidQuery", "time travel in a transaction")
        return PAST.sub(r"from \1", sql)

    def run(self, sql, session):
        """(columns, rows, rows that were changed) of one statement."""
        # The evaluator knows nobody.
        sql = re.sub(r"\bsession_user\(\)", quoted("segc@shop.iam.gserviceaccount.com"), sql)
        sql = self.as_it_was(sql, session)
        words = [text.upper() for kind, text, _ in tokens(sql)[:4] if kind in ("word", "other")]
        first = words[0] if words else ""
        if first in ("SELECT", "WITH", "("):
            columns, rows = self.query(sql, session)
            names = [name.lower() for name, _ in columns]
            twice = next((n for n in names if names.count(n) > 1), None)
            if twice:
                raise Failed("invalidQuery", f"Duplicate column names in the result are not supported. Found duplicate(s): {twice}")
            return columns, stored(columns, rows), None
        if first in ("INSERT", "UPDATE", "DELETE"):
            return [], [], self.modify(first, sql, session)
        if first in ("CREATE", "ALTER", "DROP", "TRUNCATE"):
            self.define(first, sql, session)
        elif first == "ASSERT":
            self.ensure(sql, session)
        elif first == "BEGIN":
            self.analysed(sql, {})
            if session.transaction is not None:
                raise Failed("invalidQuery", "Transaction is already in progress")
            if not session.is_script:
                raise Failed("invalidQuery", "Transaction control statements are supported only in scripts or sessions")
            session.transaction = Transaction(self.datasets)
            self.open.append(session.transaction)
        elif first in ("COMMIT", "ROLLBACK"):
            self.analysed(sql, {})
            if session.transaction is None:
                raise Failed("invalidQuery", f"{first} TRANSACTION without an active transaction")
            self.end(session, commit=first == "COMMIT")
        else:
            self.analysed(sql, {})
            raise Failed("invalidQuery", f"Statement not supported: {' '.join(words[:2])}")
        return [], [], None

    def ensure(self, sql, session):
        found = tokens(sql)
        end = found[-1][2] if found[-1][0] == "string" and found[-2][1].upper() == "AS" else None
        said = found[-1][1][1:-1] if end else "Assertion failed"
        body = sql[found[0][2] + len("assert"):found[-2][2] if end else len(sql)]
        self.analysed(sql, {path: self.find(path, session)[0] for path in self.paths("select " + body)})
        _, rows = self.query("select " + body, session)
        if not value(rows[0][0]):
            raise Failed("invalidQuery", f"Query error: {said}")

    def modify(self, first, sql, session):
        words = tokens(sql)
        start = next(n for n, (_, text, _) in enumerate(words) if text.upper() not in ("INSERT", "INTO", "UPDATE", "DELETE", "FROM"))
        path, n = [words[start][1].strip("`")], start + 1
        while n < len(words) and words[n][1] == ".":
            path.append(words[n + 1][1].strip("`"))
            n += 2
        target = tuple(part for p in path for part in p.split("."))
        dataset, name = target[-2:]
        self.find(target, session)
        table = self.datasets[dataset][name]
        if table.kind == "VIEW":
            raise Failed("invalidQuery", f"Cannot modify the view {dataset}.{name}")
        request = _service.EvaluateModifyRequest()
        self.asked(request, sql, session, target if first != "INSERT" else None)
        answer = self.call("EvaluateModify", request, _service.EvaluateModifyResponse)
        rows = dict(self.rows(session, dataset, name))
        added, gone = {}, set()
        for row in answer.content:
            if first == "INSERT":
                self.numbers += 1
                added[self.numbers] = stored(table.columns, [row.cell])[0]
                continue
            old = value(row.old_primary_key[0])
            gone.add(old)
            if first == "UPDATE":
                added[old] = stored(table.columns, [row.cell])[0]
        for old in gone:
            rows.pop(old, None)
        rows.update(added)
        self.write(session, dataset, name, rows, added, gone, first != "INSERT")
        return len(answer.content)

    def write(self, session, dataset, name, rows, added, gone, mutates):
        table, own, at = self.datasets[dataset][name], session.transaction, (dataset, name)
        conflict = Failed("invalidQuery", f"Transaction is aborted due to concurrent update against table {PROJECT}:{dataset}.{name}.")
        if mutates and any(at in other.mutated for other in self.open if other is not own):
            raise conflict
        if own is None:
            table.rows = rows
            table.mutations += mutates
            return
        if mutates:
            if at in own.seen and own.seen[at][2] != table.mutations:
                raise conflict
            own.mutated.add(at)
        own.rows[at] = rows
        own.gone[at] = own.gone.get(at, set()) | gone
        mine = own.added.setdefault(at, {})
        for old in gone:
            mine.pop(old, None)
        mine.update(added)

    def end(self, session, commit):
        own, session.transaction = session.transaction, None
        if own is None:
            return
        self.open.remove(own)
        for (dataset, name), added in own.added.items() if commit else ():
            table = self.datasets.get(dataset, {}).get(name)
            if table is None or table is not own.seen[dataset, name][0]:
                raise Failed("invalidQuery", f"Transaction is aborted: {dataset}.{name} was dropped")
            rows = {n: row for n, row in table.rows.items() if n not in own.gone[dataset, name]}
            rows.update(added)
            table.rows = rows
            table.mutations += (dataset, name) in own.mutated

    def define(self, first, sql, session):
        if session.transaction is not None:
            raise Failed("invalidQuery", f"{first} of a permanent object is not supported inside a transaction")
        known = {path: self.find(path, session)[0] for path in self.paths(sql)
                 if first != "DROP" and (path[-2:-1] == ("INFORMATION_SCHEMA",) or self.is_there(path) or first == "CREATE")}
        if first == "ALTER":
            path = next(tuple(p for part in re.split(r"\.", "".join(t.strip("`") for _, t, _ in tokens(m.group(1)))) for p in [part])
                        for m in [re.match(r"\s*alter\s+(?:table|view)\s+(?:if\s+exists\s+)?((?:`[^`]*`|[\w.])+)", sql, re.I)])
            known[path] = self.find(path, session)[0]
        node = leaf(self.analysed(sql, known))
        kind = node.DESCRIPTOR.name.removeprefix("Resolved").removesuffix("StmtProto")
        if kind == "CreateSchema":
            name, mode = head(node)
            if name[-1] in self.datasets and mode != "CREATE_IF_NOT_EXISTS":
                raise Failed("duplicate", f"Already Exists: Dataset {PROJECT}:{name[-1]}")
            self.datasets.setdefault(name[-1], {})
            return
        if kind == "AlterTable" or kind == "AlterView":
            return self.alter(node)
        if kind == "Drop" and node.object_type == "SCHEMA":
            name, modes = node.name_path[-1], node.DESCRIPTOR.fields_by_name["drop_mode"].enum_type.values_by_number
            if name not in self.datasets and not node.is_if_exists:
                raise Failed("notFound", f"Not found: Dataset {PROJECT}:{name}")
            if self.datasets.get(name) and modes[node.drop_mode].name != "CASCADE":
                raise Failed("resourceInUse", f"Dataset {PROJECT}:{name} is still in use")
            self.datasets.pop(name, None)
            return
        if kind == "Drop":
            name = tuple(node.name_path)
            there = self.datasets.get(name[-2], {}).get(name[-1])
            if there is None and not node.is_if_exists:
                self.find(name, session)
            if there is not None and there.kind != {"TABLE": "BASE TABLE", "VIEW": "VIEW"}[node.object_type]:
                raise Failed("invalidQuery", f"Cannot drop {'.'.join(name)}: it is a {there.kind}")
            self.datasets.get(name[-2], {}).pop(name[-1], None)
            return
        if kind not in ("CreateTable", "CreateTableAsSelect", "CreateView"):
            raise Failed("invalidQuery", f"Statement not supported: {kind}")
        name, mode = head(node)
        dataset, name = name[-2:] if len(name) > 1 else (None, name)
        if dataset not in self.datasets:
            raise Failed("notFound", f"Not found: Dataset {PROJECT}:{dataset} was not found in location {LOCATION}")
        there = self.datasets[dataset].get(name)
        if there is not None:
            if mode == "CREATE_IF_NOT_EXISTS":
                return
            if mode != "CREATE_OR_REPLACE" or (there.kind == "VIEW") != (kind == "CreateView"):
                raise Failed("duplicate", f"Already Exists: Table {PROJECT}:{dataset}.{name}")
        if kind == "CreateView":
            base = node.parent
            columns = [(c.name, c.column.type) for c in base.output_column_list]
            made = View(base.sql, columns, options(base.option_list))
        else:
            made = Table(defined(node), clusters(node))
            made.precise = precise(node)
            if kind == "CreateTableAsSelect":
                columns, rows = self.query(as_select(sql), session)
                made.columns = columns
                for row in stored(columns, rows):
                    self.numbers += 1
                    made.rows[self.numbers] = row
        self.datasets[dataset][name] = made

    def is_there(self, path):
        return path[-1] in self.datasets.get(path[-2] if len(path) > 1 else "", {})

    def alter(self, node):
        base = node.parent
        table = self.datasets[base.name_path[-2]][base.name_path[-1]]
        for action in base.alter_action_list:
            step = leaf(action)
            kind = step.DESCRIPTOR.name.removeprefix("Resolved").removesuffix("ActionProto")
            if kind == "SetOptions":
                table.options.update(options(step.option_list))
            elif kind == "AddColumn":
                column = step.column_definition
                if any(c.lower() == column.name.lower() for c, _ in table.columns):
                    if step.is_if_not_exists:
                        continue
                    raise Failed("invalidQuery", f"Column already exists: {column.name}")
                table.columns = [*table.columns, (column.name, column.type)]
                rows = stored(table.columns, [[*row, ValueProto()] for row in table.rows.values()])
                table.rows = dict(zip(table.rows, rows))
            elif kind == "DropColumn":
                at = [c.lower() for c, _ in table.columns].index(step.name.lower())
                if table.columns[at][0] in table.cluster:
                    raise Failed("invalidQuery", f"Cannot drop the clustering column {step.name}")
                table.columns = [c for n, c in enumerate(table.columns) if n != at]
                table.rows = {k: [c for n, c in enumerate(row) if n != at] for k, row in table.rows.items()}
            else:
                raise Failed("invalidQuery", f"ALTER TABLE with {kind} is not known here")


def stored(columns, rows):
    """Rows as tables and results hold them: a list that is NULL is empty, and in a list nothing is NULL.
    https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#array_nulls"""
    kept = []
    for row in rows:
        cells = list(row)[:len(columns)]
        for n, (name, ty) in enumerate(columns):
            if ty.type_kind == _types.TYPE_ARRAY:
                if cells[n].WhichOneof("value") is None:
                    cells[n] = ValueProto()
                    cells[n].array_value.SetInParent()
                if any(e.WhichOneof("value") is None for e in cells[n].array_value.element):
                    raise Failed("invalidQuery", f"Array cannot have a null element; error in writing field {name}")
        kept.append(cells)
    return kept


def fields(path, ty):
    found = [(path, ty)]
    inner = ty.array_type.element_type if ty.type_kind == _types.TYPE_ARRAY else ty
    if inner.type_kind == _types.TYPE_STRUCT:
        for f in inner.struct_type.field:
            found += fields(f"{path}.{f.field_name}", f.field_type)
    return found


def cell(v):
    if v is None:
        return ValueProto()
    return ValueProto(int64_value=v) if isinstance(v, int) else ValueProto(string_value=v)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def leaf(node):
    """The innermost of nodes that stand for one of many."""
    while node.DESCRIPTOR.oneofs and node.DESCRIPTOR.name.startswith("Any"):
        node = getattr(node, node.WhichOneof("node"))
    return node


def head(node):
    """The name that is created, and how."""
    while not hasattr(node, "name_path"):
        node = node.parent
    modes = node.DESCRIPTOR.fields_by_name["create_mode"].enum_type.values_by_number
    return tuple(p for part in node.name_path for p in part.split(".")), modes[node.create_mode].name


def defined(node):
    """The columns that are created."""
    node = leaf(node)
    while not hasattr(node, "column_definition_list"):
        node = node.parent
    return [(c.name, c.type) for c in node.column_definition_list]


def precise(node):
    """`NUMERIC(12, 2)`, column by column."""
    while not hasattr(node, "column_definition_list"):
        node = node.parent
    found = {}
    for column in node.column_definition_list:
        given = column.annotations.type_parameters.numeric_type_parameters
        if given.HasField("precision"):
            found[column.name] = f"{type_text(column.type)}({given.precision}, {given.scale})"
    return found


def clusters(node):
    found = []
    for expression in getattr(node, "cluster_by_list", []):
        found.append(leaf(expression).column.name)
    return found


def options(listed):
    return {option.name: value(leaf(option.value).value.value) for option in listed}


def as_select(sql):
    """The query of CREATE TABLE … AS."""
    depth = 0
    for kind, text, at in tokens(sql):
        depth += (text in "(<") - (text in ")>") if kind == "other" else 0
        if kind == "word" and text.upper() == "AS" and depth == 0:
            return sql[at + 2:]
    raise Failed("invalidQuery", "CREATE TABLE without a query")


def rewritten(sql, known):
    """Every path of these as what it stands for; a table without an alias keeps the name that it has in its dataset."""
    found, out, end, n = tokens(sql), [], 0, 0
    after = {"FROM", "JOIN", "UPDATE"}
    while n < len(found):
        path, last = [], n
        if found[n][0] in ("word", "quoted") and (n == 0 or found[n - 1][1] != "."):
            path = found[n][1].strip("`").split(".")
            while last + 2 < len(found) and found[last + 1][1] == "." and found[last + 2][0] in ("word", "quoted"):
                last += 2
                path += found[last][1].strip("`").split(".")
        while path and tuple(path) not in known:
            path, last = path[:-1], last - 2
        if path:
            out.append(sql[end:found[n][2]] + known[tuple(path)])
            end = found[last][2] + len(found[last][1])
            following = found[last + 1] if last + 1 < len(found) else ("other", "", 0)
            keyword = following[1].upper() in KEYWORDS or following[0] not in ("word", "quoted")
            if found[n - 1][1].upper() in after and keyword and following[1].upper() != "AS":
                out.append(f" AS `{path[-1]}`")
            n = last
        n += 1
    return "".join(out) + sql[end:]


KEYWORDS = set("""ON WHERE GROUP ORDER HAVING LIMIT UNION JOIN LEFT RIGHT FULL INNER CROSS SET QUALIFY WINDOW USING EXCEPT INTERSECT FOR
    TABLESAMPLE AS""".split())


class Session:
    """A job's: its transaction, while one is open."""

    def __init__(self, is_script):
        self.transaction, self.is_script = None, is_script
