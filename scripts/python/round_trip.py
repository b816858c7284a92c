"""Reads events with the published Python package of chaukas-spec, and writes them again as it writes them.

    python round_trip.py IN OUT

A line of IN is an event as JSON, or its bytes as base64 behind "base64:". A line of OUT is an object:
`line` (the event as JSON again, after it was bytes), `hash` (made from that event with the package rfc8785) and `error`.
"""

import base64
import hashlib
import json
import sys

import rfc8785
from chaukas.spec.common.v1.events_pb2 import Event
from google.protobuf.json_format import MessageToDict, Parse

NOT_HASHED = ("content_hash", "worm_proof_id")
LARGEST_INTEGER = 2**53 - 1


def with_doubles(value):
    """A number in a Struct is a double, but the package shows a large one as an integer, which RFC 8785 does not have."""
    if isinstance(value, dict):
        return {name: with_doubles(member) for name, member in value.items()}
    if isinstance(value, list):
        return [with_doubles(entry) for entry in value]
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return float(value)
    return value


def round_trip(line):
    if line.startswith("base64:"):
        read = Event.FromString(base64.b64decode(line[len("base64:") :]))
    else:
        read = Parse(line, Event())
    event = MessageToDict(Event.FromString(read.SerializeToString()), preserving_proto_field_name=True)
    hashed = {name: value for name, value in event.items() if name not in NOT_HASHED}
    digest = hashlib.sha256(rfc8785.dumps(with_doubles(hashed))).hexdigest()
    return {"line": json.dumps(event), "hash": digest}


with open(sys.argv[1], encoding="utf-8") as source, open(sys.argv[2], "w", encoding="utf-8") as target:
    for text in source:
        try:
            result = round_trip(text.rstrip("\n"))
        except Exception as error:  # Every kind of failure is a result.
            result = {"error": f"{type(error).__name__}: {error}"}
        target.write(json.dumps(result) + "\n")
