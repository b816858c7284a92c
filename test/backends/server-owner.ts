// A process that owns a server and ends without stopping it; processes.test.ts looks at what is left.
import { type ServerCommand, startServer } from '../../scripts/backends/server-process.js';

const { command, end } = JSON.parse(process.argv[2] ?? '') as { command: ServerCommand; end: string };

const server = await startServer(command);
process.stdout.write(`${server.pid}\n`);

if (end === 'exit') process.exit(0);
if (end === 'uncaught error') throw new Error('A test failed.');
// Else a signal comes.
setInterval(() => {}, 1_000);
