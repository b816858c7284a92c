/** Streams that no API sends: whoever reads them reads the same with us. */
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

/** One of the server's events: its name, at which the client looks, and its data. */
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
    // Most of these end the reading.
    { weight: 1, arbitrary: fc.constantFrom('{', 'undefined', '', '[DONE]') },
  );
  const name = fc.oneof({ weight: 9, arbitrary: fc.constant('') }, fc.constantFrom(...NAMES));
  return fc.record({ name, data });
}

/** Chunks of which the client (7.55) itself makes an error: nothing would be read after one of these. */
const REFUSED = /"choices":\[null\]/;

/** Each chunk with one thing wrong, wherever it is. */
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

/** Not the chunks: how many of them are read before the end is seen, is chance. */
async function readUntilCut(stream: Stream): Promise<Reading> {
  const { error } = await readToEnd(stream);
  return { read: undefined, ...(error !== undefined && { error }) };
}

const READINGS = [readToEnd, readToEnd, readSome, readBranches, readBytes] as const;

const STREAMED_CALLS = API_CALLS.flatMap((each) => {
  const streamedAnswer = STREAMED_ANSWERS[each.name];
  return streamedAnswer === undefined ? [] : [{ ...each, ...streamedAnswer }];
});

describe.each(STREAMED_CALLS)('a stream of $name', ({ request, call, chunks, last }) => {
  const frames = fc.array(frame([...chunks, ...last]), { maxLength: 12 });
  const open = (client: Parameters<typeof call>[0]) => call(client, { ...request(), stream: true });

  it(
    'of chunks that are none, read in any way',
    () =>
      holdsFor(fc.tuple(frames, fc.constantFrom(...READINGS)), 60, ([sent, read]) =>
        bothWays.expectNoDifference(open, streamed(sent), read),
      ),
    TIMEOUT_MS,
  );

  it('of chunks with one thing wrong, wherever it is', () =>
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
    'of chunks that are cut off',
    () =>
      holdsFor(fc.tuple(frames, fc.nat({ max: 100 })), 15, ([sent, percent]) => {
        const answer = streamed(sent);
        const cutAfter = Math.floor((answer.body.length * percent) / 100);
        return bothWays.expectNoDifference(open, { ...answer, cutAfter }, readUntilCut);
      }),
    TIMEOUT_MS,
  );
});
