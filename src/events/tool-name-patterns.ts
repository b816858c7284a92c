import { showValue } from '../text/show-value.js';

/** A string matches the whole tool name, and `*` in it matches any characters (`db_*`). A RegExp matches any part. */
export type ToolNamePattern = string | RegExp;

/** The additional event that a tool call makes, by the name of the tool. */
export interface ToolEventPatterns {
  /** DATA_ACCESS with the tool's name as `datasource`. */
  dataAccess?: readonly ToolNamePattern[];
  /**
   * POLICY_DECISION with the tool's name as `policy_id`. The outcome is the tool's result, or the `outcome` in it, if
   * that is `allow`, `deny` or `review`. Otherwise it is `review`.
   */
  policyDecision?: readonly ToolNamePattern[];
  /** STATE_UPDATE with the tool's name as `tool`. */
  stateUpdate?: readonly ToolNamePattern[];
  /** SYSTEM with the tool's name in its message. */
  system?: readonly ToolNamePattern[];
}

const TARGETS: Readonly<Record<keyof ToolEventPatterns, true>> = {
  dataAccess: true,
  policyDecision: true,
  stateUpdate: true,
  system: true,
};

const ACCEPTED = "an array of tool names ('database_query', 'db_*') and regular expressions";

/** What is wrong with the option `toolEvents`, in words; nothing where it is accepted. */
export function toolEventsProblems(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof RegExp) {
    const targets = Object.keys(TARGETS).join(', ');
    return [
      `option "toolEvents" is ${showValue(value)}; it must be an object of patterns by event type ` +
        `(${targets}), e.g. { dataAccess: ['database_query'] }`,
    ];
  }
  return Object.entries(value).flatMap(([target, patterns]) => {
    const option = `toolEvents.${target}`;
    if (!Object.hasOwn(TARGETS, target)) {
      return [`unknown option "${option}"; known are: ${Object.keys(TARGETS).join(', ')}`];
    }
    if (patterns === undefined) return [];
    return Array.isArray(patterns) && patterns.every(isPattern)
      ? []
      : [`option "${option}" is ${showValue(patterns)}; it must be ${ACCEPTED}`];
  });
}

export function matches(pattern: ToolNamePattern, name: string): boolean {
  return typeof pattern === 'string' ? matchesText(pattern, name) : name.search(pattern) >= 0;
}

/** Uses no regular expression: with several `*` its time would grow with a power of the name's length. */
function matchesText(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const [first = '', ...others] = parts;
  const last = others.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const part of others) {
    const found = name.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return name.length - from >= last.length && name.endsWith(last);
}

function isPattern(value: unknown): boolean {
  return value instanceof RegExp || (typeof value === 'string' && value !== '');
}
