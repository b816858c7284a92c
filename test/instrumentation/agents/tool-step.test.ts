import { expect, it } from 'vitest';
import { timeoutMessage } from '../../../src/instrumentation/agents/tool-step.js';

const SLOW = { name: 'slow', timeoutMs: 15 };
const MESSAGE = "Tool 'slow' timed out after 15ms.";

it.each<[string, unknown, unknown, string | undefined]>([
  ['the message of a timeout', SLOW, MESSAGE, MESSAGE],
  ['the message inside an error text', SLOW, `ToolTimeoutError: ${MESSAGE}`, MESSAGE],
  ['undefined for another output', SLOW, 'done', undefined],
  ['undefined for the timeout of another tool', SLOW, "Tool 'fast' timed out after 15ms.", undefined],
  ['undefined for a text that quotes the message', SLOW, `I read: "${MESSAGE}" there`, undefined],
  ['undefined for a tool without a timeout', { name: 'slow' }, MESSAGE, undefined],
  ['undefined for a tool without a name', { timeoutMs: 15 }, MESSAGE, undefined],
  ['undefined for an output that is not a text', SLOW, { text: MESSAGE }, undefined],
  ['undefined for no tool', undefined, undefined, undefined],
])('timeoutMessage returns %s', (_, tool, output, expected) => {
  expect(timeoutMessage(tool, output)).toBe(expected);
});
