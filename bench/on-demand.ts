/** A worker whose instructions are counted from outside, by a tool that has to know when a task begins and ends. */
import { createInterface } from 'node:readline';

/** What the worker prints when it is ready, and after each of its tasks. */
export const DONE = 'done';

/** Repeats what each line of the input asks for, with a name and a number. */
export async function repeatOnDemand(
  repeat: (name: string, count: number) => Promise<void>,
): Promise<undefined> {
  process.stdout.write(`${DONE}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    const [name = '', count] = line.split(' ');
    await repeat(name, Number(count));
    process.stdout.write(`${DONE}\n`);
  }
}
