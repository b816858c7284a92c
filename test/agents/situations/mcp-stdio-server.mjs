// An MCP server process: one JSON-RPC message per line on standard input and output.
import { createInterface } from 'node:readline';
import { answerMcp } from './mcp-answers.mjs';

createInterface({ input: process.stdin }).on('line', (line) => {
  const answer = answerMcp(JSON.parse(line));
  if (answer !== undefined) process.stdout.write(`${JSON.stringify(answer)}\n`);
});
