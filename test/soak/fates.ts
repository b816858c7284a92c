/** Fates of a streamed call: how the server answers, and what the application does with the stream. */
import type { APIPromise } from 'openai';
import type { Stream } from 'openai/streaming';
import type { StreamAnswer } from './canned-streams.js';

export interface Fate {
  readonly name: string;
  readonly answer: StreamAnswer;
  run(call: APIPromise<Stream<unknown>>): Promise<void> | void;
}

const CHUNKS_BEFORE_THE_END = 3;

async function readToEnd(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _chunk of stream) {
    // The chunk is not needed.
  }
}

/** Expects that the stream ends with an error. */
async function readUntilError(call: APIPromise<Stream<unknown>>): Promise<void> {
  try {
    await readToEnd(await call);
  } catch {
    return;
  }
  throw new Error('A stream that should fail was read to its end');
}

export const FATES: readonly Fate[] = [
  { name: 'read to its end', answer: 'whole', run: async (call) => readToEnd(await call) },
  {
    name: 'read in two branches',
    answer: 'whole',
    run: async (call) => {
      await Promise.all((await call).tee().map(readToEnd));
    },
  },
  {
    name: 'left',
    answer: 'whole',
    run: async (call) => {
      let chunks = 0;
      for await (const _chunk of await call) {
        chunks += 1;
        if (chunks === CHUNKS_BEFORE_THE_END) break;
      }
    },
  },
  {
    name: 'aborted while it is read',
    answer: 'whole',
    run: async (call) => {
      const stream = await call;
      let chunks = 0;
      for await (const _chunk of stream) {
        chunks += 1;
        if (chunks === CHUNKS_BEFORE_THE_END) stream.controller.abort();
      }
    },
  },
  {
    name: 'aborted before it is read',
    answer: 'whole',
    run: async (call) => (await call).controller.abort(),
  },
  {
    name: 'never read',
    answer: 'whole',
    run: async (call) => {
      await call;
    },
  },
  { name: 'never awaited', answer: 'whole', run: () => {} },
  { name: 'cut off', answer: 'cut', run: readUntilError },
  { name: 'no JSON in the middle', answer: 'malformed', run: readUntilError },
  { name: 'refused', answer: 'refused', run: readUntilError },
  { name: 'out of reach', answer: 'unreachable', run: readUntilError },
];
