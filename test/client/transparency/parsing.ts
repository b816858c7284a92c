/** `parse()`: the helpers that turn an answer into a value of the application's schema. */
import type { OpenAI } from 'openai';
import { MESSAGES, withFault } from './model-api.js';
import { outcome, type Scenario } from './scenario.js';

const SCHEMA = {
  name: 'city',
  strict: true,
  schema: {
    type: 'object',
    properties: { city: { type: 'string' }, country: { type: 'string' }, population: { type: 'integer' } },
    required: ['city', 'country', 'population'],
    additionalProperties: false,
  },
};

/** Marks a format like `zodResponseFormat()`, so that the SDK calls the parser. */
function parseable<Format extends object>(format: Format, parser: (text: string) => unknown): Format {
  return Object.defineProperties(
    { ...format },
    { $brand: { value: 'auto-parseable-response-format' }, $parseRaw: { value: parser } },
  );
}

const chatFormat = (parser: (text: string) => unknown) =>
  parseable({ type: 'json_schema' as const, json_schema: SCHEMA }, parser);
const textFormat = (parser: (text: string) => unknown) => ({
  format: parseable({ type: 'json_schema' as const, ...SCHEMA }, parser),
});

const notJson = (text: string): never => {
  throw new SyntaxError(`no city: ${text}`);
};

const STRICT_TOOLS = ['a', 'b'].map((name) => ({
  type: 'function' as const,
  function: {
    name,
    strict: true,
    parameters: {
      type: 'object',
      properties: { query: { type: 'string' } },
      required: ['query'],
      additionalProperties: false,
    },
  },
}));
const STRICT_RESPONSE_TOOLS = STRICT_TOOLS.map(({ type, function: definition }) => ({ type, ...definition }));

const parseChat = (
  client: OpenAI,
  model: string,
  body: Partial<OpenAI.Chat.ChatCompletionCreateParamsNonStreaming>,
  options?: OpenAI.RequestOptions,
) => client.chat.completions.parse({ model, messages: MESSAGES, ...body }, options);

const parseResponse = (
  client: OpenAI,
  model: string,
  body: Partial<OpenAI.Responses.ResponseCreateParamsNonStreaming>,
  options?: OpenAI.RequestOptions,
) => client.responses.parse({ model, input: MESSAGES, ...body }, options);

export const parsing: readonly Scenario[] = [
  {
    name: 'chat: a JSON schema without a parser, and text without a schema',
    spans: 2,
    run: async ({ client }) => [
      await parseChat(client, 'structured', {
        response_format: { type: 'json_schema', json_schema: SCHEMA },
      }),
      await parseChat(client, 'plain', {}),
    ],
  },
  {
    name: 'chat: a parser of the application gives its value',
    spans: 1,
    async run({ client }) {
      const given: string[] = [];
      const completion = await parseChat(client, 'structured', {
        response_format: chatFormat((text) => {
          given.push(text);
          return new Map(Object.entries(JSON.parse(text)));
        }),
      });
      const parsed = completion.choices[0]?.message.parsed as unknown as Map<string, unknown>;
      return { given, isMap: parsed instanceof Map, entries: [...parsed] };
    },
  },
  {
    name: 'chat: a parser that throws',
    spans: 1,
    run: ({ client }) => outcome(parseChat(client, 'plain', { response_format: chatFormat(notJson) })),
  },
  {
    name: 'chat: an answer that is cut short, filtered or refused',
    spans: 2,
    run: async ({ client }) => [
      await outcome(parseChat(client, 'incomplete', { response_format: chatFormat(JSON.parse) })),
      await outcome(parseChat(client, 'refusal', { response_format: chatFormat(JSON.parse) })),
    ],
  },
  {
    name: 'chat: strict tools, whose arguments are parsed',
    spans: 1,
    run: ({ client }) => parseChat(client, 'two-tools', { tools: STRICT_TOOLS }),
  },
  {
    name: 'chat: with the response, as the response, and twice',
    spans: 2,
    async run({ client }) {
      const promise = parseChat(client, 'structured', { response_format: chatFormat(JSON.parse) });
      const raw = await parseChat(client, 'plain', {}).asResponse();
      return {
        answer: await promise.withResponse(),
        same: Object.is(await promise, await promise),
        body: await raw.json(),
      };
    },
  },
  {
    name: 'chat: a failed request, and one that is retried',
    spans: 2,
    run: async ({ newClient }) => [
      await outcome(parseChat(newClient(), 'plain', {}, withFault('http-error;status=400'))),
      await parseChat(
        newClient({ maxRetries: 1 }),
        'plain',
        {},
        withFault('rate-limit;times=1;retry-after-ms=5'),
      ),
    ],
  },
  {
    name: 'chat: stream() with a parser',
    spans: 1,
    async run({ client }) {
      const stream = client.chat.completions.stream({
        model: 'structured',
        messages: MESSAGES,
        response_format: chatFormat(JSON.parse),
      });
      const parts: unknown[] = [];
      stream.on('content.delta', ({ parsed }) => parts.push(parsed));
      return { final: await stream.finalChatCompletion(), parts };
    },
  },
  {
    name: 'responses: a JSON schema without a parser, and text without a schema',
    spans: 2,
    run: async ({ client }) => [
      await parseResponse(client, 'structured', { text: { format: { type: 'json_schema', ...SCHEMA } } }),
      await parseResponse(client, 'plain', {}),
    ],
  },
  {
    name: 'responses: a parser of the application gives its value',
    spans: 1,
    async run({ client }) {
      const given: string[] = [];
      const parser = (text: string) => {
        given.push(text);
        return JSON.parse(text);
      };
      const response = await parseResponse(client, 'structured', { text: textFormat(parser) });
      return { given, parsed: response.output_parsed, response };
    },
  },
  {
    name: 'responses: a parser that throws',
    spans: 1,
    run: ({ client }) => outcome(parseResponse(client, 'plain', { text: textFormat(notJson) })),
  },
  {
    name: 'responses: an answer that is cut short or refused',
    spans: 2,
    run: async ({ client }) => [
      await outcome(parseResponse(client, 'incomplete', { text: textFormat(JSON.parse) })),
      await outcome(parseResponse(client, 'refusal', { text: textFormat(JSON.parse) })),
    ],
  },
  {
    name: 'responses: strict tools, whose arguments are parsed',
    spans: 1,
    run: ({ client }) => parseResponse(client, 'two-tools', { tools: STRICT_RESPONSE_TOOLS }),
  },
  {
    name: 'responses: with the response, as the response, and twice',
    spans: 2,
    async run({ client }) {
      const promise = parseResponse(client, 'structured', { text: textFormat(JSON.parse) });
      const raw = await parseResponse(client, 'plain', {}).asResponse();
      return {
        answer: await promise.withResponse(),
        same: Object.is(await promise, await promise),
        body: await raw.json(),
      };
    },
  },
  {
    name: 'responses: stream() with a parser',
    spans: 1,
    run: ({ client }) =>
      client.responses
        .stream({ model: 'structured', input: MESSAGES, text: textFormat(JSON.parse) })
        .finalResponse(),
  },
];
