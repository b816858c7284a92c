/** Starts the model server of `examples/` beside a script, on a free port. */
import { spawn } from 'node:child_process';
import path from 'node:path';

const ROOT = path.dirname(import.meta.dirname);

/** @returns {Promise<{ url: string, stop: () => void }>} */
export async function startModelServerProcess() {
  const server = spawn(process.execPath, ['--import', 'tsx', 'examples/model-server/main.ts'], {
    cwd: ROOT,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  /** @type {string} */
  const url = await new Promise((resolve, reject) => {
    let output = '';
    server.stdout.on('data', (data) => {
      output += data;
      const found = /Model server: (\S+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    server.once('exit', (code) => reject(new Error(`The model server ended with ${code}.`)));
  });
  return { url, stop: () => server.kill() };
}
