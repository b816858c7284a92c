/**
 * Every manipulation of a kind, on files of all kinds: each is an error, or stands in the table of `docs/evidence.md` as
 * one that nothing shows.
 */
import { describe, expect, it } from 'vitest';
import type { ChaukasEvent } from '../../../src/chaukas/event.js';
import { verifyEvents } from '../../../src/chaukas/verify/event-verifier.js';
import {
  forgedAfter,
  parse,
  rehashed,
  replaced,
  streamsOf,
  toLine,
  withChain,
  withEverything,
} from './forging.js';
import { PUBLIC_KEY, SIGNING, TEST_KEY, WRITERS, written } from './sample-files.js';
import { TestProcess } from './test-process.js';

/** A manipulated file. `isHidden` if nothing can show it without a key. */
interface Manipulated {
  readonly what: string;
  readonly lines: readonly string[];
  readonly isHidden?: boolean;
}

const indices = (lines: readonly string[]) => lines.map((_line, index) => index);
const isEnd = ({ metadata }: ChaukasEvent) => metadata?.stream_sha256 !== undefined;
const isCheckpoint = ({ metadata }: ChaukasEvent) => metadata?.message === 'checkpoint';

/** The end of a stream is not counted by itself, so only a later stream that names it, or a key, shows a change. */
function isUnnamedEnd(lines: readonly string[], at: number): boolean {
  const event = parse(lines[at]);
  return (
    isEnd(event) &&
    !lines.some(
      (line) => line.includes(`"content_hash":"${event.content_hash}","event_id"`) && isStart(line, event),
    )
  );
}

function isStart(line: string, { content_hash }: ChaukasEvent): boolean {
  const named = parse(line).metadata?.previous_streams;
  return Array.isArray(named) && JSON.stringify(named).includes(content_hash ?? '');
}

/** Whether the lines are those of whole streams, each in its order. */
function isWhole(lines: readonly string[]): boolean {
  const open = new Set<string>();
  const streams = streamsOf(lines);
  for (const [index, line] of lines.entries()) {
    const stream = streams[index] ?? '';
    open.add(stream);
    if (isEnd(parse(line))) open.delete(stream);
  }
  return open.size === 0;
}

const changed = (event: ChaukasEvent): ChaukasEvent => ({ ...event, tags: ['forged'] });

const KINDS: Readonly<Record<string, (lines: readonly string[]) => Manipulated[]>> = {
  'two neighbouring lines of one stream swapped': (lines) => {
    const streams = streamsOf(lines);
    return indices(lines.slice(1))
      .filter((at) => streams[at] === streams[at + 1])
      .map((at) => ({
        what: `lines ${at + 1} and ${at + 2}`,
        lines: lines.with(at, lines[at + 1] ?? '').with(at + 1, lines[at] ?? ''),
      }));
  },
  'the file cut at a line': (lines) =>
    indices(lines)
      .slice(1)
      .filter((at) => !isWhole(lines.slice(0, at)))
      .map((at) => ({ what: `behind line ${at}`, lines: lines.slice(0, at) })),
  'the beginning cut off': (lines) =>
    indices(lines)
      .slice(1)
      .map((at) => ({ what: `before line ${at + 1}`, lines: lines.slice(at) })),
  'a line removed': (lines) =>
    indices(lines).map((at) => ({ what: `line ${at + 1}`, lines: lines.toSpliced(at, 1) })),
  'a line copied behind itself': (lines) =>
    indices(lines).map((at) => ({ what: `line ${at + 1}`, lines: lines.toSpliced(at, 0, lines[at] ?? '') })),
  'a line copied to the end': (lines) =>
    indices(lines).map((at) => ({ what: `line ${at + 1}`, lines: [...lines, lines[at] ?? ''] })),
  'a line moved to the beginning or the end': (lines) => {
    const streams = streamsOf(lines);
    return indices(lines).flatMap((at) => {
      const rest = lines.toSpliced(at, 1);
      const line = lines[at] ?? '';
      const isFirst = streams.indexOf(streams[at] ?? '') === at;
      const isLast = streams.lastIndexOf(streams[at] ?? '') === at;
      return [
        ...(isFirst ? [] : [{ what: `line ${at + 1} to the beginning`, lines: [line, ...rest] }]),
        ...(isLast ? [] : [{ what: `line ${at + 1} to the end`, lines: [...rest, line] }]),
      ];
    });
  },
  'a session removed': (lines) => {
    const sessions = new Set(lines.map((line) => parse(line).session_id));
    return [...sessions].map((id) => ({
      what: id,
      lines: lines.filter((line) => parse(line).session_id !== id),
    }));
  },
  'the beginning of one file and the end of another': (lines) => {
    const file: string[] = [];
    new TestProcess(file, lines[0]?.includes('checkpoints-') ? { key: TEST_KEY } : {}).whole('a').shutdown();
    return indices(lines)
      .slice(1)
      .filter((at) => !isWhole(lines.slice(0, at)))
      .map((at) => ({
        what: `up to line ${at}`,
        lines: [...lines.slice(0, at), ...file.slice(at % file.length)],
      }));
  },
  'an event changed': (lines) =>
    indices(lines).map((at) => ({
      what: `line ${at + 1}`,
      lines: replaced(lines, at, changed(parse(lines[at]))),
    })),
  'an event changed and its hash made anew': (lines) =>
    indices(lines).map((at) => ({
      what: `line ${at + 1}`,
      lines: replaced(lines, at, rehashed(changed(parse(lines[at])))),
      isHidden: isUnnamedEnd(lines, at),
    })),
  'an event changed and the chain of its session made anew': (lines) =>
    indices(lines).map((at) => ({
      what: `line ${at + 1}`,
      lines: withChain(lines, { at, to: changed }),
      isHidden: isUnnamedEnd(lines, at),
    })),
  'an event changed and everything made anew': (lines) =>
    indices(lines).map((at) => ({
      what: `line ${at + 1}`,
      lines: withEverything(lines, [{ at, to: changed }]),
      isHidden: true,
    })),
  'an event inserted behind another, with its chain': (lines) =>
    indices(lines)
      .slice(0, -1)
      .map((at) => {
        const event = forgedAfter(parse(lines[at]), {
          type: 'EVENT_TYPE_POLICY_DECISION',
          policy: { outcome: 'allow', policy_id: 'four_eyes' },
        });
        return { what: `line ${at + 1}`, lines: lines.toSpliced(at + 1, 0, toLine(event)) };
      }),
  'all checkpoints removed': (lines) => {
    const left = lines.filter((line) => !isCheckpoint(parse(line)));
    return left.length === lines.length ? [] : [{ what: 'all', lines: left }];
  },
  'all checkpoints removed and everything made anew': (lines) => {
    const at = indices(lines).filter((index) => isCheckpoint(parse(lines[index])));
    if (at.length === 0) return [];
    const left = withEverything(
      lines,
      at.map((index) => ({ at: index, to: undefined })),
    );
    return [{ what: 'all', lines: left, isHidden: true }];
  },
  'the signature of an END removed': (lines) =>
    indices(lines)
      .filter((at) => parse(lines[at]).worm_proof_id !== undefined)
      .map((at) => {
        const { worm_proof_id, ...event } = parse(lines[at]);
        return { what: `line ${at + 1}`, lines: replaced(lines, at, event) };
      }),
};

const errors = async (lines: readonly string[], publicKeys: (typeof PUBLIC_KEY)[]) =>
  (await verifyEvents(lines, { publicKeys })).findings
    .filter(({ severity }) => severity === 'error')
    .map(({ code }) => code);

describe.each(Object.entries(KINDS))('%s', (_kind, manipulate) => {
  describe.each(Object.keys(WRITERS))('in a file with %s', (writer) => {
    it.each(Object.entries(SIGNING))('%s', async (_how, options) => {
      const lines = written(writer, options);
      const missed: string[] = [];
      for (const { what, lines: manipulated, isHidden = false } of manipulate(lines)) {
        const without = await errors(manipulated, []);
        if ((without.length === 0) !== isHidden) missed.push(`${what}: ${without.join(' ')}`);
        if (options.key && (await errors(manipulated, [PUBLIC_KEY])).length === 0)
          missed.push(`${what}, key`);
      }
      expect(missed).toEqual([]);
    });
  });
});

/** A generator of numbers from 0 to below 1 with a fixed beginning (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('300 manipulations that are chosen at random', () => {
  it.each(Object.entries(SIGNING))('are found in files %s', async (_how, options) => {
    const next = numbers(16);
    const below = (count: number) => Math.floor(next() * count);
    const line = (lines: readonly string[]) => lines[below(lines.length)] ?? '';
    const steps: ((lines: string[]) => string[])[] = [
      (lines) => lines.toSpliced(below(lines.length), 1 + below(5)),
      (lines) => lines.toSpliced(below(lines.length), 0, line(lines)),
      (lines) => lines.slice(0, 1 + below(lines.length - 1)),
      (lines) => lines.slice(1 + below(lines.length - 1)),
      (lines) => lines.toSorted(() => next() - 0.5),
      (lines) => {
        const at = below(lines.length);
        return lines.toSpliced(at, 1).toSpliced(below(lines.length), 0, lines[at] ?? '');
      },
      (lines) => {
        const at = below(lines.length);
        return replaced(lines, at, changed(parse(lines[at])));
      },
      (lines) => {
        const at = below(lines.length);
        return replaced(lines, at, rehashed(changed(parse(lines[at]))));
      },
      (lines) => {
        const { session_id } = parse(line(lines));
        return lines.filter((each) => parse(each).session_id !== session_id);
      },
    ];
    const missed: string[] = [];
    let played = 0;
    while (played < 300) {
      const lines = written(Object.keys(WRITERS)[below(Object.keys(WRITERS).length)] ?? '', options);
      let manipulated = lines;
      const taken = Array.from({ length: 1 + below(2) }, () => below(steps.length));
      for (const step of taken)
        if (manipulated.length > 1) manipulated = steps[step]?.(manipulated) ?? manipulated;
      if (isUnchanged(lines, manipulated)) continue;
      played += 1;
      if ((await errors(manipulated, options.key ? [PUBLIC_KEY] : [])).length === 0)
        missed.push(taken.join());
    }
    expect(missed).toEqual([]);
  });
});

/** Whether each stream is as it was, or gone without a trace, or only its unsigned end was changed. */
function isUnchanged(before: readonly string[], after: readonly string[]): boolean {
  const parts = (lines: readonly string[]) => {
    const grouped = new Map<string, string[]>();
    for (const [index, stream] of streamsOf(lines).entries()) {
      grouped.set(stream, [...(grouped.get(stream) ?? []), lines[index] ?? '']);
    }
    return grouped;
  };
  const was = parts(before);
  return [...parts(after)].every(([stream, lines]) => {
    const original = was.get(stream) ?? [];
    const isSigned = stream.startsWith('checkpoints-');
    return (
      (isSigned ? lines : lines.slice(0, -1)).join() === (isSigned ? original : original.slice(0, -1)).join()
    );
  });
}
