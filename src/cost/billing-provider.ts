/**
 * The provider that bills a model call. In the semantic conventions, `openai` is the provider of every service with
 * OpenAI's API. Only the host shows whether OpenAI bills the call: a proxy or another company with the same API has its
 * own prices.
 */
import type { ModelCall } from './model-call.js';

/** The price library's names of providers, by their names in the semantic conventions. */
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

/** Not its subdomains: with some models, regional processing (`eu.api.openai.com`) costs more. */
const OPENAI_HOST = 'api.openai.com';

/** A provider whose output tokens in Chat Completions exclude reasoning tokens, against the semantic conventions. */
const COUNTS_REASONING_APART = 'x_ai';

/** The provider whose deployments have names that the user chooses. */
const DEPLOYMENTS = 'azure.ai.openai';

/**
 * Returns the provider that bills a call, by its name in the semantic conventions; `undefined` if that is not certain.
 *
 * @param byHost - option `cost.providersByHost`.
 */
export function billingProvider(
  { provider, serverAddress, usage }: ModelCall,
  byHost: Readonly<Record<string, string>>,
): string | undefined {
  const isConfigured = serverAddress !== undefined && Object.hasOwn(byHost, serverAddress);
  const billing = isConfigured ? byHost[serverAddress] : provider;
  if (billing === 'openai' && !isConfigured && (serverAddress ?? OPENAI_HOST) !== OPENAI_HOST)
    return undefined;
  if (billing === COUNTS_REASONING_APART && (usage.reasoning ?? 0) > 0) return undefined;
  return billing;
}

export function libraryId(provider: string): string | undefined {
  return Object.hasOwn(LIBRARY_IDS, provider) ? LIBRARY_IDS[provider] : undefined;
}

/** Returns the name that a price list may have for the model. The name of a deployment does not identify a model. */
export function listedModel(
  { requestModel, responseModel }: ModelCall,
  provider: string,
): string | undefined {
  return responseModel ?? (provider === DEPLOYMENTS ? undefined : requestModel);
}

/** Services that state the price of a call in their answers, in US dollars. Others may mean credits of their own. */
const STATES_DOLLARS: ReadonlySet<string | undefined> = new Set([
  'openrouter.ai',
  'eu.openrouter.ai',
  'api.perplexity.ai',
]);

/** Returns the price that a service stated, in US dollars; `undefined` if there is none. */
export function statedDollars({ serverAddress, statedCost }: ModelCall): number | undefined {
  return STATES_DOLLARS.has(serverAddress) ? statedCost : undefined;
}
