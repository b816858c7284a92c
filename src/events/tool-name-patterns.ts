import { showValue } from '../text/show-value.js';

/**
 * Names of tools: a text is the whole name, in which `*` stands for any characters (`db_*`), a RegExp is looked for
 * in the name.
 */
export type ToolNamePattern = string | RegExp;

/** Which event the call of a tool makes, by the tool's name. */
export interface ToolEventPatterns {
  /** DATA_ACCESS with the tool's name as `datasource`. */
  dataAccess?: readonly ToolNamePattern[];
  /**
   * POLICY_DECISION with the tool's name as `policy_id`. The outcome is the tool's result, or the `outcome` in it,
   * where that is `allow`, `deny` or `review`; else `review`.
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

/** Not by a regular expression: several `*` in one would take a time that grows with a power of the name's length. */
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
