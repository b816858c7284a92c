// The part of a platform for Workers that a Worker sees, on Node: a request, variables, and a context with waitUntil().
// Sends the answer for each message, and then, when what it waits for is done, `{ waited: … }`.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const { default: worker } = await import(pathToFileURL(path.resolve('worker.mjs')).href);
process.on('message', async (body) => {
  const waiting = [];
  const request = new Request('http://worker/ask', { method: 'POST', body: JSON.stringify(body) });
  const response = await worker.fetch(request, process.env, {
    waitUntil: (promise) => waiting.push(promise),
  });
  process.send(await response.json());
  await Promise.all(waiting);
  process.send({ waited: waiting.length });
});
console.log('ready');
