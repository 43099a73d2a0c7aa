"""Reads our reports as other programs do, and prints what they see as JSON.

Arguments: the schema of SARIF, a SARIF file, a JUnit file.
"""

import json
import sys

import jsonschema
from junitparser import JUnitXml
from sarif import loader


def main(schema_path, sarif_path, junit_path):
    with open(schema_path, encoding="utf-8") as schema, open(sarif_path, encoding="utf-8") as log:
        validator = jsonschema.validators.validator_for({"$schema": "http://json-schema.org/draft-07/schema#"})
        errors = [error.message for error in validator(json.load(schema)).iter_errors(json.load(log))]

    sarif = loader.load_sarif_file(sarif_path)
    records = [
        [record["Code"], record["Severity"], record["Location"], record["Line"]] for record in sarif.get_records()
    ]

    cases = []
    for suite in JUnitXml.fromfile(junit_path):
        for case in suite:
            failures = [[result.type, result.message] for result in case.result]
            cases.append([case.classname, case.name, failures])

    print(json.dumps({"errors": errors, "tools": sarif.get_distinct_tool_names(), "records": records, "cases": cases}))


main(*sys.argv[1:])
