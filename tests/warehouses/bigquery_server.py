"""A BigQuery on loopback: the calls of the REST API that segc makes, and their SQL done by Google's own analyzer and reference evaluator
(bigquery_sql.py). Any bearer token is let in; the project is `shop`, its datasets are in the EU.

    bigquery_server.py [--port N] [--log FILE]

Prints its address when it listens. A job is done when its making is answered; of a script the others see what is committed, statement by
statement. --log writes every statement as a line of JSON."""
import base64
import datetime
import decimal
import json
import re
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bigquery_sql import LOCATION, PROJECT, Database, Failed, Session, _types, field, statements, tokens
from googlesql import value

REFUSED = {"duplicate": 409, "notFound": 404, "invalid": 400, "authError": 401}


def written(cell, ty):
    """A cell as getQueryResults has it. https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/getQueryResults"""
    if cell.WhichOneof("value") is None:
        return {"v": [] if ty.type_kind == _types.TYPE_ARRAY else None}
    if ty.type_kind == _types.TYPE_ARRAY:
        return {"v": [written(e, ty.array_type.element_type) for e in cell.array_value.element]}
    if ty.type_kind == _types.TYPE_STRUCT:
        return {"v": {"f": [written(c, f.field_type) for c, f in zip(cell.struct_value.field, ty.struct_type.field)]}}
    found = value(cell)
    if isinstance(found, bool):
        text = "true" if found else "false"
    elif isinstance(found, datetime.datetime) and found.tzinfo:
        text = str((found - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1))
    elif isinstance(found, (datetime.date, datetime.datetime)):
        text = found.isoformat()
    elif isinstance(found, bytes):
        text = base64.b64encode(found).decode()
    elif ty.type_kind in (_types.TYPE_NUMERIC, _types.TYPE_BIGNUMERIC):
        with decimal.localcontext(prec=80):
            number = decimal.Decimal(found.numerator) / decimal.Decimal(found.denominator)
            text = f"{number:f}"
    elif isinstance(found, float):
        text = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(str(found), repr(found))
    else:
        text = str(found)
    return {"v": text}


class Server:
    def __init__(self, log=None):
        self.database, self.jobs, self.log, self.lock = Database(), {}, log, threading.Lock()
        # What happens before the next script, once.
        self.before = None

    def answer(self, method, path, fields, body):
        """(status, body)"""
        parts = path.removeprefix(f"/bigquery/v2/projects/{PROJECT}/").split("/")
        if method == "POST" and parts == ["jobs"]:
            return self.insert(body)
        if parts[0] in ("jobs", "queries") and len(parts) > 1:
            job = self.jobs.get(parts[1])
            if job is None or fields.get("location", LOCATION) != LOCATION:
                return refused("notFound", f"Not found: Job {PROJECT}:{LOCATION}.{parts[1]}")
            if parts[0] == "queries":
                return 200, self.results(job, fields)
            if parts[2:] == ["cancel"]:
                job["stopped"] = True
                return 200, {"job": job["resource"]}
            return 200, job["resource"]
        return refused("notFound", "Not found: this path")

    def insert(self, body):
        configuration, reference = body["configuration"], body.get("jobReference", {})
        query = configuration["query"]
        assert query["useLegacySql"] is False
        sql, identity = query["query"], reference.get("jobId")
        if reference.get("location") not in (None, LOCATION):
            return refused("notFound", f"Not found: Dataset {PROJECT} was not found in location {reference['location']}")
        if configuration.get("dryRun"):
            return self.dry_run(sql, configuration)
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,1024}", identity), identity
        resource = {"jobReference": {"projectId": PROJECT, "jobId": identity, "location": LOCATION},
                    "configuration": configuration, "status": {"state": "RUNNING"}, "statistics": {"query": {}}}
        job = {"resource": resource, "columns": [], "rows": [], "stopped": False}
        with self.lock:
            if identity in self.jobs:
                return refused("duplicate", f"Already Exists: Job {PROJECT}:{LOCATION}.{identity}")
            self.jobs[identity] = job
        self.run(job, sql, configuration.get("labels", {}))
        return 200, resource

    def run(self, job, sql, labels):
        parts = statements(sql)
        if len(parts) > 1 and self.before:
            before, self.before = self.before, None
            before()
        session, resource, begun = Session(is_script=len(parts) > 1), job["resource"], 0
        status = {"state": "DONE"}
        try:
            if len(sql.encode()) > 1024 * 1024:
                raise Failed("invalid", "The query is too large. The maximum standard SQL query length is 1024.00K characters")
            for text, line in parts:
                if job["stopped"]:
                    raise Failed("stopped", "Job execution was cancelled: User requested cancellation")
                self.note(text, labels)
                begun += 1
                try:
                    with self.database.lock:
                        job["columns"], job["rows"], changed = self.database.run(text, session)
                except Failed as error:
                    raise Failed(error.reason, in_script(error.message, text, line) if session.is_script else error.message) from None
                if changed is not None and not session.is_script:
                    resource["statistics"]["query"]["numDmlAffectedRows"] = str(changed)
            if session.transaction is not None:
                raise Failed("invalidQuery", "Query error: the script ended with an open transaction; it is rolled back")
        except Failed as error:
            status["errorResult"] = {"reason": error.reason, "message": error.message}
            self.note(None, labels, error.message)
        except Exception as fault:
            # This server's own; a job that is never done would be waited for.
            status["errorResult"] = {"reason": "invalidQuery", "message": f"this server cannot do it: {fault!r}"}
        finally:
            with self.database.lock:
                self.database.end(session, commit=False)
        if session.is_script:
            resource["statistics"]["numChildJobs"] = str(begun)
        resource["status"] = status

    def dry_run(self, sql, configuration):
        session = Session(is_script=False)
        try:
            with self.database.lock:
                database, read = self.database, 0
                known = {path: database.find(path, session) for path in database.paths(sql)}
                listed = database.prepared(sql, known)
        except Failed as error:
            return refused(error.reason, error.message)
        for columns, rows in known.values():
            read += 8 * len(columns) * len(rows)
        schema = {"fields": [field(name, ty) for name, ty in listed]}
        return 200, {"configuration": configuration, "status": {"state": "DONE"},
                     "statistics": {"totalBytesProcessed": str(read), "query": {"totalBytesProcessed": str(read), "schema": schema}}}

    def results(self, job, fields):
        begin = int(fields.get("pageToken", 0))
        end = min(begin + int(fields.get("maxResults", 1000)), len(job["rows"]))
        page = {"jobComplete": True, "totalRows": str(len(job["rows"])), "jobReference": job["resource"]["jobReference"],
                "schema": {"fields": [field(name, ty) for name, ty in job["columns"]]},
                "rows": [{"f": [written(c, ty) for c, (_, ty) in zip(row, job["columns"])]} for row in job["rows"][begin:end]]}
        return page if end == len(job["rows"]) else {**page, "pageToken": str(end)}

    def note(self, sql, labels, failed=None):
        if self.log:
            self.log.write(json.dumps({"run": labels.get("segc_run"), "sql": sql, "failed": failed}) + "\n")
            self.log.flush()


def in_script(message, text, line):
    """The place of an error, in the lines of the script; its first statement begins in the first."""
    found = re.fullmatch(r"(.*) at \[(\d+):(\d+)\]", message, re.S)
    lines = text[:tokens(text)[0][2]].count("\n")
    message, row, column = found.groups() if found else (message, lines + 1, 1)
    return f"Query error: {message.removeprefix('Query error: ')} at [{line + int(row)}:{column}]"


def refused(reason, message):
    status = REFUSED.get(reason, 400)
    return status, {"error": {"code": status, "message": message, "errors": [{"message": message, "domain": "global", "reason": reason}]}}


def handler(server):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.answer("GET", {})

        def do_POST(self):
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.answer("POST", json.loads(raw) if raw else {})

        def answer(self, method, body):
            url = urllib.parse.urlsplit(self.path)
            if not (self.headers.get("Authorization") or "").startswith("Bearer "):
                status, said = refused("authError", "Request had invalid authentication credentials.")
            else:
                status, said = server.answer(method, url.path, dict(urllib.parse.parse_qsl(url.query)), body)
            raw = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_):
            pass

    return Handler


def start(log=None, port=0):
    """A server that listens on loopback in a thread of its own: (address, server)."""
    server = Server(log)
    http = ThreadingHTTPServer(("127.0.0.1", port), handler(server))
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{http.server_address[1]}", server


def main():
    given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
    log = open(given["--log"], "a") if "--log" in given else None
    address, _ = start(log, int(given.get("--port", 0)))
    print(address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
