import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtureCommand, PROJECT } from '../../run-fixture.js';
import { SITUATIONS } from './all-situations.js';
import { waitingRun } from './approvals.js';
import { coverageDocument } from './coverage.js';
import { expectDocument, expectGolden, goldenNames } from './golden.js';
import { type Outcome, Stage } from './stage.js';
import { tracingOffByEnvironment } from './tracing-off.js';

const ELSEWHERE = [...tracingOffByEnvironment.map(({ name }) => name), 'hitl-approve-in-another-process'];

let stage: Stage;
let elsewhere: Promise<Readonly<Record<string, Outcome>>>;
beforeAll(async () => {
  stage = await Stage.open();
  let waiting = '';
  await stage.play({
    name: 'waiting',
    run: async (tools) => {
      waiting = await waitingRun(tools);
    },
  });
  // The process starts slowly, so it runs beside the other situations.
  elsewhere = playElsewhere(waiting);
  elsewhere.catch(() => undefined);
});
afterAll(() => stage.close());

async function playElsewhere(waiting: string): Promise<Readonly<Record<string, Outcome>>> {
  const script = path.join(import.meta.dirname, 'play-elsewhere.ts');
  const { stdout } = await promisify(execFile)(...fixtureCommand(script), {
    cwd: PROJECT,
    env: { ...process.env, OPENAI_AGENTS_DISABLE_TRACING: '1', WAITING_RUN: waiting },
    maxBuffer: 10_000_000,
  });
  return JSON.parse(stdout);
}

const listings = new Map<string, string>();

function check(name: string, outcome: Outcome | undefined): void {
  listings.set(name, outcome?.listing ?? '');
  expectGolden(name, outcome?.listing ?? '');
  expect(outcome).toMatchObject({ openSpans: 0, violations: [], reported: [] });
}

describe('A situation leads to the recorded spans and events', () => {
  it.each(SITUATIONS)('$name', async (situation) => {
    check(situation.name, await stage.play(situation));
  });

  it.each(ELSEWHERE)('%s', async (name) => check(name, (await elsewhere)[name]), 30_000);
});

it('Situations have unique names, and every recording belongs to a situation', () => {
  const names = [...SITUATIONS.map(({ name }) => name), ...ELSEWHERE];
  expect(new Set(names).size).toBe(names.length);
  expect(goldenNames().sort()).toEqual(names.sort());
});

it('docs/events.md is up to date', (test) => {
  // With a name filter only some situations have run.
  if (listings.size < SITUATIONS.length + ELSEWHERE.length) test.skip();
  expectDocument('docs/events.md', coverageDocument(listings));
});
