/**
 * The span that an engineer would write around a call, which is the least that a recorded call can cost. It has the
 * attributes of ours, it is the active span while the client works, a failure is recorded, and a stream is read along
 * by a generator that ends the span.
 */
import { type Attributes, type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import type { Chunk, Client } from './client-variants.js';

function startAttributes(body: ChatCompletionCreateParamsNonStreaming): Attributes {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'server.address': 'api.openai.com',
    'openai.api.type': 'chat_completions',
    'gen_ai.request.model': body.model,
    'gen_ai.request.temperature': body.temperature ?? 1,
    'gen_ai.request.max_tokens': body.max_completion_tokens ?? 0,
  };
}

export function createInSpan(
  tracer: Tracer,
  client: Client,
  body: ChatCompletionCreateParamsNonStreaming,
): Promise<unknown> {
  return tracer.startActiveSpan(
    `chat ${body.model}`,
    { kind: SpanKind.CLIENT, attributes: startAttributes(body) },
    async (span) => {
      try {
        const completion = await client.chat.completions.create(body);
        const { usage } = completion;
        span.setAttributes({
          'gen_ai.response.id': completion.id,
          'gen_ai.response.model': completion.model,
          'gen_ai.response.finish_reasons': completion.choices.map((choice) => choice.finish_reason),
          'gen_ai.usage.input_tokens': usage?.prompt_tokens ?? 0,
          'gen_ai.usage.output_tokens': usage?.completion_tokens ?? 0,
          'gen_ai.usage.cache_read.input_tokens': usage?.prompt_tokens_details?.cached_tokens ?? 0,
          'gen_ai.usage.reasoning.output_tokens': usage?.completion_tokens_details?.reasoning_tokens ?? 0,
          'openai.response.service_tier': completion.service_tier ?? 'default',
          'openai.response.system_fingerprint': completion.system_fingerprint ?? '',
          'openai_agents.request_id': completion._request_id ?? '',
        });
        return completion;
      } catch (error) {
        recordFailure(span, error);
        throw error;
      } finally {
        span.end();
      }
    },
  );
}

export function streamInSpan(
  tracer: Tracer,
  client: Client,
  body: ChatCompletionCreateParamsNonStreaming,
): Promise<AsyncIterable<Chunk>> {
  return tracer.startActiveSpan(
    `chat ${body.model}`,
    { kind: SpanKind.CLIENT, attributes: startAttributes(body) },
    async (span) => {
      const startedAt = performance.now();
      try {
        return readAlong(await client.chat.completions.create({ ...body, stream: true }), span, startedAt);
      } catch (error) {
        recordFailure(span, error);
        span.end();
        throw error;
      }
    },
  );
}

async function* readAlong(
  stream: AsyncIterable<Chunk>,
  span: Span,
  startedAt: number,
): AsyncGenerator<Chunk> {
  let chunks = 0;
  let first = 0;
  let finishReason = 'error';
  let last: Chunk | undefined;
  try {
    for await (const chunk of stream) {
      if (chunks === 0) first = performance.now();
      chunks += 1;
      finishReason = chunk.choices[0]?.finish_reason ?? finishReason;
      last = chunk;
      yield chunk;
    }
  } catch (error) {
    recordFailure(span, error);
    throw error;
  } finally {
    span.setAttributes({
      'gen_ai.response.id': last?.id ?? '',
      'gen_ai.response.model': last?.model ?? '',
      'gen_ai.response.time_to_first_chunk': (first - startedAt) / 1000,
      'gen_ai.response.finish_reasons': [finishReason],
      'openai_agents.response.chunk_count': chunks,
    });
    span.end();
  }
}

function recordFailure(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
}
