import { agentsAsTools } from './agents-as-tools.js';
import { approvals } from './approvals.js';
import { failures } from './failures.js';
import { guardrails, toolGuardrails } from './guardrails.js';
import { handoffs } from './handoffs.js';
import { hostedTools } from './hosted-tools.js';
import { localTools } from './local-tools.js';
import { mcp } from './mcp.js';
import { plain } from './plain.js';
import { sessions } from './sessions.js';
import type { Situation } from './situation.js';
import { streams } from './streams.js';
import { tools } from './tools.js';
import { privacy, traces } from './traces.js';
import { tracingOff, tracingSwitchedOff } from './tracing-off.js';

/** Those that are played in the tests' own process. */
export const SITUATIONS: readonly Situation[] = [
  ...plain,
  ...streams,
  ...tools,
  ...guardrails,
  ...toolGuardrails,
  ...handoffs,
  ...agentsAsTools,
  ...approvals,
  ...hostedTools,
  ...localTools,
  ...mcp,
  ...sessions,
  ...failures,
  ...traces,
  ...privacy,
  ...tracingOff,
  ...tracingSwitchedOff,
];
