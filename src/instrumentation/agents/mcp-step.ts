import type { Span } from '@opentelemetry/api';
import { asRecord, type UnknownRecord } from '../../json/readers.js';
import { METHOD_TOOLS_CALL, METHOD_TOOLS_LIST, readServerName } from '../../openai-api/mcp-server.js';
import type { McpCallEnd, McpCallStart, McpSpanSlot } from '../mcp/mcp-span-slot.js';

/** The request that a step of the SDK makes, by the type of its span. */
const METHOD_BY_TYPE: ReadonlyMap<unknown, string> = new Map([
  ['function', METHOD_TOOLS_CALL],
  ['mcp_tools', METHOD_TOOLS_LIST],
]);

/** The OpenTelemetry span of a step, which may not have started yet. */
interface StepSpan {
  readonly startedSpan: Span | undefined;
  ensureStarted(): Span | undefined;
}

/** The part of a run's span that an MCP request is. */
export class McpStep implements McpSpanSlot {
  /** The request that has joined the span. */
  call: McpCallStart | undefined;
  /** What became of the step's newest request. */
  end: McpCallEnd | undefined;

  readonly #data: UnknownRecord;
  readonly #span: StepSpan;

  static of(data: UnknownRecord, span: StepSpan): McpStep | undefined {
    return METHOD_BY_TYPE.has(data.type) ? new McpStep(data, span) : undefined;
  }

  private constructor(data: UnknownRecord, span: StepSpan) {
    this.#data = data;
    this.#span = span;
  }

  /** A tool says that it is a server's before it asks the server (`mcp_data`, 0.3.9 to 0.20.0). */
  get offered(): boolean {
    return this.#data.type !== 'function' || asRecord(this.#data.mcp_data) !== undefined;
  }

  get serverName(): string | undefined {
    const { type, server, mcp_data } = this.#data;
    return readServerName(type === 'function' ? asRecord(mcp_data)?.server : server);
  }

  join(start: McpCallStart): Span | undefined {
    const { type } = this.#data;
    if (this.call !== undefined || start.method !== METHOD_BY_TYPE.get(type)) return undefined;
    // Something needed the span before, so it is shown as the SDK's own step and not as a request.
    if (type === 'mcp_tools' && this.#span.startedSpan !== undefined) return undefined;
    this.call = start;
    return this.#span.ensureStarted()?.setAttributes(start.attributes);
  }

  ended(end: McpCallEnd): void {
    this.end = end;
  }
}
