// Spans that come after their trace was made into events: it had been held for as long as a person waits.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SessionDetail } from '../../../../src/cli/view/view-api.js';
import * as clock from '../../../../src/clock.js';
import { makeFolder } from '../../../harness/folder.js';
import { eventLine } from '../../run-command.js';
import { startView } from '../started-view.js';
import { startReceiver } from './start-receiver.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const START = 1_790_000_000_000;

interface SentSpan {
  readonly id: string;
  readonly parent?: string;
  readonly name: string;
  /** In milliseconds from the first one. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Posts to `/v1/traces` of a receiver, or of a whole view. */
type Post = (path: string, body: string, headers: Record<string, string>) => Promise<Response>;

async function send({ post }: { readonly post: Post }, spans: readonly SentSpan[]): Promise<void> {
  const nanos = (millis: number) => `${START + millis}000000`;
  const body = {
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: spans.map(({ id, parent, name, start, end, attributes }) => ({
              traceId: TRACE,
              spanId: id,
              ...(parent !== undefined && { parentSpanId: parent }),
              name,
              startTimeUnixNano: nanos(start),
              endTimeUnixNano: nanos(end),
              attributes: Object.entries(attributes).map(([key, stringValue]) => ({
                key,
                value: { stringValue },
              })),
            })),
          },
        ],
      },
    ],
  };
  const answer = await post('/v1/traces', JSON.stringify(body), {
    'content-type': 'application/json',
  });
  expect(answer.status).toBe(200);
}

const AGENT = 'a000000000000001';

function call(number: number, parent = AGENT): SentSpan {
  return {
    id: `b00000000000000${number}`,
    parent,
    name: `chat m${number}`,
    start: number * 1000,
    end: number * 1000 + 500,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': `m${number}`,
    },
  };
}

const agent: SentSpan = {
  id: AGENT,
  name: 'invoke_agent clerk',
  start: 0,
  end: 60_000,
  attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'clerk' },
};

describe('Spans that come after the others of their trace were made into events', () => {
  it('are events of the same session, and none is lost', async () => {
    const receiver = await startReceiver();
    await send(receiver, [call(1)]);
    // As after 30 seconds.
    await receiver.receiver.flush();
    await send(receiver, [call(2)]);
    await receiver.receiver.flush();
    await send(receiver, [call(3), agent]);
    const events = await receiver.events();
    expect(new Set(events.map(({ session_id }) => session_id))).toEqual(new Set([TRACE]));
    const starts = events.filter(({ type }) => /(AGENT|INVOCATION)_START$/.test(type));
    expect(starts.map(({ type, span_id }) => `${type.slice('EVENT_TYPE_'.length)} ${span_id}`)).toEqual([
      `MODEL_INVOCATION_START ${call(1).id}`,
      `MODEL_INVOCATION_START ${call(2).id}`,
      `AGENT_START ${AGENT}`,
      `MODEL_INVOCATION_START ${call(3).id}`,
    ]);
    expect(starts.at(-1)?.parent_span_id).toBe(AGENT);
    expect(events.filter(({ type }) => /(AGENT|INVOCATION)_END$/.test(type))).toHaveLength(4);
  });

  it('are events of the same session also if their parent came before', async () => {
    const receiver = await startReceiver();
    await send(receiver, [call(1), agent]);
    await receiver.receiver.flush();
    await send(receiver, [call(2)]);
    const events = await receiver.events();
    expect(new Set(events.map(({ session_id }) => session_id))).toEqual(new Set([TRACE]));
    const ends = events.filter(({ type }) => /(AGENT|INVOCATION)_END$/.test(type));
    expect(ends.map(({ span_id }) => span_id)).toEqual([call(1).id, AGENT, call(2).id]);
  });
});

describe('The tree of a session whose spans came in several parts', () => {
  afterEach(() => vi.restoreAllMocks());

  /** A listening view, whose receiver waits for nothing: its clock is ahead by a minute after each part. */
  async function listening() {
    let ahead = 0;
    const { ticks } = clock;
    vi.spyOn(clock, 'ticks').mockImplementation(() => ticks() + ahead);
    const view = await startView([], { receive: { maxBytes: 1024 * 1024 } });
    const post: Post = (path, body, headers) =>
      fetch(`${view.origin}${path}`, { method: 'POST', body, headers });
    let received = 0;
    const take = async (spans: readonly SentSpan[], events: number) => {
      await send({ post }, spans);
      ahead += 60_000;
      received += events;
      await view.until((state) => (state.receiver?.events ?? 0) >= received && state.events >= received);
    };
    const detail = () => view.json<SessionDetail>(`/api/sessions/${TRACE}`);
    const tree = async () => {
      const { nodes } = await detail();
      return nodes.map(({ depth, kind, name }) => `${'  '.repeat(depth)}${kind} ${name ?? ''}`.trimEnd());
    };
    return { take, tree, detail };
  }

  const http: SentSpan = { ...call(0), id: 'c000000000000001', name: 'POST', attributes: {} };

  it('has a call beneath its agent that came before, and in the order of time', async () => {
    const { take, tree } = await listening();
    await take([call(1), call(3), agent], 8);
    await take([call(2)], 4);
    expect(await tree()).toEqual([
      'session',
      '  agent clerk',
      '    model m1',
      '    model m2',
      '    model m3',
    ]);
  });

  it('has one session with all events of it, from the first start to the last end', async () => {
    const { take, detail } = await listening();
    await take([call(2), call(3)], 8);
    await take([call(1)], 4);
    await take([call(4)], 4);
    const { nodes, omitted, summary } = await detail();
    expect(nodes.map(({ kind, depth }) => [kind, depth])).toEqual([
      ['session', 0],
      ...new Array(4).fill(['model', 1]),
    ]);
    const [session] = nodes;
    expect(session).toMatchObject({
      startTime: START + 1000,
      endTime: START + 4500,
      durationMs: 3500,
      outcome: 'completed',
    });
    // Each call opened it, and each start and end is recorded.
    expect(session?.events).toHaveLength(8);
    expect([omitted, summary.events]).toEqual([0, 16]);
  });

  it('has a session for each that a file has', async () => {
    const file = path.join(makeFolder('view-sessions'), 'events.jsonl');
    const session = (span_id: string) =>
      ['START', 'END'].map((edge) =>
        eventLine({ type: `EVENT_TYPE_SESSION_${edge}`, session_id: TRACE, trace_id: TRACE, span_id }),
      );
    writeFileSync(file, [...session('d000000000000001'), ...session('d000000000000002')].join(''));
    const view = await startView([file]);
    const { nodes } = await view.json<SessionDetail>(`/api/sessions/${TRACE}`);
    expect(nodes.map(({ spanId, events }) => [spanId, events])).toEqual([
      ['d000000000000001', [0, 1]],
      ['d000000000000002', [2, 3]],
    ]);
  });

  it('has a call beneath its agent that came later, with a span between that is in no event', async () => {
    const { take, tree } = await listening();
    await take([call(1, http.id)], 4);
    await take([http, agent], 4);
    expect(await tree()).toEqual(['session', '  agent clerk', '    model m1']);
  });
});
