// An MCP server in a process of its own: one JSON-RPC message a line on standard input and output.
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { answerMcp, type McpMessage } from './mcp-answers.js';

const [logFile, options] = process.argv.slice(2);
if (logFile === undefined || options === undefined)
  throw new Error('usage: stdio-server.ts LOG_FILE OPTIONS');

createInterface({ input: process.stdin }).on('line', async (line) => {
  appendFileSync(logFile, `${line}\n`);
  const answer = await answerMcp(JSON.parse(line) as McpMessage, JSON.parse(options), () => process.exit(1));
  if (answer !== undefined) process.stdout.write(`${JSON.stringify(answer)}\n`);
});
