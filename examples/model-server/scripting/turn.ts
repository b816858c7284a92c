/** A tool result in the request, with the name of its tool. */
export interface ToolResult {
  readonly name: string;
  readonly output: string;
}

/**
 * The part of a request that scenarios can use. Responses and Chat Completions share it, so that one scenario serves
 * both.
 */
export interface Turn {
  readonly model: string;
  readonly stream: boolean;
  /** `instructions` together with all system and developer messages. */
  readonly instructions: string;
  readonly lastUser: string;
  readonly offeredTools: readonly string[];
  /** Results since the last user message, so that a second question in one session starts over. */
  readonly toolResults: readonly ToolResult[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly serviceTier: ServiceTier;
  /** Size of the request, from which tokens are estimated if the scenario has no usage. */
  readonly promptChars: number;
}

export const SERVICE_TIERS = ['default', 'flex', 'scale', 'priority', 'fast'] as const;
export type ServiceTier = (typeof SERVICE_TIERS)[number];

/** The tier that answers: `default` for `auto` or no tier. */
export function answeringTier(asked: ServiceTier | 'auto' | null | undefined): ServiceTier {
  return asked === undefined || asked === null || asked === 'auto' ? 'default' : asked;
}

/** The text in a message's content: a string, or parts such as `input_text`, `output_text` and `text`. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map(partText).join('');
}

function partText(part: unknown): string {
  if (typeof part !== 'object' || part === null) return '';
  if ('text' in part && typeof part.text === 'string') return part.text;
  return 'refusal' in part && typeof part.refusal === 'string' ? part.refusal : '';
}
