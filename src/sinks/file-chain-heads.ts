import fs from 'node:fs';
import type { ChainHead } from '../chaukas/chain-head.js';
import { asInteger, asRecord, asText, type ForeignRecord } from '../foreign/read.js';

/**
 * How much is read at a file's end: some 5,000 events. It takes about 50 ms, once, before the first event is sealed;
 * more would hold up the application for too long.
 */
const TAIL_BYTES = 4 * 1024 * 1024;

/** Of the sessions that have an event at the end of the file. */
export function readChainHeads(fd: number): ReadonlyMap<string, ChainHead> {
  const heads = new Map<string, ChainHead>();
  for (const line of tailLines(fd)) {
    const event = parsed(line);
    const sessionId = asText(event?.session_id);
    const hash = asText(event?.content_hash);
    if (sessionId === undefined || hash === undefined) continue;
    const earlier = heads.get(sessionId);
    heads.set(sessionId, { hash, count: countOf(event, earlier) });
  }
  return heads;
}

function parsed(line: string): ForeignRecord | undefined {
  try {
    return asRecord(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function countOf(event: ForeignRecord | undefined, earlier: ChainHead | undefined): number | undefined {
  // The session's first event has nothing before it, and its END tells how many there are.
  if (event?.hash_prev === '') return 1;
  const told = asInteger(asRecord(event?.metadata)?.event_count);
  if (event?.type === 'EVENT_TYPE_SESSION_END' && told !== undefined) return told;
  return earlier?.count === undefined ? undefined : earlier.count + 1;
}

function tailLines(fd: number): string[] {
  const stat = fs.fstatSync(fd);
  if (!stat.isFile()) return [];
  const start = Math.max(0, stat.size - TAIL_BYTES);
  const tail = Buffer.alloc(stat.size - start);
  const bytes = fs.readSync(fd, tail, 0, tail.length, start);
  const lines = tail.toString('utf8', 0, bytes).split('\n');
  // Where it begins within a line, that one cannot be read.
  return start === 0 ? lines : lines.slice(1);
}
