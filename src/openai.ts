/**
 * The package `openai` with classes whose clients are traced, for where no hook sees its import:
 *
 * ```ts
 * import OpenAI from 'opentelemetry-instrumentation-openai-agents/openai';
 * ```
 *
 * All else is what `openai` exports. A client follows `OpenAIAgentsInstrumentation` while that is enabled, else the
 * global providers and the environment; no call is recorded twice.
 */
import * as openai from 'openai';
import { traceOpenAI } from './instrumentation/client/trace-openai.js';

export * from 'openai';

// Their names are kept: the SDK tells the API the name of the client's class.
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
