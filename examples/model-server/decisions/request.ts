import { z } from 'zod';
import { checkBody } from '../check-body.js';

const question = {
  name: z.string().optional(),
  instructions: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]),
};

const questionSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('predicate'), ...question }),
  z.looseObject({
    type: z.literal('choice'),
    ...question,
    choices: z.array(z.looseObject({ value: z.union([z.string(), z.boolean()]) })).min(1),
  }),
  z.looseObject({
    type: z.literal('score'),
    ...question,
    levels: z.array(z.looseObject({ label: z.string() })).min(1),
  }),
]);

const requestSchema = z.looseObject({
  model: z.string(),
  input: z.union([z.string(), z.array(z.unknown()).min(1)]),
  questions: z.array(questionSchema).min(1).max(400),
});

export type DecisionRequest = z.infer<typeof requestSchema>;
export type Question = z.infer<typeof questionSchema>;

export function readRequest(body: unknown): DecisionRequest {
  return checkBody(requestSchema, body);
}
