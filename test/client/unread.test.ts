/** Results that the application drops: the span must not stay open forever. Needs the garbage collector. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

async function untilCollected(): Promise<void> {
  await expect
    .poll(
      () => {
        collectGarbage();
        return harness.openSpanCount();
      },
      { timeout: 30_000, interval: 20 },
    )
    .toBe(0);
}

it('A stream that is never read ends as cancelled', async () => {
  await (async () => {
    await harness.client.responses.create({ model: 'plain', input: 'x', stream: true });
  })();
  await untilCollected();
  expect(spanTree(harness.spans())).toEqual(['chat plain [CLIENT] (cancelled)']);
  await harness.reset();
});

it('A call that is never awaited ends when it was answered', async () => {
  (() => {
    void harness.client.responses.create({ model: 'plain', input: 'x' });
  })();
  await expect.poll(() => harness.server.requests.at(-1)?.status).toBe(200);
  await untilCollected();
  expect(spanTree(harness.spans())).toEqual(['chat plain [CLIENT]']);
});
