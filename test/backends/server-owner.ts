// A process that owns a server and ends without stopping it; processes.test.ts checks what is left.
import { type ServerCommand, startServer } from '../../scripts/backends/server-process.js';

const { command, end } = JSON.parse(process.argv[2] ?? '') as { command: ServerCommand; end: string };

const server = await startServer(command);
process.stdout.write(`${server.pid}\n`);

if (end === 'exit') process.exit(0);
if (end === 'uncaught error') throw new Error('A test failed.');
// Otherwise it waits for a signal.
setInterval(() => {}, 1_000);
