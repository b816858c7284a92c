import { createRequire } from 'node:module';
import { OpenAI } from 'openai';
import { describe, expect, it } from 'vitest';
import { requestView } from '../../src/openai-api/client-operation.js';
import { CLIENT_OPERATIONS } from '../../src/openai-api/client-operations.js';
import * as semconv from '../../src/semconv/attributes.js';

const CommonJsOpenAI: unknown = createRequire(import.meta.url)('openai').OpenAI;

function methodOf(root: unknown, resource: readonly string[], method: string): unknown {
  const owner = resource.reduce<unknown>((value, name) => (value as Record<string, unknown>)?.[name], root);
  return (owner as { prototype?: Record<string, unknown> } | undefined)?.prototype?.[method];
}

/** Each row's operation, or type where the convention has none, and the attribute that ends its span's name. */
const TABLE: Readonly<Record<string, readonly [name: string | undefined, target: string | undefined]>> = {
  'Chat.Completions.create': ['chat', 'gen_ai.request.model'],
  'Responses.create': ['chat', 'gen_ai.request.model'],
  'Responses.compact': ['chat', 'gen_ai.request.model'],
  'Responses.retrieve': ['fetch_response', undefined],
  'Beta.Responses.create': ['chat', 'gen_ai.request.model'],
  'Beta.Responses.compact': ['chat', 'gen_ai.request.model'],
  'Beta.Responses.retrieve': ['fetch_response', undefined],
  'Completions.create': ['text_completion', 'gen_ai.request.model'],
  'Embeddings.create': ['embeddings', 'gen_ai.request.model'],
  'Images.generate': ['generate_content', 'gen_ai.request.model'],
  'Images.edit': ['generate_content', 'gen_ai.request.model'],
  'Images.createVariation': ['generate_content', 'gen_ai.request.model'],
  'Videos.create': ['generate_content', 'gen_ai.request.model'],
  'Videos.edit': ['generate_content', 'gen_ai.request.model'],
  'Videos.extend': ['generate_content', 'gen_ai.request.model'],
  'Videos.remix': ['generate_content', 'gen_ai.request.model'],
  'Audio.Speech.create': ['speech', 'gen_ai.request.model'],
  'Audio.Transcriptions.create': ['transcription', 'gen_ai.request.model'],
  'Audio.Translations.create': ['translation', 'gen_ai.request.model'],
  'Moderations.create': ['moderation', 'gen_ai.request.model'],
  'Decisions.create': ['decision', 'gen_ai.request.model'],
  'VectorStores.search': ['retrieval', 'gen_ai.data_source.id'],
  'Conversations.Items.create': ['conversation_items', 'openai_agents.conversation_items.action'],
  'Conversations.Items.list': ['conversation_items', 'openai_agents.conversation_items.action'],
  'Conversations.Items.retrieve': ['conversation_items', 'openai_agents.conversation_items.action'],
  'Conversations.Items.delete': ['conversation_items', 'openai_agents.conversation_items.action'],
  'Beta.Threads.Runs.create': ['invoke_agent', 'gen_ai.agent.name'],
  'Beta.Threads.Runs.createAndPoll': ['invoke_agent', 'gen_ai.agent.name'],
  'Beta.Threads.Runs.submitToolOutputs': ['invoke_agent', 'gen_ai.agent.name'],
  'Beta.Threads.Runs.submitToolOutputsAndPoll': ['invoke_agent', 'gen_ai.agent.name'],
  'Beta.Threads.createAndRun': ['invoke_agent', 'gen_ai.agent.name'],
  'Beta.Threads.createAndRunPoll': ['invoke_agent', 'gen_ai.agent.name'],
};

/** In all versions from 5.0.1 on, as looked up there. */
const EVERYWHERE = [
  'Chat.Completions.create',
  'Responses.create',
  'Responses.retrieve',
  'Completions.create',
  'Embeddings.create',
  'Images.generate',
  'Images.edit',
  'Images.createVariation',
  'Audio.Speech.create',
  'Audio.Transcriptions.create',
  'Audio.Translations.create',
  'Moderations.create',
  'VectorStores.search',
  'Beta.Threads.Runs.create',
  'Beta.Threads.Runs.createAndPoll',
  'Beta.Threads.Runs.submitToolOutputs',
  'Beta.Threads.Runs.submitToolOutputsAndPoll',
  'Beta.Threads.createAndRun',
  'Beta.Threads.createAndRunPoll',
];

const path = ({ resource, method }: { resource: readonly string[]; method: string }) =>
  [...resource, method].join('.');

describe('The table', () => {
  it('has each method once, with the name of its span', () => {
    const rows = CLIENT_OPERATIONS.map((row) => [
      path(row),
      [row.operationName ?? row.callType, row.targetAttribute],
    ]);
    expect(Object.fromEntries(rows)).toStrictEqual(TABLE);
    expect(rows).toHaveLength(Object.keys(TABLE).length);
  });

  it('marks the methods that every version has', () => {
    expect(
      CLIENT_OPERATIONS.filter(({ everywhere }) => everywhere)
        .map(path)
        .sort(),
    ).toStrictEqual([...EVERYWHERE].sort());
  });
});

describe.each(CLIENT_OPERATIONS.map((row) => [path(row), row] as const))('%s', (_path, row) => {
  it.each([
    ['ESM', OpenAI],
    ['CommonJS', CommonJsOpenAI],
  ])('is a method of the installed client (%s)', (_build, client) => {
    expect(methodOf(client, row.resource, row.method)).toBeTypeOf('function');
  });

  it('is an operation of the convention or a type of our own, not both', () => {
    expect([row.operationName, row.callType].filter((name) => name !== undefined)).toHaveLength(1);
  });

  it.each<[what: string, args: unknown[]]>([
    ['nothing', []],
    ['null', [null, null, null]],
    ['texts', ['a', 'b', 'c']],
    ['lists', [[1], [2], [3]]],
    ['functions', [() => 1, () => 2, () => 3]],
  ])('takes %s for arguments, values and chunks', (_what, args) => {
    const request = requestView(row.readArguments(args));
    const attributes = row.requestAttributes(request);
    expect(attributes[semconv.ATTR_GEN_AI_OUTPUT_TYPE] ?? 'text').toBeTypeOf('string');
    expect(row.requestDetails?.(request).messages ?? []).toBeInstanceOf(Array);
    expect(row.requestContent?.(request) ?? {}).toBeTypeOf('object');
    expect(row.choiceCount?.(request) ?? 1).toBe(1);
    for (const value of args) {
      expect(() => row.readResponse(value, request)).not.toThrow();
      expect(row.outputMessages?.(value) ?? []).toBeInstanceOf(Array);
      expect(row.responseContent?.(value) ?? {}).toBeTypeOf('object');
      expect(row.facts?.(value, request) ?? []).toBeInstanceOf(Array);
    }
    for (const keepContent of [true, false]) {
      const chunks = row.accumulateChunks?.(keepContent);
      for (const value of args) chunks?.add(value);
      expect(chunks?.complete ?? false).toBe(false);
      expect(() => row.readResponse(chunks?.response, request)).not.toThrow();
    }
  });
});
