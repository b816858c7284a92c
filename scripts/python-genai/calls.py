"""Calls the model server with the published Python instrumentation; its telemetry goes to OTEL_EXPORTER_OTLP_ENDPOINT."""

import json
import os

from openai import OpenAI
from opentelemetry import _logs, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

tracers = TracerProvider()
tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(tracers)
logs = LoggerProvider()
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
_logs.set_logger_provider(logs)
OpenAIInstrumentor().instrument()

client = OpenAI(base_url=os.environ["OPENAI_BASE_URL"], api_key="sk-local")
tracer = trace.get_tracer("shop")
TOOLS = [
    {
        "type": "function",
        "function": {"name": name, "description": f"Tool {name}", "parameters": {"type": "object", "properties": {}}},
    }
    for name in ("a", "b")
]


def ask(messages):
    return client.chat.completions.create(
        model="gpt-5-mini", messages=messages, tools=TOOLS, extra_headers={"x-scenario": "two-tools"}
    )


with tracer.start_as_current_span(
    "invoke_agent helper",
    attributes={
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "openai",
        "gen_ai.agent.name": "helper",
    },
):
    messages = [{"role": "system", "content": "You are brief."}, {"role": "user", "content": "Ask both."}]
    answer = ask(messages).choices[0].message
    messages.append(answer.model_dump(exclude_none=True))
    for call in answer.tool_calls:
        with tracer.start_as_current_span(
            f"execute_tool {call.function.name}",
            attributes={
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": call.function.name,
                "gen_ai.tool.call.id": call.id,
                "gen_ai.tool.call.arguments": call.function.arguments,
                "gen_ai.tool.call.result": json.dumps(f"result of {call.function.name}"),
            },
        ):
            messages.append({"role": "tool", "tool_call_id": call.id, "content": f"result of {call.function.name}"})
    ask(messages)

try:
    client.with_options(max_retries=0).chat.completions.create(
        model="gpt-5-mini",
        messages=[{"role": "user", "content": "Hello?"}],
        extra_headers={"x-fault": "rate-limit"},
    )
except Exception:
    # The call fails on purpose; only its span matters.
    pass

tracers.shutdown()
logs.shutdown()
