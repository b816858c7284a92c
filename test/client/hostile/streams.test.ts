/** Streams that no API sends: a reader gets the same with and without instrumentation. */
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Answer } from './answering-server.js';
import { API_CALLS } from './api-calls.js';
import { type BothWays, type Reading, readToEnd, type Stream, startBothWays } from './both-ways.js';
import { holdsFor, TIMEOUT_MS } from './holds-for.js';
import { anyJson, eachWrong, someWrong, withWrong } from './hostile-json.js';
import { STREAMED_ANSWERS } from './streamed-answers.js';

let bothWays: BothWays;
beforeAll(async () => {
  bothWays = await startBothWays();
});
afterAll(() => bothWays.stop());

/** A server-sent event: its name, which the client reads, and its data. */
interface Frame {
  readonly name: string;
  readonly data: string;
}

const NAMES = ['', 'message', 'response.output_text.delta', 'constructor', 'error', 'thread.run.created'];
const INDEXES = ['-1', '1', '7', '1.5', '4097', '2147483648', '1e300', '"0"', '"length"', 'null', '[]'];

function frame(good: readonly unknown[]): fc.Arbitrary<Frame> {
  const chunk = fc.constantFrom(...good);
  const data = fc.oneof(
    { weight: 6, arbitrary: chunk.map((each) => JSON.stringify(each)) },
    { weight: 8, arbitrary: chunk.chain((each) => someWrong(each).map((wrongs) => withWrong(each, wrongs))) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(chunk, fc.constantFrom(...INDEXES))
        .map(([each, index]) => JSON.stringify(each).replaceAll(/("\w*index"):\d+/g, `$1:${index}`)),
    },
    { weight: 2, arbitrary: anyJson },
    // Most of these end the stream for the reader.
    { weight: 1, arbitrary: fc.constantFrom('{', 'undefined', '', '[DONE]') },
  );
  const name = fc.oneof({ weight: 9, arbitrary: fc.constant('') }, fc.constantFrom(...NAMES));
  return fc.record({ name, data });
}

/** Chunks that make the client (7.55) throw, so that no later chunk would be read. */
const REFUSED = /"choices":\[null\]/;

/** Each chunk with one wrong value, in every place in turn. */
function eachWrongFrame(good: readonly unknown[]): Frame[] {
  return good
    .flatMap((chunk) => eachWrong(chunk).map((wrong) => withWrong(chunk, [wrong])))
    .filter((data) => !REFUSED.test(data))
    .map((data) => ({ name: '', data }));
}

function streamed(frames: readonly Frame[]): Answer {
  const body = frames.map(({ name, data }) => `${name && `event: ${name}\n`}data: ${data}\n\n`).join('');
  return { status: 200, contentType: 'text/event-stream', body };
}

async function readBranches(stream: Stream): Promise<Reading> {
  const read = await Promise.all(stream.tee().map(readToEnd));
  return { read, ...read.find((branch) => 'error' in branch) };
}

async function readBytes(stream: Stream): Promise<Reading> {
  try {
    return { read: await text(stream.toReadableStream()) };
  } catch (error) {
    return { read: undefined, error };
  }
}

async function readSome(stream: Stream): Promise<Reading> {
  const read: unknown[] = [];
  try {
    for await (const chunk of stream) if (read.push(chunk) === 2) break;
  } catch (error) {
    return { read, error };
  }
  return { read };
}

/** Reads to the end and leaves out the chunks: the number that arrives before a cut varies. */
async function readUntilCut(stream: Stream): Promise<Reading> {
  const { error } = await readToEnd(stream);
  return { read: undefined, ...(error !== undefined && { error }) };
}

const READINGS = [readToEnd, readToEnd, readSome, readBranches, readBytes] as const;

const STREAMED_CALLS = API_CALLS.flatMap((each) => {
  const streamedAnswer = STREAMED_ANSWERS[each.name];
  return streamedAnswer === undefined ? [] : [{ ...each, ...streamedAnswer }];
});

describe.each(STREAMED_CALLS)(
  'A stream of $name is read the same with and without instrumentation',
  ({ request, call, chunks, last }) => {
    const frames = fc.array(frame([...chunks, ...last]), { maxLength: 12 });
    const open = (client: Parameters<typeof call>[0]) => call(client, { ...request(), stream: true });

    it(
      'if its chunks are invalid, in any way of reading',
      () =>
        holdsFor(fc.tuple(frames, fc.constantFrom(...READINGS)), 60, ([sent, read]) =>
          bothWays.expectNoDifference(open, streamed(sent), read),
        ),
      TIMEOUT_MS,
    );

    it('if one value of a chunk is wrong', () =>
      bothWays.expectNoDifference(open, streamed(eachWrongFrame(chunks))));

    it(
      'of any bytes',
      () =>
        holdsFor(fc.string({ unit: 'binary', maxLength: 300 }), 15, (body) =>
          bothWays.expectNoDifference(open, { status: 200, contentType: 'text/event-stream', body }),
        ),
      TIMEOUT_MS,
    );

    it(
      'if its chunks are cut off',
      () =>
        holdsFor(fc.tuple(frames, fc.nat({ max: 100 })), 15, ([sent, percent]) => {
          const answer = streamed(sent);
          const cutAfter = Math.floor((answer.body.length * percent) / 100);
          return bothWays.expectNoDifference(open, { ...answer, cutAfter }, readUntilCut);
        }),
      TIMEOUT_MS,
    );
  },
);
