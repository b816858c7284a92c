/** Runs the application of `fixtures/busy-application.mjs`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PROJECT } from '../../run-fixture.js';

const APPLICATION = path.join(import.meta.dirname, 'fixtures/busy-application.mjs');

/** Arguments of the application. Without a directory it has no spool. */
export type ApplicationArguments = readonly [url: string, directory: string, what: string];

/** Runs the application and ends it with a signal some time after its first event. Returns the last number it has printed. */
export async function runApplication(
  args: ApplicationArguments,
  end?: { readonly signal: NodeJS.Signals; readonly after: number },
): Promise<number> {
  return Number((await applicationOutput(args, end)).trimEnd().split('\n').at(-1));
}

/** Like {@link runApplication}, but returns all that the application has printed. */
export async function applicationOutput(
  args: ApplicationArguments,
  end?: { readonly signal: NodeJS.Signals; readonly after: number },
): Promise<string> {
  const child = spawn(process.execPath, [APPLICATION, ...args], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let output = '';
  const busy = new Promise<void>((resolve) => {
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      resolve();
    });
  });
  if (end !== undefined) {
    await busy;
    await pause(end.after);
    child.kill(end.signal);
  }
  await closed;
  return output;
}
