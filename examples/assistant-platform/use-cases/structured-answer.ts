/** An answer of the model in a given form. */
import { zodResponseFormat } from 'openai/helpers/zod';
import type { z } from 'zod';
import { ProblemError } from '../../service/problem.js';
import type {
  Completion,
  CompletionOptions,
  CompletionRequest,
  OpenAIService,
} from '../openai-service/openai-service.js';

/**
 * Asks for an answer that fits the schema.
 *
 * @param name - name of the schema, for the model.
 * @throws ProblemError 422 if the model refuses, 502 if its answer does not fit.
 */
export async function structuredAnswer<T>(
  service: OpenAIService,
  { schema, name }: { schema: z.ZodType<T>; name: string },
  request: CompletionRequest,
  options: CompletionOptions,
): Promise<{ value: T; completion: Completion }> {
  const responseFormat = zodResponseFormat(schema, name);
  const completion = await service.complete({ ...request, responseFormat }, options);
  if (completion.refusal !== undefined) {
    throw new ProblemError({
      status: 422,
      code: 'model_refused',
      title: 'The model refused',
      detail: `The model refused to answer: ${completion.refusal}`,
    });
  }
  const parsed = schema.safeParse(parseJson(completion.text));
  if (parsed.success) return { value: parsed.data, completion };
  throw new ProblemError({
    status: 502,
    code: 'upstream_unusable_answer',
    title: 'The answer is unusable',
    detail: completion.truncated
      ? 'The answer of the model ended at its token limit. Raise OPENAI_MAX_TOKENS.'
      : 'The model did not answer in the form that was asked for.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
