/** Whole conversations over HTTP: their spans, events and log lines belong together, and the file of events verifies. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { removeFolders } from '../service-process.js';
import { type Caller, play } from './played-conversation.js';

const GOLDEN = path.join(import.meta.dirname, 'golden');
const update = process.env.UPDATE_GOLDEN === '1';

afterAll(removeFolders);

const CONVERSATIONS: readonly {
  name: string;
  run: (caller: Caller) => Promise<void>;
  parallel?: boolean;
}[] = [
  {
    name: 'tools-and-handoff-in-one-session',
    run: async (caller) => {
      const [started] = await caller.stream('/assistant/stream', {
        input: 'What are the weather and the time in Paris?',
        session_id: 's-1',
      });
      expect(started).toMatchObject({ type: 'stream_started', trace_id: caller.traceIds[0] });
      const { final_output } = await caller.json('/assistant/run', {
        input: 'Where is my invoice?',
        session_id: 's-1',
      });
      expect(final_output).toContain('2026-0042');
    },
  },
  {
    name: 'approval-over-two-requests',
    run: async (caller) => {
      const events = await caller.stream('/assistant/stream', {
        input: 'Please delete note 7',
        session_id: 's-2',
      });
      const asked = events.find(({ kind }) => kind === 'approval_requested');
      const approvals = [{ id: asked?.id, approve: true }];
      const resumed = await caller.stream('/assistant/session/s-2/approvals', { approvals, stream: true });
      expect(resumed.at(-1)?.final_output).toBe('About note 7: Note 7 is deleted.');
    },
  },
  {
    name: 'research',
    parallel: true,
    run: async (caller) => {
      const events = await caller.stream('/research/stream', {
        question: 'Are heat pumps worth it in cold climates?',
      });
      expect(events.at(-1)?.type).toBe('stream_complete');
    },
  },
  {
    name: 'guardrail-and-failing-model',
    run: async (caller) => {
      await caller.json('/assistant/run', { input: 'My card is 4111 1111 1111 1111', session_id: 's-3' });
      const events = await caller.stream('/assistant/stream', { input: 'Fail midway', session_id: 's-3' });
      expect(events.at(-1)?.type).toBe('error');
    },
  },
];

describe.each(CONVERSATIONS)('The conversation $name', ({ name, run, parallel = false }) => {
  it('is the recorded trees of spans and events, verifies, and has its traces in the log', async () => {
    const { listing, spans, logLines, verified } = await play(run, parallel);
    expectGolden(name, listing);
    expect(verified).toMatch(/^\d+ events, \d+ sessions, 1 stream, .*: no problems found\n$/);

    const traces = new Set(spans.map(({ traceId }) => traceId));
    const logged = logLines.filter(({ msg }) => msg === 'request');
    expect(new Set(logged.map(({ trace_id }) => trace_id))).toEqual(traces);
  });
});

/** `UPDATE_GOLDEN=1` records the listings anew; read what was recorded. */
function expectGolden(name: string, listing: string): void {
  const file = path.join(GOLDEN, `${name}.txt`);
  if (update) {
    mkdirSync(GOLDEN, { recursive: true });
    writeFileSync(file, listing);
    return;
  }
  if (!existsSync(file)) throw new Error(`${file} is missing: run with UPDATE_GOLDEN=1 to record it.`);
  expect(listing.split('\n')).toEqual(readFileSync(file, 'utf8').split('\n'));
}
