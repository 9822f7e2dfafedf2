"""Google's own analyzer and reference evaluator of GoogleSQL (PyPI zetasql, WebAssembly), with BigQuery's language features.

The module is compiled once (some 40 CPU seconds) into $ZETASQL_CACHE (default ~/.cache/segc/zetasql.cwasm)."""
import datetime
import importlib
import os
from fractions import Fraction

import wasmtime
import zetasql.core.wasm_client as wasm_client
from zetasql.wasi import get_wasm_path

from features import FEATURES, STATEMENTS

CACHE = os.environ.get("ZETASQL_CACHE") or os.path.expanduser("~/.cache/segc/zetasql.cwasm")
_Module = wasm_client.Module


class Cached:
    """Reads the compiled module back instead of compiling it anew."""

    @staticmethod
    def from_file(engine, path):
        if not os.path.exists(CACHE):
            os.makedirs(os.path.dirname(CACHE), exist_ok=True)
            config = wasmtime.Config()
            config.shared_memory = True
            module = _Module.from_file(wasmtime.Engine(config), get_wasm_path())
            with open(CACHE + ".new", "wb") as file:
                file.write(module.serialize())
            os.replace(CACHE + ".new", CACHE)
        return _Module.deserialize_file(engine, CACHE)


wasm_client.Module = Cached
_base = "zetasql.wasi._pb2.zetasql."
_service = importlib.import_module(_base + "local_service.local_service_pb2")
_options = importlib.import_module(_base + "public.options_pb2")
_types = importlib.import_module(_base + "public.type_pb2")
_protos = importlib.import_module(_base + "proto.options_pb2")
_catalog = importlib.import_module(_base + "proto.simple_catalog_pb2")
_kinds = importlib.import_module(_base + "resolved_ast.resolved_node_kind_pb2")
importlib.import_module(_base + "public.value_pb2")


class GoogleSql:
    def __init__(self):
        from zetasql.core.local_service import ZetaSqlLocalService

        self.client = ZetaSqlLocalService().wasm_client
        language = _protos.LanguageOptionsProto()
        known = {name.replace("FEATURE_", ""): value for name, value in _options.LanguageFeature.items()}
        for feature in FEATURES:
            # Some are named with a version in front here and without there.
            names = [n for n in known if n == feature or n.endswith(feature.split("V_1_")[-1][2:]) and feature.startswith("V_1_")]
            for name in names[:1]:
                if known[name] not in language.enabled_language_features:
                    language.enabled_language_features.append(known[name])
        language.product_mode = _options.PRODUCT_EXTERNAL
        del language.supported_statement_kinds[:]
        for kind in STATEMENTS:
            if "RESOLVED_" + kind in _kinds.ResolvedNodeKind.keys():
                language.supported_statement_kinds.append(_kinds.ResolvedNodeKind.Value("RESOLVED_" + kind))
        language.reserved_keywords.append("QUALIFY")
        self.language = language
        self.empty = self.register({})

    def call(self, method, request, response):
        return self.client.call_grpc_func("ZetaSqlLocalService_" + method, request, response)

    def register(self, tables):
        """A catalog of tables: {name: [(column, type kind, is an array)]}."""
        catalog = _catalog.SimpleCatalogProto()
        catalog.name = "project"
        catalog.builtin_function_options.language_options.CopyFrom(self.language)
        for number, (name, columns) in enumerate(tables.items(), 1):
            table = catalog.table.add()
            table.name, table.serialization_id = name, number
            for column, kind, array in columns:
                added = table.column.add()
                added.name = column
                ty = added.type
                if array:
                    ty.type_kind = _types.TYPE_ARRAY
                    ty = ty.array_type.element_type
                ty.type_kind = getattr(_types, "TYPE_" + kind)
        request = _service.RegisterCatalogRequest()
        request.simple_catalog.CopyFrom(catalog)
        return self.call("RegisterCatalog", request, _service.RegisterResponse).registered_id

    def analyse(self, sql, catalog):
        """Every statement of a text against a catalog of `register`; an error if one is none."""
        request = _service.AnalyzeRequest()
        request.registered_catalog_id = catalog
        request.options.language_options.CopyFrom(self.language)
        request.parse_resume_location.input = sql
        request.parse_resume_location.byte_position = 0
        end = len(sql.rstrip("; \n").encode())
        while request.parse_resume_location.byte_position < end:
            answer = self.call("Analyze", request, _service.AnalyzeResponse)
            request.parse_resume_location.byte_position = answer.resume_byte_position

    def run(self, sql):
        """The names of a SELECT's columns, and its rows."""
        request = _service.PrepareQueryRequest()
        request.sql = sql
        request.registered_catalog_id = self.empty
        request.options.language_options.CopyFrom(self.language)
        request.options.default_timezone = "UTC"
        prepared = self.call("PrepareQuery", request, _service.PrepareQueryResponse).prepared
        request = _service.EvaluateQueryRequest()
        request.prepared_query_id = prepared.prepared_query_id
        answer = self.call("EvaluateQuery", request, _service.EvaluateQueryResponse)
        release = _service.UnprepareQueryRequest()
        release.prepared_query_id = prepared.prepared_query_id
        try:
            self.call("UnprepareQuery", release, importlib.import_module("google.protobuf.empty_pb2").Empty)
        except Exception:
            pass
        names = [column.name for column in prepared.columns]
        return names, [[value(cell) for cell in row.cell] for row in answer.content.table_data.row]


def value(cell):
    """As Python has it; exact numbers as fractions."""
    field = cell.WhichOneof("value")
    if field is None:
        return None
    found = getattr(cell, field)
    if field == "array_value":
        return [value(element) for element in found.element]
    if field == "date_value":
        return datetime.date(1970, 1, 1) + datetime.timedelta(days=found)
    if field == "timestamp_value":
        at = datetime.datetime.fromtimestamp(found.seconds, datetime.timezone.utc)
        return at.replace(microsecond=found.nanos // 1000)
    if field == "datetime_value":
        packed = found.bit_field_datetime_seconds
        parts = [packed >> 26, packed >> 22 & 15, packed >> 17 & 31, packed >> 12 & 31, packed >> 6 & 63, packed & 63]
        return datetime.datetime(*parts, found.nanos // 1000)
    if field == "numeric_value":
        return Fraction(int.from_bytes(found, "little", signed=True), 10**9)
    if field == "bignumeric_value":
        return Fraction(int.from_bytes(found, "little", signed=True), 10**38)
    return found
