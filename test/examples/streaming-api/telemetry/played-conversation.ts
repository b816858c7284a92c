/** A conversation over HTTP with a service of its own, and everything that it left behind. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ChaukasEvent } from '../../../../src/index.js';
import { Placeholders } from '../../../agents/situations/placeholders.js';
import { withoutStreamSession } from '../../../harness/stream-session.js';
import { type OtlpSpan, startOtlpReceiver } from '../../../loading/otlp-receiver.js';
import { PROJECT } from '../../../run-fixture.js';
import { startService } from '../service-process.js';
import { eventLines } from './event-lines.js';
import { traceListing } from './trace-listing.js';

export interface Conversation {
  readonly spans: readonly OtlpSpan[];
  readonly events: readonly ChaukasEvent[];
  readonly logLines: readonly Record<string, unknown>[];
  /** The requests with the ids that their answers had, the span trees and the events. */
  readonly listing: string;
  /** The output of `agent-events verify` on the file of events. */
  readonly verified: string;
}

/** An event of a stream. */
export type StreamData = { readonly type: string } & Readonly<Record<string, unknown>>;

export class Caller {
  readonly #url: string;
  /** One line a request. */
  readonly said: string[] = [];
  readonly traceIds: string[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  async json(target: string, body: unknown): Promise<Record<string, unknown>> {
    const response = await this.#post(target, body);
    return response.json() as Promise<Record<string, unknown>>;
  }

  /** Reads a stream to its end. */
  async stream(target: string, body: unknown): Promise<StreamData[]> {
    const text = await (await this.#post(target, body)).text();
    return Array.from(text.matchAll(/^data: (.*)$/gm), ([, data = '']) => JSON.parse(data) as StreamData);
  }

  async #post(target: string, body: unknown): Promise<Response> {
    const response = await fetch(`${this.#url}${target}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const traceId = response.headers.get('x-trace-id') ?? 'no trace';
    this.traceIds.push(traceId);
    this.said.push(`POST ${target} ${JSON.stringify(body)} → ${response.status}, trace ${traceId}`);
    return response;
  }
}

/**
 * Plays the conversation, stops the service, and reads what arrived at the collector and in the file.
 *
 * @param parallel - whether agents run side by side, so that the order of their events is left to chance.
 */
export async function play(
  conversation: (caller: Caller) => Promise<void>,
  parallel: boolean,
): Promise<Conversation> {
  const receiver = await startOtlpReceiver();
  const service = await startService({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  });
  const caller = new Caller(service.url);
  let code: number | null;
  try {
    await conversation(caller);
  } finally {
    code = await service.stop();
    receiver.close();
  }
  if (code !== 0) throw new Error(`The service ended with ${code}.`);
  const file = path.join(service.folder, 'events-0.jsonl');
  const events = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ChaukasEvent);
  return {
    spans: receiver.spans,
    events,
    logLines: service.logLines(),
    listing: list(caller, receiver.spans, events, parallel),
    verified: execFileSync(process.execPath, ['dist/cli/main.js', 'verify', file], {
      cwd: PROJECT,
      encoding: 'utf8',
    }),
  };
}

function list(
  caller: Caller,
  spans: readonly OtlpSpan[],
  events: readonly ChaukasEvent[],
  parallel: boolean,
): string {
  const placeholders = new Placeholders();
  const ofSessions = withoutStreamSession(events);
  return [
    'Requests',
    ...caller.said.map((line) => `  ${placeholders.inText(line)}`),
    '',
    'Spans',
    ...traceListing(spans, placeholders),
    '',
    parallel ? 'Events, a span at a time, as its branches run side by side' : 'Events',
    ...eventLines(ofSessions, placeholders, parallel),
    '',
  ].join('\n');
}
