import { PROVIDER_NAMES } from '../semconv/provider-names.js';

/** The convention's names of providers, by the names that model adapters use: `anthropic.messages`, `google.vertex.chat`. */
const PROVIDER_BY_ADAPTER: ReadonlyMap<string, string> = new Map([
  ...PROVIDER_NAMES,
  ['anthropic', 'anthropic'],
  ['cohere', 'cohere'],
  ['deepseek', 'deepseek'],
  ['google', 'gcp.gemini'],
  ['google.vertex', 'gcp.vertex_ai'],
  ['groq', 'groq'],
  ['moonshotai', 'moonshot_ai'],
  ['openai', 'openai'],
  ['perplexity', 'perplexity'],
  ['vertex', 'gcp.vertex_ai'],
]);

/** Returns the convention's name of a provider; `undefined` if an adapter's name is not known. */
function knownProvider(adapter: string): string | undefined {
  const [vendor = '', product] = adapter.toLowerCase().split('.');
  return PROVIDER_BY_ADAPTER.get(`${vendor}.${product}`) ?? PROVIDER_BY_ADAPTER.get(vendor);
}

/** A model and its provider, as far as they are known. */
export interface ProviderModel {
  readonly provider: string | undefined;
  readonly model: string | undefined;
}

/**
 * Splits a name such as `anthropic.messages:claude-sonnet-4-5`. A colon alone does not make a provider: models have tags
 * (`llama3:8b`) and fine-tuned models have prefixes (`ft:gpt-4o:org`).
 *
 * @param adapter - the provider in the words of the model's adapter, if it names one; an unknown one stands as it is.
 */
export function providerAndModel(name: string | undefined, adapter: string | undefined): ProviderModel {
  if (adapter !== undefined) {
    const prefix = `${adapter}:`;
    return {
      provider: knownProvider(adapter) ?? adapter,
      model: name?.startsWith(prefix) ? name.slice(prefix.length) : name,
    };
  }
  const colon = name?.indexOf(':') ?? -1;
  const provider = name === undefined || colon < 1 ? undefined : knownProvider(name.slice(0, colon));
  return { provider, model: provider === undefined ? name : name?.slice(colon + 1) };
}
