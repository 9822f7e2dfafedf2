"""Asks a second emulator, snowduck, what fakesnow answers otherwise than DuckDB.

    on_snowduck.py DOUBTED.jsonl

Exit status 1 if any of its answers differs from DuckDB's and `known.toml` does not say so."""
import sys
import warnings

import snowduck

from answers import judge
from on_snowflake import Snow


def main():
    warnings.simplefilter("ignore")
    snow = Snow(snowduck.patch_snowflake())
    sys.exit(0 if judge("snowduck", "snowflake", sys.argv[1:], snow.answer, lying="where fakesnow and snowduck both lie") else 1)


if __name__ == "__main__":
    main()
