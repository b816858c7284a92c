/**
 * The auditor's consumer: verifies hashes, chains, order and the signed checkpoints while the events arrive. Prints a line
 * for each finding, and a summary as JSON at the end.
 */
import { readFileSync } from 'node:fs';
import { type ChaukasEvent, EventVerifier } from 'opentelemetry-instrumentation-openai-agents/chaukas';
import { EventOrder } from './event-order.js';
import { receiveEvents } from './received-events.js';

/**
 * How long an event waits, after everything in the topic has been received, for the rest of its batch, which the sink writes
 * to several partitions.
 */
const SETTLE_MS = 2_000;
/** Kafka and the sink deliver at least once. A copy comes soon after its original. */
const REMEMBERED_IDS = 200_000;

const keyFile = process.env.AUDIT_PUBLIC_KEY;
const publicKeys = keyFile === undefined ? [] : [readFileSync(keyFile, 'utf8')];
const verifier = new EventVerifier({ publicKeys });
const order = new EventOrder();
const seen = new Set<string>();
let verified = 0;
let doubled = 0;

await receiveEvents('verifier', async ({ lines, completeUntil }) => {
  for (const line of lines) {
    const { event_id: id } = JSON.parse(line) as ChaukasEvent;
    if (seen.has(id)) {
      doubled += 1;
      continue;
    }
    remember(id);
    order.add(id, line);
  }
  verify(order.take(completeUntil - SETTLE_MS));
});
verify(order.take(Date.now()));

const { events, sessions, streams, checkpoints, findings } = verifier.end();
for (const { severity, code, message } of findings) console.log(`${severity} ${code}: ${message}`);
console.log(JSON.stringify({ events, doubled, sessions, streams, checkpoints, findings: findings.length }));

function verify(lines: readonly string[]): void {
  for (const line of lines) {
    verified += 1;
    verifier.add(line, verified);
  }
}

function remember(id: string): void {
  seen.add(id);
  if (seen.size <= REMEMBERED_IDS) return;
  for (const oldest of seen) {
    seen.delete(oldest);
    return;
  }
}
