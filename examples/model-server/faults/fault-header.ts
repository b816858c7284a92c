import { z } from 'zod';
import { invalidRequest } from '../api-error.js';
import { explainIssue } from '../explain-issue.js';
import { type Fault, faultSchema } from './fault.js';

/**
 * Reads `x-fault`: faults separated by commas, each a name and its settings in kebab-case, as in
 * `rate-limit;times=1;retry-after-ms=30, slow-chunk;ms=5`. An invalid header is answered with an error that says what
 * to write instead, because a test would pass for the wrong reason if a fault silently did not happen.
 */
export function parseFaultHeader(header: string): Fault[] {
  return header
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parseFault);
}

function parseFault(entry: string): Fault {
  const [name = '', ...settings] = entry.split(';').map((part) => part.trim());
  const raw: Record<string, unknown> = { fault: name };
  for (const setting of settings) {
    const [key = '', value = ''] = setting.split('=').map((part) => part.trim());
    raw[camelCase(key)] = /^\d+$/.test(value) ? Number(value) : value;
  }
  const parsed = z.safeParse(faultSchema, raw);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(explainIssue).join('; ');
  throw invalidRequest(
    `Header x-fault, "${entry}": ${problems}. An example is "rate-limit;times=1;retry-after-ms=30".`,
    { code: 'invalid_fault' },
  );
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_whole, letter: string) => letter.toUpperCase());
}
