import { generateKeyPairSync } from 'node:crypto';
import { inTurns, TestProcess, type TestProcessOptions } from './test-process.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');

export const PUBLIC_KEY = publicKey;
export const TEST_KEY = { name: 'audit', privateKey };

type Writer = (file: string[], options: TestProcessOptions) => void;

/** Files that somebody may find, all of which are in order. */
export const WRITERS: Readonly<Record<string, Writer>> = {
  'one session after the other': (file, options) =>
    new TestProcess(file, options).whole('a').whole('b').shutdown(),
  'parallel sessions': (file, options) => new TestProcess(file, options).parallel('a', 'b', 'c').shutdown(),
  'a session that is opened again': (file, options) =>
    new TestProcess(file, options).whole('a').whole('a').shutdown(),
  'a restart': (file, options) => {
    new TestProcess(file, options).whole('a').whole('b').shutdown();
    new TestProcess(file, options).parallel('b', 'c').shutdown();
  },
  'two processes': (file, options) => {
    const [one, two] = [new TestProcess(file, options), new TestProcess(file, options)];
    inTurns([one.run('a'), two.run('b'), one.run('c'), two.run('d')]);
    one.shutdown();
    two.shutdown();
  },
  'two processes with the same session': (file, options) => {
    const one = new TestProcess(file, options);
    const steps = started(one, 'a');
    const two = new TestProcess(file, options);
    inTurns([steps, two.run('a'), one.run('c')]);
    two.whole('a').shutdown();
    one.whole('a').shutdown();
  },
  'two processes, one of which starts in the middle of a session of the other': (file, options) => {
    const one = new TestProcess(file, options);
    const steps = started(one, 'a');
    const two = new TestProcess(file, options).whole('a');
    for (const _step of steps);
    one.shutdown();
    two.shutdown();
    new TestProcess(file, options).whole('a').shutdown();
  },
};

function started(process: TestProcess, sessionId: string): Generator<void> {
  const steps = process.run(sessionId);
  for (let step = 0; step < 3; step += 1) steps.next();
  return steps;
}

/** How the processes of a file sign. */
export const SIGNING: Readonly<Record<string, TestProcessOptions>> = {
  'without a key': {},
  'with a key': { key: TEST_KEY, maxEvents: 5 },
  'with a slow signer': { key: TEST_KEY, maxEvents: 4, signingTakes: 7 },
};

export function written(writer: string, options: TestProcessOptions = {}): string[] {
  const file: string[] = [];
  WRITERS[writer]?.(file, options);
  return file;
}
