import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { toolEndContent, toolStartContent } from '../../../src/events/content/tool.js';
import type { JsonValue } from '../../../src/json/json.js';
import type { ToolRequestDetails } from '../../../src/signals/signal.js';
import { DURATION_MS, plainSpan } from '../plain-span.js';

const TOOL: Attributes = { 'gen_ai.tool.name': 'weather', 'gen_ai.tool.call.id': 'call_1' };
const named = { id: 'call_1', name: 'weather', function_name: 'weather' };

describe('toolStartContent', () => {
  it.each<
    [
      what: string,
      attributes: Attributes,
      details: ToolRequestDetails | undefined,
      includeContent: boolean,
      expected: object,
    ]
  >([
    ['no attributes', {}, undefined, true, {}],
    ['name and id', TOOL, undefined, true, named],
    [
      'the arguments of the details',
      TOOL,
      { arguments: { city: 'Paris' } },
      true,
      { ...named, arguments: { city: 'Paris' } },
    ],
    [
      'arguments that are a text',
      TOOL,
      { arguments: 'Paris' },
      true,
      { ...named, arguments: { input: 'Paris' } },
    ],
    ['arguments that are a list', TOOL, { arguments: [1] }, true, { ...named, arguments: { input: [1] } }],
    [
      'arguments on the span',
      { ...TOOL, 'gen_ai.tool.call.arguments': '{"city":"Rome"}' },
      undefined,
      true,
      { ...named, arguments: { city: 'Rome' } },
    ],
    [
      'arguments on the span that are no JSON',
      { ...TOOL, 'gen_ai.tool.call.arguments': 'Rome' },
      undefined,
      true,
      { ...named, arguments: { input: 'Rome' } },
    ],
    [
      'the arguments of the details rather than those on the span',
      { ...TOOL, 'gen_ai.tool.call.arguments': '{}' },
      { arguments: { city: 'Paris' } },
      true,
      { ...named, arguments: { city: 'Paris' } },
    ],
    [
      'no arguments if content is not captured',
      { ...TOOL, 'gen_ai.tool.call.arguments': '{}' },
      { arguments: { city: 'Paris' } },
      false,
      named,
    ],
    ['a name of a wrong type', { 'gen_ai.tool.name': 5, 'gen_ai.tool.call.id': '' }, undefined, true, {}],
  ])('%s', (_what, attributes, details, includeContent, expected) => {
    expect(toolStartContent(plainSpan(attributes), details, includeContent)).toEqual({
      tool_call: expected,
    });
  });
});

describe('toolEndContent', () => {
  it.each<
    [
      what: string,
      attributes: Attributes,
      result: JsonValue | undefined,
      errorMessage: string | undefined,
      includeContent: boolean,
      expected: object,
    ]
  >([
    ['no attributes', {}, undefined, undefined, true, {}],
    ['the id', TOOL, undefined, undefined, true, { tool_call_id: 'call_1' }],
    [
      'the result of a signal',
      TOOL,
      { t: 21 },
      undefined,
      true,
      { tool_call_id: 'call_1', output: { t: 21 } },
    ],
    ['a result that is a text', {}, 'sunny', undefined, true, { output: { output: 'sunny' } }],
    ['a result that is empty', {}, '', undefined, true, { output: { output: '' } }],
    ['a result that is false', {}, false, undefined, true, { output: { output: false } }],
    ['a result that is zero', {}, 0, undefined, true, { output: { output: 0 } }],
    [
      'a result on the span',
      { 'gen_ai.tool.call.result': '{"t":5}' },
      undefined,
      undefined,
      true,
      { output: { t: 5 } },
    ],
    [
      'a result on the span that is a text',
      { 'gen_ai.tool.call.result': 'cold' },
      undefined,
      undefined,
      true,
      { output: { output: 'cold' } },
    ],
    [
      'the result of a signal rather than that on the span',
      { 'gen_ai.tool.call.result': '{"t":5}' },
      { t: 21 },
      undefined,
      true,
      { output: { t: 21 } },
    ],
    [
      'a failure',
      TOOL,
      undefined,
      'No such city.',
      true,
      { tool_call_id: 'call_1', error_message: 'No such city.' },
    ],
    [
      'no result if content is not captured',
      { ...TOOL, 'gen_ai.tool.call.result': '{"t":5}' },
      { t: 21 },
      undefined,
      false,
      { tool_call_id: 'call_1' },
    ],
    ['a failure is no content', {}, { t: 21 }, 'No.', false, { error_message: 'No.' }],
  ])('%s', (_what, attributes, result, errorMessage, includeContent, expected) => {
    const content = toolEndContent(plainSpan(attributes), result, errorMessage, includeContent);
    expect(content).toEqual({ tool_response: { ...expected, execution_time_ms: DURATION_MS } });
  });
});
