// The part of AWS Lambda that a handler sees: invokes it for each message, and answers with its result.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const { handler } = await import(pathToFileURL(path.resolve('handler.mjs')).href);
process.on('message', async (event) => process.send(await handler(event)));
console.log('ready');
