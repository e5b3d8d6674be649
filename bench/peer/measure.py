"""Times google-takeout-parser over one file and prints records, failures and seconds as JSON.

Two rounds, the better one counts; importing the library is not part of the time.
"""

import json
import logging
import sys
import time
from pathlib import Path

from google_takeout_parser.parse_html.activity import _parse_html_activity
from google_takeout_parser.parse_json import _parse_json_activity, _parse_location_history

PARSERS = {
    "activity_json": _parse_json_activity,
    "activity_html": _parse_html_activity,
    "records_json": _parse_location_history,
}


def measure(parse, path):
    started = time.perf_counter()
    records = failures = 0
    for result in parse(path):
        if isinstance(result, Exception):
            failures += 1
        else:
            records += 1
    return {"records": records, "failures": failures, "seconds": time.perf_counter() - started}


def main():
    logging.disable(logging.CRITICAL)
    parse, path = PARSERS[sys.argv[1]], Path(sys.argv[2])
    print(json.dumps(min((measure(parse, path) for _ in range(2)), key=lambda round: round["seconds"])))


main()
