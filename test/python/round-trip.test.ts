import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PYTHON, ROUND_TRIP } from '../../scripts/python/environment.mjs';
import { type ChaukasEvent, encodeEvent, eventFromJson, eventToJson } from '../../src/chaukas/index.js';
import {
  ChaukasSpanProcessor,
  type ChaukasSpanProcessorConfig,
  EVENT_TYPES,
  FileSink,
} from '../../src/index.js';
import { SITUATIONS } from '../agents/situations/all-situations.js';
import { Stage } from '../agents/situations/stage.js';
import { EVERY_TYPE, runCommand } from '../cli/run-command.js';
import { registerTracerProvider } from '../harness/tracer-provider.js';
import { playHostileApplication } from './hostile-application.js';

const folder = mkdtempSync(path.join(tmpdir(), 'python-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** An event as the package writes it again, and its hash made from that. */
interface Returned {
  readonly line?: string;
  readonly hash?: string;
  readonly error?: string;
}

/** @param texts - JSON, or bytes as `base64:…`. */
async function throughPython(texts: readonly string[]): Promise<Returned[]> {
  const source = path.join(folder, 'in');
  const target = path.join(folder, 'out');
  writeFileSync(source, texts.map((text) => `${text}\n`).join(''));
  await promisify(execFile)(PYTHON, [ROUND_TRIP, source, target]);
  return linesOf(target).map((line) => JSON.parse(line) as Returned);
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean);
}

/** The events whose hash the package does not arrive at. */
function changed(lines: readonly string[], returned: readonly Returned[]): unknown[] {
  return lines.flatMap((line, index) => {
    const { type, content_hash } = JSON.parse(line) as ChaukasEvent;
    const { hash, error, line: after } = returned[index] ?? {};
    return hash === content_hash
      ? []
      : [{ type, error, before: line.slice(0, 1000), after: after?.slice(0, 1000) }];
  });
}

async function findings(name: string, lines: readonly string[], keys: readonly string[]): Promise<unknown> {
  const file = path.join(folder, name);
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const { stdout, stderr } = await runCommand([
    'verify',
    '--json',
    ...keys.flatMap((key) => ['--public-key', key]),
    file,
  ]);
  expect(stderr).toBe('');
  return JSON.parse(stdout.replaceAll(file, 'FILE'));
}

/** The lines that the hostile application leaves in a file. */
async function hostileLines(config: Partial<ChaukasSpanProcessorConfig>): Promise<string[]> {
  const file = path.join(folder, 'hostile.jsonl');
  rmSync(file, { force: true });
  const processor = new ChaukasSpanProcessor({
    tenantId: 'tenant',
    projectId: 'project',
    tags: ['a'],
    sinks: [new FileSink({ path: file })],
    ...config,
  });
  const { provider } = await registerTracerProvider([processor]);
  playHostileApplication();
  await provider.shutdown();
  return linesOf(file);
}

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const publicKeyFile = path.join(folder, 'public.pem');
writeFileSync(publicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }));

interface Stream {
  readonly name: string;
  readonly keys: readonly string[];
  readonly lines: () => Promise<readonly string[]>;
}

/** The real Agents SDK and client in every recorded situation, each a stream of its own. */
async function situationLines(): Promise<string[]> {
  const stage = await Stage.open();
  try {
    const lines: string[] = [];
    for (const situation of SITUATIONS) {
      const { events } = await stage.play(situation);
      lines.push(...events.map(eventToJson));
    }
    return lines;
  } finally {
    await stage.close();
  }
}

const STREAMS: readonly Stream[] = [
  { name: 'an event of every type', keys: [], lines: async () => linesOf(EVERY_TYPE) },
  { name: 'hostile values', keys: [], lines: () => hostileLines({}) },
  {
    name: 'hostile values with a key and nothing redacted',
    keys: [publicKeyFile],
    lines: () => hostileLines({ checkpoints: { key: privateKey, maxEvents: 50 }, redaction: false }),
  },
  { name: 'every situation of the Agents SDK', keys: [], lines: situationLines },
];

describe.each(STREAMS)('A stream of $name', ({ keys, lines: make }) => {
  let lines: readonly string[];
  beforeAll(async () => {
    lines = await make();
  });

  it('keeps every hash through the published Python package', async () => {
    expect(lines.length).toBeGreaterThan(EVENT_TYPES.length);
    expect(changed(lines, await throughPython(lines))).toEqual([]);
  });

  it('keeps every hash if the package gets it as the bytes that this one writes', async () => {
    const bytes = lines.map(
      (line) => `base64:${Buffer.from(encodeEvent(eventFromJson(line))).toString('base64')}`,
    );
    expect(changed(lines, await throughPython(bytes))).toEqual([]);
  });

  it('is verified with the same result when it comes back', async () => {
    const returned = (await throughPython(lines)).map(({ line }) => line ?? '');
    expect(await findings('returned', returned, keys)).toEqual(await findings('sent', lines, keys));
  });
});

it('The streams together have every type of event', async () => {
  const types = new Set<string>();
  for (const { lines } of STREAMS.slice(0, 2)) {
    for (const line of await lines()) types.add((JSON.parse(line) as ChaukasEvent).type);
  }
  expect([...EVENT_TYPES].filter((type) => !types.has(type))).toEqual([]);
});
