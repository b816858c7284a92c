const LISTED = ['gpt-5.5', 'gpt-5', 'gpt-5-mini', 'gpt-4.1', 'gpt-4o', 'gpt-4o-mini', 'o4-mini'];
const EMBEDDING_SIZES: Readonly<Record<string, number>> = {
  'text-embedding-3-small': 1536,
  'text-embedding-3-large': 3072,
  'text-embedding-ada-002': 1536,
};

/** Families of models of which every name is served, because new versions and fine-tunes appear all the time. */
const FAMILIES =
  /^(ft:)?(gpt-|chatgpt-|codex-|computer-use-|dall-e-|whisper-|tts-|sora-|davinci-|babbage-|o\d|omni-|text-|test-|local-)/;

/** Fixed, so that the list is the same after each start. */
const CREATED = 1_767_225_600;

export interface ModelEntry {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

/** The models of this server. Scenarios are among them, because a request can name a scenario as its model. */
export function listModels(scenarioIds: readonly string[]): ModelEntry[] {
  return [
    ...[...LISTED, ...Object.keys(EMBEDDING_SIZES)].map((id) => entry(id, 'openai')),
    ...scenarioIds.map((id) => entry(id, 'model-server')),
  ];
}

export function findModel(id: string, scenarioIds: readonly string[]): ModelEntry | undefined {
  if (scenarioIds.includes(id)) return entry(id, 'model-server');
  return FAMILIES.test(id) ? entry(id, 'openai') : undefined;
}

export function embeddingSize(model: string): number {
  return EMBEDDING_SIZES[model] ?? 1536;
}

function entry(id: string, ownedBy: string): ModelEntry {
  return { id, object: 'model', created: CREATED, owned_by: ownedBy };
}
