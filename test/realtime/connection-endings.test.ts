/**
 * How a realtime session is recorded whose connection ends: what was due, and how it ended. The rows of the table in
 * `docs/realtime.md` are what happens here, against a real WebSocket server; `UPDATE_GOLDEN=1` writes them.
 *
 * Sources: vercel/ai#20695 (the close code reaches nobody), livekit/agents#1073, mastra-ai/mastra#22971.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as realtime from '@openai/agents/realtime';
import { SpanStatusCode } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ChaukasEvent } from '../../src/index.js';
import { PROJECT } from '../run-fixture.js';
import { type RealtimeHarness, type Session, startRealtimeHarness } from './realtime-harness.js';

let h: RealtimeHarness;
beforeAll(async () => {
  h = await startRealtimeHarness();
});
afterAll(() => h.stop());

/** Ends the tools that run. */
let release: () => void = () => {};

function helper(): realtime.RealtimeAgent {
  const tool = (name: string, needsApproval: boolean) =>
    realtime.tool({
      name,
      description: name,
      parameters: z.object({}),
      needsApproval,
      execute: () =>
        new Promise<string>((resolve) => {
          release = () => resolve('done');
        }),
    });
  return new realtime.RealtimeAgent({ name: 'helper', tools: [tool('work', false), tool('refund', true)] });
}

/** Resolves with the next event of this type that the session reads from its server. */
const read = (session: Session, type: string) =>
  new Promise<void>((resolve) => {
    const listener = (event: { readonly type: string }) => {
      if (event.type !== type) return;
      session.off('transport_event', listener);
      resolve();
    };
    session.on('transport_event', listener);
  });

const calls = (name: string) => ({ calls: [{ name, callId: 'call_1', arguments: '{}' }] });

/** The unfinished business when the connection ends, and how it comes to that. */
const DUE: Readonly<Record<string, (session: Session) => Promise<unknown>>> = {
  nothing: (session) =>
    h.ask(session, 'Hello?', { speech: 'Hello.' }).then(() => h.ended('invoke_agent helper')),
  'a question sent': async (session) => {
    session.sendMessage('Where is my order?');
    await h.received('response.create');
  },
  'the caller speaking': (session) => {
    const heard = read(session, 'input_audio_buffer.speech_started');
    h.peer.send({ type: 'input_audio_buffer.speech_started', item_id: 'item_1', audio_start_ms: 0 });
    return heard;
  },
  'the caller having spoken': (session) => {
    const heard = read(session, 'conversation.item.input_audio_transcription.completed');
    h.peer.hear('Where is my order?');
    return heard;
  },
  'an answer': (session) => {
    h.peer.hear('Where is my order?');
    const speaks = new Promise((resolve) => session.once('audio', resolve));
    h.peer.respond({ speech: 'It is', unfinished: true });
    return speaks;
  },
  'a tool': async (session) => {
    const runs = new Promise((resolve) => session.once('agent_tool_start', resolve));
    await h.ask(session, 'Where is my order?', calls('work'));
    await runs;
  },
  'an approval': async (session) => {
    const asked = new Promise((resolve) => session.once('tool_approval_requested', resolve));
    await h.ask(session, 'My money back!', calls('refund'));
    await asked;
  },
};

const report = (error: object) =>
  h.peer.send({ type: 'error', error: { message: 'The server says why', ...error } });

/** How the connection ends. */
const ENDINGS: Readonly<Record<string, (session: Session) => unknown>> = {
  '`session.close()`': (session) => session.close(),
  'closed with 1000': () => h.peer.socket.close(1000),
  'a harmless error, then 1000': () => {
    report({ type: 'invalid_request_error', code: 'response_cancel_not_active', event_id: null });
    h.peer.socket.close(1000);
  },
  'closed with 1001': () => h.peer.socket.close(1001),
  'closed without a code': () => h.peer.socket.close(),
  'lost (1006)': () => h.peer.socket.terminate(),
  'closed with 1011': () => h.peer.socket.close(1011, 'internal error'),
  'closed with 1013': () => h.peer.socket.close(1013, 'try again later'),
  'a server error, then 1011': () => {
    report({ type: 'server_error', code: 'engine_failed', event_id: null });
    h.peer.socket.close(1011);
  },
  'session expired, then 1001': () => {
    report({ type: 'invalid_request_error', code: 'session_expired', event_id: null });
    h.peer.send({ type: 'rate_limits.updated', rate_limits: [] });
    h.peer.socket.close(1001);
  },
};

/** Right after opening, before the server has confirmed the session. */
const REFUSALS: Readonly<Record<string, () => void>> = {
  'closed with 1000 before the session began': () => h.peer.socket.close(1000),
  'closed with 1013 before the session began': () => h.peer.socket.close(1013, 'try again later'),
  'invalid key, then 1000, before the session began': () => {
    report({ type: 'invalid_request_error', code: 'invalid_api_key', event_id: null });
    h.peer.socket.close(1000);
  },
};

interface Row {
  readonly due: string;
  readonly ending: string;
  readonly span: string;
  readonly beneath: string;
  readonly events: string;
}

function rowOf(due: string, ending: string, spansBefore: number, events: readonly ChaukasEvent[]): Row {
  const ended = h.harness.spans().slice(spansBefore);
  const outcome = ({ status, attributes }: (typeof ended)[number]) =>
    status.code === SpanStatusCode.ERROR
      ? `error \`${String(attributes['error.type'])}\``
      : attributes['openai_agents.outcome'] === 'cancelled'
        ? 'cancelled'
        : 'no error';
  const root = ended.find(({ name }) => name.startsWith('realtime'));
  const beneath = ended
    .filter((span) => span !== root)
    .map((span) => `${span.name.split(' ')[0]} ${outcome(span).replace(/ `.*/, '')}`);
  return {
    due,
    ending,
    span: root === undefined ? 'open' : outcome(root),
    beneath: beneath.join(', '),
    events: counted(events.map(({ type, status }) => eventText(type, status))).join(', '),
  };
}

function eventText(type: string, status: string | undefined): string {
  const name = type.replace('EVENT_TYPE_', '');
  if (name.endsWith('_START') || name === 'STATE_UPDATE') return '';
  const how = status === undefined ? '' : status.replace('EVENT_STATUS_', ' ').toLowerCase();
  return name.endsWith('_END') ? `${name}${how === ' completed' ? '' : how}` : name;
}

/** Joins equal texts, in the order of their first occurrence. */
function counted(texts: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const text of texts) if (text !== '') counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => (count > 1 ? `${count} ${text}` : text));
}

async function play(due: string, ending: string, prepare: typeof DUE.nothing, end: (s: Session) => unknown) {
  const session = await h.connect(helper());
  session.on('error', () => {});
  await prepare?.(session);
  const spansBefore = h.harness.spans().length;
  const eventsBefore = (await h.harness.events()).length;
  end(session);
  await h.ended('realtime gpt-realtime');
  session.close();
  const row = rowOf(due, ending, spansBefore, (await h.harness.events()).slice(eventsBefore));
  const [root] = h.attributesOf('realtime gpt-realtime');
  release();
  await h.checkAndReset();
  return { row, root };
}

const rows: Row[] = [];
const isLoss = (ending: string) => /1006|1011|1013|expired|key/.test(ending);

describe('A realtime session with', () => {
  const cases = Object.entries(DUE).flatMap(([due, prepare]) =>
    Object.entries(ENDINGS).map(([ending, end]) => ({ due, ending, prepare, end })),
  );
  it.each(cases)('$due that ends by $ending has it on its span', async ({ due, ending, prepare, end }) => {
    const { row, root } = await play(due, ending, prepare, end);
    rows.push(row);
    const hangsUp = /close\(\)|1000/.test(ending);
    const isError = isLoss(ending) || (!hangsUp && due !== 'nothing');
    expect(row.span.startsWith('error'), row.span).toBe(isError);
    expect(row.events.includes('ERROR'), row.events).toBe(isError);
    const code = /\d{4}/.exec(ending)?.[0] ?? (ending.includes('without') ? '1005' : undefined);
    expect(root).toMatchObject(
      code === undefined ? {} : { 'openai_agents.realtime.close.code': Number(code) },
    );
    // The provider's fault has refused the question by then.
    const isRefused = due === 'a question sent' && ending.startsWith('a server error');
    expect(Object.hasOwn(root ?? {}, 'openai_agents.realtime.due')).toBe(due !== 'nothing' && !isRefused);
  });

  it.each(Object.entries(REFUSALS))('nothing begun that is %s failed', async (ending, end) => {
    h.server.silent = true;
    const session = new realtime.RealtimeSession(helper(), { transport: 'websocket', model: 'gpt-realtime' });
    session.on('error', () => {});
    await session.connect({ apiKey: 'sk-local', url: h.server.url });
    h.server.silent = false;
    end();
    await h.ended('realtime gpt-realtime');
    session.close();
    rows.push(rowOf('nothing', ending, 0, await h.harness.events()));
    expect(rows.at(-1)?.span).toBe(
      ending.startsWith('invalid') ? 'error `invalid_api_key`' : 'error `connection_closed`',
    );
    await h.checkAndReset();
  });
});

it('the table of docs/realtime.md is what happens', () => {
  const file = path.join(PROJECT, 'docs/realtime.md');
  const table = [
    '| due | how it ends | `realtime` span | spans beneath it | events |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${[row.due, row.ending, row.span, row.beneath, row.events].join(' | ')} |`),
  ].join('\n');
  const text = readFileSync(file, 'utf8');
  const place = /(<!-- endings: .*? -->\n\n)[\s\S]*?(\n\n<!-- \/endings -->)/;
  expect(text).toMatch(place);
  const updated = text.replace(place, (_whole, begin: string, end: string) => `${begin}${table}${end}`);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, updated);
  else expect(text).toBe(updated);
});
