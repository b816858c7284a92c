import { expect, it } from 'vitest';
import { timeoutMessage } from '../../../src/instrumentation/agents/tool-step.js';

const SLOW = { name: 'slow', timeoutMs: 15 };
const MESSAGE = "Tool 'slow' timed out after 15ms.";

it.each<[string, unknown, unknown, string | undefined]>([
  ['a tool that was told to have taken too long', SLOW, MESSAGE, MESSAGE],
  ['one whose failure says so', SLOW, `ToolTimeoutError: ${MESSAGE}`, MESSAGE],
  ['not one that gave something else', SLOW, 'done', undefined],
  ['not one that speaks of another', SLOW, "Tool 'fast' timed out after 15ms.", undefined],
  ['not one that only quotes it', SLOW, `I read: "${MESSAGE}" there`, undefined],
  ['not one without a limit', { name: 'slow' }, MESSAGE, undefined],
  ['not one without a name', { timeoutMs: 15 }, MESSAGE, undefined],
  ['not one that gave no text', SLOW, { text: MESSAGE }, undefined],
  ['nothing', undefined, undefined, undefined],
])('%s', (_, tool, output, expected) => {
  expect(timeoutMessage(tool, output)).toBe(expected);
});
