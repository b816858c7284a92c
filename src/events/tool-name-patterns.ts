import { type OptionRules, objectOf, rule } from '../options/option-rules.js';
import { namePattern } from '../text/name-pattern.js';

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

const PATTERNS = rule(
  "an array of tool names ('database_query', 'db_*') and regular expressions",
  (value) => Array.isArray(value) && value.every(isPattern),
);

const TOOL_EVENTS_OPTIONS: OptionRules<ToolEventPatterns> = {
  dataAccess: PATTERNS,
  policyDecision: PATTERNS,
  stateUpdate: PATTERNS,
  system: PATTERNS,
};

/** The rule for option `toolEvents`. */
export const TOOL_EVENTS_RULE = objectOf(
  TOOL_EVENTS_OPTIONS,
  `an object of patterns by event type (${Object.keys(TOOL_EVENTS_OPTIONS).join(', ')}), ` +
    "e.g. { dataAccess: ['database_query'] }",
);

export function matches(pattern: ToolNamePattern, name: string): boolean {
  return typeof pattern === 'string' ? namePattern(pattern).matches(name) : name.search(pattern) >= 0;
}

function isPattern(value: unknown): boolean {
  return value instanceof RegExp || (typeof value === 'string' && value !== '');
}
