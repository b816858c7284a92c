"""Reads messages of HTTP and Kafka with the SDK of CloudEvents for Python, and writes the events.

    python cloud_events.py IN OUT

A line of IN is an object: `protocol` ("http" or "kafka"), `headers`, and `body` as base64, or null. A line of OUT is a list
of the events in the message, each with `attributes`, `data` (or `base64`) and, for an audit event, `hash`; or an object
with `error`.
"""

import base64
import hashlib
import json
import sys
from datetime import datetime

import rfc8785
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from cloudevents.core.formats.json import JSONFormat

NOT_HASHED = ("content_hash", "worm_proof_id")


def shown(event):
    attributes = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in event.get_attributes().items()
    }
    data = event.get_data()
    if isinstance(data, bytes):
        return {"attributes": attributes, "base64": base64.b64encode(data).decode()}
    result = {"attributes": attributes, "data": data}
    if isinstance(data, dict) and "content_hash" in data:
        # An empty text is what protobuf does not carry, so it is not hashed.
        hashed = {name: value for name, value in data.items() if name not in NOT_HASHED and value != ""}
        result["hash"] = hashlib.sha256(rfc8785.dumps(hashed)).hexdigest()
    return result


def events_of(message):
    headers = message["headers"]
    body = None if message["body"] is None else base64.b64decode(message["body"])
    if message["protocol"] == "kafka":
        received = {name: value.encode() for name, value in headers.items()}
        return [from_kafka_event(KafkaMessage(headers=received, key=None, value=body))]
    # The SDK (2.2.0) has no batches.
    if headers.get("content-type", "").startswith("application/cloudevents-batch"):
        return [JSONFormat().read(None, json.dumps(event)) for event in json.loads(body)]
    return [from_http_event(HTTPMessage(headers=headers, body=body))]


with open(sys.argv[1], encoding="utf-8") as source, open(sys.argv[2], "w", encoding="utf-8") as target:
    for text in source:
        try:
            result = [shown(event) for event in events_of(json.loads(text))]
        except Exception as error:  # Every kind of failure is a result.
            result = {"error": f"{type(error).__name__}: {error}"}
        target.write(json.dumps(result) + "\n")
