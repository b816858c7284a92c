/** Models whose streams wait for the reader of the run. */
import type { Model, ModelProvider, ModelRequest } from '@openai/agents';

/**
 * The Agents SDK (0.20) reads a model's stream as fast as it comes, and keeps what nobody has read. With these models it
 * asks for the next piece when `ready` resolves, so that the model's connection is not read either.
 *
 * @example
 * const runner = new Runner({ modelProvider: pacedModels(new OpenAIProvider(), () => stream.ready()) });
 */
export function pacedModels(provider: ModelProvider, ready: () => Promise<void>): ModelProvider {
  return {
    getModel: async (name) => pacedModel(await provider.getModel(name), ready),
  };
}

function pacedModel(model: Model, ready: () => Promise<void>): Model {
  return {
    getResponse: (request) => model.getResponse(request),
    getStreamedResponse: (request) => paced(model, request, ready),
    ...(model.getRetryAdvice && { getRetryAdvice: model.getRetryAdvice.bind(model) }),
  };
}

async function* paced(model: Model, request: ModelRequest, ready: () => Promise<void>) {
  for await (const event of model.getStreamedResponse(request)) {
    yield event;
    await ready();
  }
}
