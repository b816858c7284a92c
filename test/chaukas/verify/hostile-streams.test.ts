/** Long hostile inputs: time and memory for a line do not grow with their number. */
import { expect, it } from 'vitest';
import { EventVerifier } from '../../../src/chaukas/verify/event-verifier.js';
import { HOSTILE, hostileInput } from './hostile-input.js';
import { PUBLIC_KEY } from './sample-files.js';

/** Verifies lines, and returns the microseconds for each. */
function verified(lines: Iterable<string>): { micros: number; findings: number } {
  const verifier = new EventVerifier({ publicKeys: [PUBLIC_KEY] });
  let nanos = 0n;
  let count = 0;
  const timed = (act: () => void) => {
    const start = process.hrtime.bigint();
    act();
    nanos += process.hrtime.bigint() - start;
  };
  for (const line of lines) {
    count += 1;
    timed(() => verifier.add(line, count));
  }
  let findings = 0;
  timed(() => {
    const report = verifier.end();
    findings = report.findings.length + report.findingsOmitted;
  });
  return { micros: Number(nanos) / 1000 / count, findings };
}

it.each(Object.entries(HOSTILE))(
  'twenty times as many lines take about twenty times as long: %s',
  (_what, make) => {
    verified(hostileInput(make, 1_000));
    const few = verified(hostileInput(make, 2_000));
    const many = verified(hostileInput(make, 40_000));
    expect(many.findings).toBeGreaterThan(0);
    // A quadratic check would take twenty times as long for each line.
    expect(many.micros / few.micros).toBeLessThan(8);
  },
  120_000,
);

it('120,000 lines take no more memory than the limits allow', () => {
  for (const make of [HOSTILE['each of which starts a session'], HOSTILE['each of a session of its own']]) {
    if (make === undefined) throw new Error('unknown input');
    verified(hostileInput(make, 120_000));
    expect(process.memoryUsage().heapUsed).toBeLessThan(700 * 1024 * 1024);
  }
}, 240_000);
