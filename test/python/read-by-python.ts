/** Messages as the SDK of CloudEvents for Python reads them. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { CLOUD_EVENTS, PYTHON } from '../../scripts/python/environment.mjs';
import type { CloudEventShape } from '../../src/emitter/index.js';

/** A message as it was received. */
export interface ReceivedMessage {
  readonly protocol: 'http' | 'kafka';
  readonly headers: IncomingHttpHeaders | Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

export interface ReadEvent {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
  readonly base64?: string;
  readonly hash?: string;
}

export async function readByPython(messages: readonly ReceivedMessage[]): Promise<ReadEvent[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'python-cloudevents-'));
  const [source, target] = [path.join(folder, 'in'), path.join(folder, 'out')];
  const lines = messages.map((message) =>
    JSON.stringify({ ...message, body: message.body?.toString('base64') ?? null }),
  );
  writeFileSync(source, lines.map((line) => `${line}\n`).join(''));
  await promisify(execFile)(PYTHON, [CLOUD_EVENTS, source, target]);
  const written = readFileSync(target, 'utf8');
  rmSync(folder, { recursive: true });
  return written
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => {
      const read = JSON.parse(line) as ReadEvent[] | { readonly error: string };
      if ('error' in read) throw new Error(read.error);
      return read;
    });
}

/** An event as Python shows it: its time without a zone of letters. */
export function expectedInPython({ data, data_base64, ...attributes }: CloudEventShape): ReadEvent {
  const time = new Date(String(attributes.time)).toISOString();
  return {
    attributes: { ...attributes, time },
    ...(data_base64 === undefined ? { data: data ?? null } : { base64: data_base64 }),
  };
}

export function shownByPython({ attributes, hash: _, ...data }: ReadEvent): ReadEvent {
  return { attributes: { ...attributes, time: new Date(String(attributes.time)).toISOString() }, ...data };
}
