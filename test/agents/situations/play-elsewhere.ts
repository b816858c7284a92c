// Plays the situations that need a process of their own, and prints their outcomes. The process starts with the SDK's
// tracing switched off and switches it on for the last situation.
import { setTracingDisabled } from '@openai/agents';
import { resumedElsewhere } from './approvals.js';
import { type Outcome, Stage } from './stage.js';
import { tracingOffByEnvironment } from './tracing-off.js';

const stage = await Stage.open();
const outcomes: Record<string, Outcome> = {};
for (const situation of tracingOffByEnvironment) outcomes[situation.name] = await stage.play(situation);
setTracingDisabled(false);
const resumed = resumedElsewhere(process.env.WAITING_RUN ?? '');
outcomes[resumed.name] = await stage.play(resumed);
await stage.close();
process.stdout.write(JSON.stringify(outcomes));
