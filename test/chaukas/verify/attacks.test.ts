/**
 * The table of attacks in docs/evidence.md. Each is played on streams that the processor wrote, and the table says what
 * `verify` reports; `UPDATE_GOLDEN=1` writes it.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { ChaukasEvent } from '../../../src/chaukas/event.js';
import { verifyEvents } from '../../../src/chaukas/verify/event-verifier.js';
import {
  type Change,
  forgedAfter,
  idAfter,
  parse,
  rehashed,
  replaced,
  streamsOf,
  toLine,
  withChain,
  withEverything,
} from './forging.js';
import { agentRun, linesOf } from './sample-lines.js';

const DOCUMENT = path.join(import.meta.dirname, '../../../docs/evidence.md');
const BEGIN = '<!-- attacks: written by test/chaukas/verify/attacks.test.ts -->';
const END = '<!-- end of attacks -->';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const KEY = { name: 'audit', privateKey };
const CHECKPOINTS = { key: privateKey, keyId: 'audit', maxEvents: 6 };

/** The file that is attacked: two processes after each other, the first with two sessions. */
let lines: string[];
let plain: string[];
let signed: string[];

const isCheckpoint = ({ metadata }: ChaukasEvent) => metadata?.message === 'checkpoint';
const isStreamEnd = ({ metadata }: ChaukasEvent) => metadata?.stream_sha256 !== undefined;

beforeAll(async () => {
  const processes = [[agentRun('s-1'), agentRun('s-2')], [agentRun('s-3')]];
  plain = await linesOf(processes);
  signed = await linesOf(processes, { checkpoints: CHECKPOINTS });
});

/** The newest checkpoints of the streams in a file, as somebody kept them elsewhere. */
function anchorsOf(file: readonly string[]): string[] {
  const streams = streamsOf(file);
  const notes = new Map<string, string>();
  for (const [at, line] of file.entries()) {
    const event = parse(line);
    if (isCheckpoint(event)) notes.set(streams[at] ?? '', String(event.metadata?.checkpoint));
  }
  return [...notes.values()];
}

const indexOf = (is: (event: ChaukasEvent, at: number) => boolean) =>
  lines.findIndex((line, at) => is(parse(line), at));
const modelEnd = () =>
  indexOf(({ type, session_id }) => type === 'EVENT_TYPE_MODEL_INVOCATION_END' && session_id === 's-1');
const ofSession = (id: string) => (line: string) => parse(line).session_id === id;
const indicesOf = (is: (line: string) => boolean) => lines.flatMap((line, at) => (is(line) ? [at] : []));
const changed = (event: ChaukasEvent): ChaukasEvent => ({ ...event, tags: ['forged'] });
const gone = (is: (line: string) => boolean): Change[] => indicesOf(is).map((at) => ({ at, to: undefined }));

/** The first stream, whose process was killed before the END, and the second one, which saw its last event. */
const crashed = () => {
  const end = indexOf(isStreamEnd);
  const before = parse(lines[end - 1]);
  const left = lines.toSpliced(end, 1);
  const start = left.findIndex((line) => parse(line).metadata?.previous_streams !== undefined);
  const [named] = (parse(left[start]).metadata?.previous_streams ?? []) as { stream_id: string }[];
  const to = (event: ChaukasEvent): ChaukasEvent => ({
    ...event,
    metadata: {
      ...event.metadata,
      previous_streams: [
        { ...named, event_id: before.event_id, content_hash: before.content_hash ?? '', closed: false },
      ] as never,
    },
  });
  return withEverything(left, [{ at: start, to }], KEY);
};

/** A session as if another process had written it into the stream, behind the first event of session s-2. */
function forgedSession(id: string): string[] {
  const at = indexOf(({ session_id }) => session_id === 's-2');
  let before = parse(lines[at]);
  const copies = lines.filter(ofSession('s-1')).map((line, index) => {
    const copy = forgedAfter(parse(line), {
      session_id: id,
      hash_prev: index === 0 ? '' : (before.content_hash ?? ''),
      event_id: idAfter(before.event_id),
    });
    before = copy;
    return toLine(copy);
  });
  return lines.toSpliced(at + 1, 0, ...copies);
}

type Play = () => readonly string[] | Promise<readonly string[]>;

interface Attack {
  readonly what: string;
  readonly play: Play;
  /** Whether it needs checkpoints. */
  readonly onSigned?: boolean;
  /** The file that is attacked, if not the usual one. */
  readonly of?: () => readonly string[];
}

const attack = (what: string, play: Play, more: Omit<Attack, 'what' | 'play'> = {}): Attack => ({
  what,
  play,
  ...more,
});

const ATTACKS: readonly Attack[] = [
  attack('an event was changed', () => replaced(lines, modelEnd(), changed(parse(lines[modelEnd()])))),
  attack('… and its hash made anew', () =>
    replaced(lines, modelEnd(), rehashed(changed(parse(lines[modelEnd()])))),
  ),
  attack('… and the chain of its session made anew', () => withChain(lines, { at: modelEnd(), to: changed })),
  attack('… and everything made anew, without the key', () =>
    withEverything(lines, [{ at: modelEnd(), to: changed }]),
  ),
  attack('… and everything made anew, with the key', () =>
    withEverything(lines, [{ at: modelEnd(), to: changed }], KEY),
  ),
  attack('a line was removed', () => lines.toSpliced(modelEnd(), 1)),
  attack('… and everything made anew, without the key', () =>
    withEverything(lines, [
      { at: modelEnd(), to: undefined },
      { at: modelEnd() - 1, to: undefined },
    ]),
  ),
  attack('a line was copied', () => lines.toSpliced(modelEnd(), 0, lines[modelEnd()] ?? '')),
  attack('a line was added, with its chain', () =>
    lines.toSpliced(modelEnd() + 1, 0, toLine(forgedAfter(parse(lines[modelEnd()])))),
  ),
  attack('two lines of a stream were swapped', () =>
    lines.with(modelEnd(), lines[modelEnd() + 1] ?? '').with(modelEnd() + 1, lines[modelEnd()] ?? ''),
  ),
  attack('a member was added that the line has already', () =>
    lines.with(
      modelEnd(),
      (lines[modelEnd()] ?? '').replace('"session_id"', '"session_id":"x","session_id"'),
    ),
  ),
  attack('digits were added that programs drop', () => {
    const at = indexOf(({ metadata }) => metadata?.process_id !== undefined);
    const big = rehashed(parse(lines[at]), {
      metadata: { ...parse(lines[at]).metadata, process_id: 2 ** 53 },
    });
    return withChain(lines, { at, to: () => big }).with(
      at,
      toLine(big).replace('9007199254740992', '9007199254740993'),
    );
  }),
  attack('a signature was added to an event', () =>
    replaced(lines, modelEnd(), { ...parse(lines[modelEnd()]), worm_proof_id: 'audit AAAA' }),
  ),
  attack('a session was removed', () => lines.filter((line) => !ofSession('s-2')(line))),
  attack('… and everything made anew, without the key', () => withEverything(lines, gone(ofSession('s-2')))),
  attack('a session was forged', () => forgedSession('s-9')),
  attack('… under a name that begins with "checkpoints-"', () => forgedSession('checkpoints-x')),
  attack('an event of the application was put into the session of the stream', () => {
    const { metadata, ...start } = parse(lines[0]);
    const policy = forgedAfter(start, {
      type: 'EVENT_TYPE_POLICY_DECISION',
      policy: { outcome: 'allow', policy_id: 'four_eyes' },
      parent_span_id: start.span_id,
      span_id: 'a'.repeat(16),
    });
    return withEverything(lines.toSpliced(1, 0, toLine(policy)), [], KEY);
  }),
  attack('the file was cut behind a SESSION_END', () =>
    lines.slice(
      0,
      1 + indexOf(({ type, session_id }) => type === 'EVENT_TYPE_SESSION_END' && session_id === 's-1'),
    ),
  ),
  attack('the beginning of the file was cut off', () => lines.slice(2)),
  attack('a stream was removed that a later one names', () => lines.slice(1 + indexOf(isStreamEnd))),
  attack('the last stream was removed: the file was rolled back', () =>
    lines.slice(0, 1 + indexOf(isStreamEnd)),
  ),
  attack('all events were removed', () => []),
  attack('the END of the last stream was changed, with its hash', () =>
    replaced(lines, lines.length - 1, rehashed(changed(parse(lines.at(-1))))),
  ),
  attack('the END of an earlier stream was changed, with its hash', () =>
    replaced(lines, indexOf(isStreamEnd), rehashed(changed(parse(lines[indexOf(isStreamEnd)])))),
  ),
  attack('the first half of one file was joined with the second of another', async () => {
    const other = await linesOf(
      [[agentRun('s-1'), agentRun('s-2')]],
      lines === plain ? {} : { checkpoints: CHECKPOINTS },
    );
    return [...lines.slice(0, 12), ...other.slice(12)];
  }),
  attack('a checkpoint was removed', () => lines.toSpliced(indexOf(isCheckpoint), 1), { onSigned: true }),
  attack(
    'all checkpoints were removed, and everything made anew',
    () =>
      withEverything(
        lines,
        gone((line) => isCheckpoint(parse(line))),
      ),
    { onSigned: true },
  ),
  attack(
    'the stream was renamed as well, as if it were not signed',
    () => {
      const left = withEverything(
        lines,
        gone((line) => isCheckpoint(parse(line))),
      );
      const renamed = left.map((line) => {
        const { worm_proof_id, ...event } = parse(line.replaceAll('checkpoints-', 'stream-'));
        return toLine(event);
      });
      return withEverything(renamed, []);
    },
    { onSigned: true },
  ),
  attack(
    'a checkpoint was copied, and everything made anew',
    () => {
      const at = indexOf(isCheckpoint);
      const { metadata, ...event } = parse(lines[at]);
      const copy = forgedAfter({ ...event, ...(metadata && { metadata }) });
      return withChain(lines.toSpliced(at + 1, 0, toLine(copy)), {
        at: at + 1,
        to: (same) => ({ ...same, tags: ['copy'] }),
      });
    },
    { onSigned: true },
  ),
  attack(
    'the signature of an END was removed',
    () => {
      const { worm_proof_id, ...event } = parse(lines.at(-1));
      return replaced(lines, lines.length - 1, event);
    },
    { onSigned: true },
  ),
  attack('nothing: a process was killed', () => crashed(), { of: crashed }),
  attack(
    'the end of a stream whose process was killed was cut off',
    () => {
      const left = crashed();
      const at = left.findIndex((line) => parse(line).metadata?.previous_streams !== undefined);
      return left.toSpliced(at - 2, 2);
    },
    { of: crashed },
  ),
  attack(
    'a session of such a stream was removed',
    () => crashed().filter((line) => !ofSession('s-1')(line)),
    { of: crashed },
  ),
];

/** Neighbouring lines of two processes, and other changes that mean nothing. */
const MEANINGLESS: readonly Attack[] = [
  attack('lines were reformatted, or their members put in another order', () =>
    lines.map((line) =>
      JSON.stringify(Object.fromEntries(Object.entries(parse(line)).reverse()), null, 1).replaceAll(
        '\n',
        ' ',
      ),
    ),
  ),
  attack('an empty member was added, or one was removed', () =>
    lines.map((line) => line.replace('"hash_prev":"",', '').replace('{', '{"branch":"",')),
  ),
  attack(
    'neighbouring lines of two processes were swapped',
    async () => {
      const [one = [], two = []] = await Promise.all([
        linesOf([[agentRun('s-1')]], lines === plain ? {} : { checkpoints: CHECKPOINTS }),
        linesOf([[agentRun('s-2')]], lines === plain ? {} : { checkpoints: CHECKPOINTS }),
      ]);
      return one
        .flatMap((line, at) => [two[at] ?? '', line])
        .filter((line) => line !== '')
        .concat(two.slice(one.length));
    },
    { of: () => [] },
  ),
];

/** The first finding of the severest kind. */
async function finding(manipulated: readonly string[], options: object): Promise<string> {
  const { events, findings } = await verifyEvents(manipulated, options);
  const error = findings.find(({ severity }) => severity === 'error');
  if (error !== undefined) return `\`${error.code}\``;
  const [warning] = findings;
  if (warning !== undefined) return `warning \`${warning.code}\``;
  return events === 0 ? 'exit code 3' : '—';
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;

async function rowOf({ what, play, onSigned = false, of = () => lines }: Attack): Promise<string> {
  const key = { publicKeys: [publicKey] };
  lines = plain;
  const cells = [what, onSigned ? 'has none' : await finding(await play(), {})];
  lines = signed;
  const manipulated = await play();
  cells.push(
    await finding(manipulated, key),
    await finding(manipulated, { ...key, anchors: anchorsOf(of()) }),
  );
  return row(cells);
}

it('An untouched file has no finding', async () => {
  expect(await verifyEvents(plain)).toMatchObject({ findings: [], streams: 2 });
  const anchors = anchorsOf(signed);
  const report = await verifyEvents(signed, { publicKeys: [publicKey], anchors });
  expect(report).toMatchObject({ findings: [], anchors: 2 });
});

it('The document says which attacks are found', async () => {
  const rows: string[] = [];
  for (const one of [...ATTACKS, ...MEANINGLESS]) rows.push(await rowOf(one));
  const table = [
    row(['change to the file', 'a file without a key', 'with the public key', 'with the key and anchors']),
    row(['---', '---', '---', '---']),
    ...rows,
  ].join('');
  const document = readFileSync(DOCUMENT, 'utf8');
  const [before = '', rest = ''] = document.split(BEGIN);
  const [written = '', after = ''] = rest.split(END);
  expect(after).not.toBe('');
  if (process.env.UPDATE_GOLDEN === '1')
    writeFileSync(DOCUMENT, `${before}${BEGIN}\n\n${table}\n${END}${after}`);
  else expect(table).toBe(written.trim().concat('\n'));
}, 60_000);
