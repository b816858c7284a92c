import type { Turn } from './turn.js';

const PLACEHOLDER = /\{\{\s*([^}]*?)\s*\}\}/g;
const TOOL_RESULT = 'toolResult:';

/** Fills `{{lastUser}}`, `{{model}}` and `{{toolResult:NAME}}` (the last result of that tool). */
export function fillTemplate(text: string, turn: Turn): string {
  return text.replace(PLACEHOLDER, (_whole, name: string) => fillOne(name, turn));
}

function fillOne(name: string, turn: Turn): string {
  if (name === 'lastUser') return turn.lastUser;
  if (name === 'model') return turn.model;
  const tool = name.slice(TOOL_RESULT.length);
  return turn.toolResults.findLast((result) => result.name === tool)?.output ?? '';
}

/** Fills the placeholders in every string of a JSON value. */
export function fillValue(value: unknown, turn: Turn): unknown {
  if (typeof value === 'string') return fillTemplate(value, turn);
  if (Array.isArray(value)) return value.map((entry) => fillValue(entry, turn));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fillValue(member, turn)]));
}

/** Returns the first unknown placeholder, so that a typo is found when the scenario is loaded. */
export function unknownPlaceholder(text: string): string | undefined {
  for (const [whole, name = ''] of text.matchAll(PLACEHOLDER)) {
    const known = name === 'lastUser' || name === 'model' || name.startsWith(TOOL_RESULT);
    if (!known) return whole;
  }
  return undefined;
}
