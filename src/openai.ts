/**
 * The package `openai` with classes whose clients are traced. Use it if no hook sees the import of `openai`:
 *
 * ```ts
 * import OpenAI from 'opentelemetry-instrumentation-openai-agents/openai';
 * ```
 *
 * The other exports are those of `openai`. A client follows `OpenAIAgentsInstrumentation` while that is enabled, else
 * the global providers and the environment. No call is recorded twice.
 */
import * as openai from 'openai';
import { traceOpenAI } from './instrumentation/client/trace-openai.js';

export * from 'openai';

// The classes keep their names, since the SDK sends the name of the client's class to the API.
class OpenAI extends openai.OpenAI {
  constructor(...options: ConstructorParameters<typeof openai.OpenAI>) {
    super(...options);
    traceOpenAI(this);
  }
}

class AzureOpenAI extends openai.AzureOpenAI {
  constructor(...options: ConstructorParameters<typeof openai.AzureOpenAI>) {
    super(...options);
    traceOpenAI(this);
  }
}

export { AzureOpenAI, OpenAI, OpenAI as default };
