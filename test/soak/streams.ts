/**
 * Tens of thousands of streamed calls, read, left, aborted, broken, failed and never read. None may leave anything
 * behind.
 *
 *     npm run test:soak
 */
import * as openai from 'openai';
import { ANSWER_HEADER, cannedStreams } from './canned-streams.js';
import { FATES, type Fate } from './fates.js';
import { soak } from './heap.js';
import { startTelemetry } from './telemetry.js';

const { flush, left } = startTelemetry({ openai });

const client = new openai.OpenAI({
  apiKey: 'sk-local',
  baseURL: 'http://soak.invalid/v1',
  fetch: cannedStreams,
  maxRetries: 0,
  logLevel: 'off',
});

const QUESTION = 'What is the capital of France?';

/** Alternates between both APIs, each with every fate. */
async function play(index: number): Promise<void> {
  const fate = FATES[(index >> 1) % FATES.length] as Fate;
  const options = { headers: { [ANSWER_HEADER]: fate.answer } };
  await fate.run(
    index % 2 === 0
      ? client.chat.completions.create(
          { model: 'gpt-5-mini', messages: [{ role: 'user', content: QUESTION }], stream: true },
          options,
        )
      : client.responses.create({ model: 'gpt-5-mini', input: QUESTION, stream: true }, options),
  );
}

// The tables of ended sessions and known traces hold 10,000 each: they are full after the warm-up.
await soak({ what: 'streamed calls', total: 10_000, warmUp: 10_500, every: 2000, play, flush, left });
