import type { OptionRule } from '../options/option-rules.js';
import { REDACTION_ACCEPTED } from './redaction-options.js';
import { redactionProblems } from './redaction-problems.js';

/** The rule for option `redaction`. The functions that check it are loaded with the first such option. */
export const REDACTION_RULE: OptionRule = {
  accepted: REDACTION_ACCEPTED,
  problems: (option, value) => redactionProblems(option, value),
};
