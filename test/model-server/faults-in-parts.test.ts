import { describe, expect, test } from 'vitest';
import type { Fault } from '../../examples/model-server/faults/fault.js';
import { parseFaultHeader } from '../../examples/model-server/faults/fault-header.js';
import { FaultLedger, scopeFaults } from '../../examples/model-server/faults/fault-ledger.js';
import { shapeFrames } from '../../examples/model-server/faults/shape-frames.js';
import { fragments, words } from '../../examples/model-server/text-chunks.js';
import { collect } from './collect.js';

describe('the header x-fault', () => {
  const cases: [string, Fault[]][] = [
    ['', []],
    ['hang', [{ fault: 'hang' }]],
    ['rate-limit;times=1;retry-after-ms=30', [{ fault: 'rate-limit', times: 1, retryAfterMs: 30 }]],
    [' cut ; after-chunks = 3 ', [{ fault: 'cut', afterChunks: 3 }]],
    [
      'slow-first-chunk;ms=5, slow-chunk;ms=1',
      [
        { fault: 'slow-first-chunk', ms: 5 },
        { fault: 'slow-chunk', ms: 1 },
      ],
    ],
  ];
  test.each(cases)('"%s"', (header, faults) => {
    expect(parseFaultHeader(header)).toEqual(faults);
  });

  test.each([
    ['explode', /"explode": fault is none of the known kinds: use "rate-limit"/],
    ['slow-chunk', /"slow-chunk": ms must be a number/],
    ['rate-limit;time=1', /unknown key "time": remove or rename it/],
    ['rate-limit;times=often', /times must be a number/],
  ])('"%s" is refused', (header, message) => {
    expect(() => parseFaultHeader(header)).toThrow(message);
  });
});

describe('the ledger', () => {
  test('counts each scope separately', () => {
    const ledger = new FaultLedger();
    const faults: Fault[] = [{ fault: 'server-error', times: 1 }];
    const take = (scope: string) => ledger.take(scopeFaults(faults, scope)).length;
    expect([take('a'), take('b'), take('a'), take('b')]).toEqual([1, 1, 0, 0]);
  });

  test('combines faults of a stream, but never with a fault in place of the reply', () => {
    const ledger = new FaultLedger();
    const faults = parseFaultHeader('slow-chunk;ms=1, hang;times=1, malformed-sse;times=1');
    const take = () => ledger.take(scopeFaults(faults, 'a')).map(({ fault }) => fault);
    expect([take(), take(), take()]).toEqual([['hang'], ['slow-chunk', 'malformed-sse'], ['slow-chunk']]);
  });
});

describe('frames', () => {
  /** What goes over the wire, in order, waits and cuts included. */
  async function sent(header: string): Promise<string[]> {
    const log: string[] = [];
    const wire = {
      closed: false,
      sleep: async (ms: number) => void log.push(`wait ${ms}`),
      cut: async () => void log.push('CUT'),
    };
    const frames = shapeFrames(['1', '2', '3'], parseFaultHeader(header), wire, (count) => `error ${count}`);
    for await (const frame of frames) log.push(frame.trim());
    return log;
  }

  test.each([
    ['', ['1', '2', '3']],
    ['slow-first-chunk;ms=9', ['wait 9', '1', '2', '3']],
    ['slow-chunk;ms=4', ['1', 'wait 4', '2', 'wait 4', '3']],
    ['cut;after-chunks=2', ['1', '2', 'CUT']],
    ['cut;after-chunks=3', ['1', '2', '3', 'CUT']],
    ['cut;after-chunks=4', ['1', '2', '3']],
    ['malformed-sse', ['1', 'data: {"broken":', '2', '3']],
    ['error-event;after-chunks=2', ['1', '2', 'error 2']],
    ['slow-chunk;ms=4, cut;after-chunks=2', ['1', 'wait 4', '2', 'wait 4', 'CUT']],
  ])('with "%s"', async (header, expected) => {
    expect(await sent(header)).toEqual(expected);
  });

  test('stop when the client has left', async () => {
    const wire = { closed: true, sleep: async () => {}, cut: async () => {} };
    expect(await collect(shapeFrames(['1'], [], wire, () => ''))).toEqual([]);
  });
});

test.each(['', ' ', 'one', ' two  words\n', 'Emoji 👩‍🚀 and ümläute'])(
  '"%s" is split without loss',
  (text) => {
    expect(words(text).join('')).toBe(text);
    expect(fragments(text).join('')).toBe(text);
  },
);
