/**
 * Whose price list a call is billed by. The convention's `openai` is whoever speaks OpenAI's API, so it takes the host
 * to tell: a proxy or another company behind the same API has prices of its own.
 */
import type { ModelCall } from './model-call.js';

/** Providers in the convention's names, and in those of the price library. */
const LIBRARY_IDS: Readonly<Record<string, string>> = {
  openai: 'openai',
  'azure.ai.openai': 'azure',
  anthropic: 'anthropic',
  'aws.bedrock': 'aws',
  cohere: 'cohere',
  deepseek: 'deepseek',
  'gcp.gemini': 'google',
  'gcp.vertex_ai': 'google',
  groq: 'groq',
  mistral_ai: 'mistral',
  moonshot_ai: 'moonshotai',
  perplexity: 'perplexity',
  x_ai: 'x-ai',
};

export const PRICED_PROVIDERS: readonly string[] = Object.keys(LIBRARY_IDS);

/** Not those beneath it: what is processed in one region (`eu.api.openai.com`) is dearer with some models. */
const OPENAI_HOST = 'api.openai.com';

/** Its count of output tokens in Chat Completions leaves those of reasoning out, against the convention. */
const COUNTS_REASONING_APART = 'x_ai';

/** Where a deployment has a name of its own choice. */
const DEPLOYMENTS = 'azure.ai.openai';

/**
 * The provider that bills, in the convention's names.
 *
 * @param byHost - what the application says of its hosts.
 */
export function billingProvider(
  { provider, serverAddress, usage }: ModelCall,
  byHost: Readonly<Record<string, string>>,
): string | undefined {
  const told = serverAddress !== undefined && Object.hasOwn(byHost, serverAddress);
  const billing = told ? byHost[serverAddress] : provider;
  if (billing === 'openai' && !told && (serverAddress ?? OPENAI_HOST) !== OPENAI_HOST) return undefined;
  if (billing === COUNTS_REASONING_APART && (usage.reasoning ?? 0) > 0) return undefined;
  return billing;
}

export function libraryId(provider: string): string | undefined {
  return Object.hasOwn(LIBRARY_IDS, provider) ? LIBRARY_IDS[provider] : undefined;
}

/** The name under which a list may have the model; what a deployment is called does not tell. */
export function listedModel(
  { requestModel, responseModel }: ModelCall,
  provider: string,
): string | undefined {
  return responseModel ?? (provider === DEPLOYMENTS ? undefined : requestModel);
}
