import { z } from 'zod';
import { faultSchema } from '../faults/fault.js';
import { conditionSchema } from './condition.js';
import { unknownPlaceholder } from './template.js';
import { SERVICE_TIERS } from './turn.js';

/** The message if a text has a placeholder that nothing fills. */
function unfilled(text: string): string | undefined {
  const unknown = unknownPlaceholder(text);
  return unknown && `nothing fills ${unknown}: use {{lastUser}}, {{model}} or {{toolResult:NAME}}`;
}

const template = z.string().check((context) => {
  const message = unfilled(context.value);
  if (message !== undefined) context.issues.push({ code: 'custom', input: context.value, message });
});

/** An object whose strings are templates. */
const templateObject = z.record(z.string(), z.unknown()).check((context) => {
  const message = unfilled(JSON.stringify(context.value));
  if (message !== undefined) context.issues.push({ code: 'custom', input: context.value, message });
});

const tokens = z.int().nonnegative();

export const usageSchema = z.strictObject({
  inputTokens: tokens,
  outputTokens: tokens,
  cachedTokens: tokens.optional(),
  reasoningTokens: tokens.optional(),
  cacheWriteTokens: tokens.optional(),
  /** Audio tokens of the input and the output. Only Chat Completions reports them. */
  inputAudioTokens: tokens.optional(),
  outputAudioTokens: tokens.optional(),
});

/** These are made from `text`, `reasoning` and `toolCalls`. */
const SPOKEN_ITEMS = ['message', 'reasoning', 'function_call'];

/** An output item of Responses as it goes over the wire, such as the call of a hosted tool. */
const itemSchema = z
  .looseObject({ type: z.string().min(1), id: z.string().min(1).optional() })
  .refine(
    ({ type }) => !SPOKEN_ITEMS.includes(type),
    'use text, reasoning or toolCalls for an item of this type',
  );
export type ScriptedItem = z.infer<typeof itemSchema>;

const finishReasonSchema = z.enum(['stop', 'length', 'tool_calls', 'content_filter']);
type FinishReason = z.infer<typeof finishReasonSchema>;

/** Whether the finish reason leaves the answer unfinished. */
export function isCutOff(reason: FinishReason | undefined): reason is 'length' | 'content_filter' {
  return reason === 'length' || reason === 'content_filter';
}

const replySchema = z
  .strictObject({
    text: template.optional(),
    /** The text as an object, which is sent as JSON: the answer to a request for structured output. */
    json: templateObject.optional(),
    /** Summary of the reasoning. Only Responses shows it; Chat Completions just counts its tokens. */
    reasoning: template.optional(),
    refusal: template.optional(),
    toolCalls: z
      .array(z.strictObject({ name: z.string().min(1), arguments: templateObject }))
      .min(1)
      .optional(),
    /** Items before the text, in Responses only. */
    items: z.array(itemSchema).min(1).optional(),
    usage: usageSchema.optional(),
    finishReason: finishReasonSchema.optional(),
    status: z.enum(['completed', 'incomplete', 'failed']).optional(),
    /** Model name in the answer, if it should differ from the requested one. */
    model: z.string().min(1).optional(),
    serviceTier: z.enum(SERVICE_TIERS).optional(),
  })
  .refine(
    (reply) =>
      reply.text !== undefined ||
      reply.json ||
      reply.refusal !== undefined ||
      reply.toolCalls ||
      reply.items ||
      reply.status === 'failed',
    'the reply says nothing: give it text, json, refusal, toolCalls, items or status "failed"',
  )
  .refine(({ text, json }) => text === undefined || json === undefined, 'give either text or json')
  .refine(
    ({ status, finishReason }) =>
      status === undefined ||
      finishReason === undefined ||
      (status === 'incomplete') === isCutOff(finishReason),
    'status and finishReason disagree: "incomplete" goes with "length" or "content_filter"; give only one of them',
  );

export type Reply = z.infer<typeof replySchema>;

const stepSchema = z.strictObject({
  when: conditionSchema.optional(),
  faults: z.array(faultSchema).optional(),
  reply: replySchema,
});

export type Step = z.infer<typeof stepSchema>;

export const scenarioSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/, 'use lower-case letters, digits, ".", "_" and "-"'),
    description: z.string().optional(),
    /** Chooses the scenario for requests that name none. */
    match: conditionSchema.optional(),
    /** Faults of every step. */
    faults: z.array(faultSchema).optional(),
    /** The first step whose `when` matches answers. */
    steps: z.array(stepSchema).min(1).optional(),
    /** Takes the steps of another scenario, to vary its faults without repeating it. */
    stepsOf: z.string().optional(),
  })
  .refine(
    (scenario) => (scenario.steps === undefined) !== (scenario.stepsOf === undefined),
    'give either steps, or stepsOf with the id of the scenario whose steps to use',
  );

/** A scenario as it is written, in a file or in code. */
export type Scenario = z.infer<typeof scenarioSchema>;

/** A scenario that is ready to be played, with its own steps. */
export type PlayableScenario = Omit<Scenario, 'steps' | 'stepsOf'> & { readonly steps: readonly Step[] };
