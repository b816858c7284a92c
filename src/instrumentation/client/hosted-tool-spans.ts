import type { Context } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import type { UnknownRecord } from '../../json/readers.js';
import type { HostedCallReader, HostedToolCall } from '../../openai-api/hosted-tool-call.js';
import type { ContentPolicy } from '../../spans/content-policy.js';
import { HostedToolSpan } from '../../spans/hosted-tool-span.js';
import type { Telemetry } from '../../spans/telemetry.js';

interface OpenCall {
  /** The call as its announcement describes it. */
  readonly call: HostedToolCall;
  readonly announcedAt: number;
  /** Started once the arguments of the call are known. */
  span: HostedToolSpan | undefined;
}

/**
 * The spans of the tools that the provider runs within one model call.
 *
 * Invariant: each span is a child of that call's span, is started once and is ended once, at the latest with the call.
 *
 * A stream reports when a tool began and ended. A plain response does not, so its tool calls have no duration: they
 * start and end when the response arrives.
 */
export class HostedToolSpans {
  readonly #telemetry: Telemetry;
  readonly #reader: HostedCallReader;
  readonly #request: UnknownRecord;
  readonly #content: ContentPolicy;
  readonly #parent: Context;
  readonly #open = new Map<number, OpenCall>();
  #serverUrls: ReadonlyMap<string, string> | undefined;
  #streamed = false;

  /** @param parent - the context of the model call. */
  constructor(
    telemetry: Telemetry,
    reader: HostedCallReader,
    request: UnknownRecord,
    content: ContentPolicy,
    parent: Context,
  ) {
    this.#telemetry = telemetry;
    this.#reader = reader;
    this.#request = request;
    this.#content = content;
    this.#parent = parent;
  }

  addChunk(chunk: unknown): void {
    this.#streamed = true;
    const step = this.#reader.ofChunk(chunk);
    if (step === undefined) return;
    const { index, call } = step;
    const open = this.#open.get(index);
    switch (step.step) {
      case 'announced':
        if (call === undefined || open !== undefined) return;
        this.#open.set(index, {
          call,
          announcedAt: clock.now(),
          // The model has yet to write the arguments of an MCP tool.
          span: call.mcp !== undefined && call.toolName !== undefined ? undefined : this.#start(call),
        });
        break;
      case 'written':
        if (open !== undefined) open.span ??= this.#start({ ...open.call, arguments: step.arguments });
        break;
      case 'ended':
        this.#open.delete(index);
        if (call !== undefined) (open?.span ?? this.#start(call, open?.announcedAt)).end(call);
        break;
    }
  }

  /** Records the tool calls of a plain response; the chunks of a stream have reported theirs. */
  complete(response: unknown): void {
    if (this.#streamed) return;
    const now = clock.now();
    for (const call of this.#reader.ofResponse(response)) {
      this.#start(call, now).end({ ...call, endTime: now });
    }
  }

  /** Ends the tool calls that are still open when the model call ends. */
  close(): void {
    for (const { call, announcedAt, span } of this.#open.values()) {
      (span ?? this.#start(call, announcedAt)).cancel();
    }
    this.#open.clear();
  }

  #start(call: HostedToolCall, startTime?: number): HostedToolSpan {
    return new HostedToolSpan(this.#telemetry, call, this.#content, this.#parent, {
      serverUrl: this.#serverUrl(call),
      startTime,
    });
  }

  #serverUrl({ mcp }: HostedToolCall): string | undefined {
    if (mcp?.server === undefined) return undefined;
    this.#serverUrls ??= this.#reader.serverUrls(this.#request);
    return this.#serverUrls.get(mcp.server);
  }
}
