#!/usr/bin/env node
import { runCommandLine } from './command-line.js';

// Not process.exit(): output may still be on its way to a pipe.
process.exitCode = await runCommandLine(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
});
