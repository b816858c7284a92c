import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventLines } from '../../../src/testing/event-lines.js';
import { agentsAsTools } from './agents-as-tools.js';
import { SITUATIONS } from './all-situations.js';
import { handoffs } from './handoffs.js';
import { type Outcome, Stage } from './stage.js';

/** More than one agent is declared, or the application names its trace. */
const WITH_WORKFLOW: ReadonlySet<string> = new Set([
  ...handoffs.map(({ name }) => name),
  // A tool that runs an agent by itself does not say so.
  ...agentsAsTools.map(({ name }) => name).filter((name) => name !== 'run-inside-tool'),
  'hitl-inside-agent-as-tool',
  'hitl-approve-always-inside-agent-as-tool',
  'with-trace-two-runs',
  'with-trace-two-runs-without-group',
  'with-trace-second-run-fails',
  'with-trace-metadata',
  'custom-span',
  'custom-span-fails',
  'voice-spans',
  'voice-spans-around-calls',
]);

/** The application names no workflow. */
const UNNAMED = {};

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

describe('With workflow spans for several agents only, a situation has the same events and the same other spans', () => {
  it.each(SITUATIONS)('$name', async (situation) => {
    stage.configure({ workflowSpans: 'always' });
    const always = await stage.play(situation, UNNAMED);
    stage.configure({ workflowSpans: 'multi-agent' });
    const outcome = await stage.play(situation, UNNAMED);

    expect(outcome).toMatchObject({ openSpans: 0, violations: [], reported: [] });
    const hasWorkflow = spanLines(always).some(isWorkflow) && WITH_WORKFLOW.has(situation.name);
    expect(spanLines(outcome).some(isWorkflow)).toBe(hasWorkflow);
    const order = situation.parallel || !hasWorkflow ? sorted : (lines: readonly string[]) => lines;
    expect(order(eventLines(outcome.events))).toEqual(order(eventLines(always.events)));
    expect(sorted(otherSpans(outcome))).toEqual(sorted(otherSpans(always)));
    if (situation.parallel) return;
    // Decisions of a person are about the run. Without a workflow they are within its agent.
    expect(eventLines(outcome.events).filter(isOfSpan)).toEqual(eventLines(always.events).filter(isOfSpan));
  });
});

function spanLines({ listing }: Outcome): string[] {
  const spans = listing.slice(0, listing.indexOf('\nEvents')).split('\n');
  return spans.filter((line) => / \[(INTERNAL|CLIENT)\]/.test(line));
}

/** Names, kinds and outcomes. */
function otherSpans(outcome: Outcome): string[] {
  const lines = spanLines(outcome).filter((line) => !isWorkflow(line));
  return lines.map((line) => line.trim().replaceAll(/ ‹span \d+›( of ‹trace \d+›)?/g, ''));
}

const isWorkflow = (line: string) => line.includes('invoke_workflow');
const isOfSpan = (line: string) => !line.trim().startsWith('POLICY_DECISION');
const sorted = (lines: readonly string[]) => [...lines].sort();
