import { asInteger, asRecord, type ForeignRecord } from '../../foreign/read.js';
import type { ModalityUsage, Usage } from './usage.js';

/** Tokens by modality, as the details of a usage's input and output break them down, in all APIs alike. */
export function readModalityUsage(
  input: ForeignRecord | undefined,
  output: ForeignRecord | undefined,
): Pick<Usage, 'text' | 'image' | 'audio'> {
  const cacheRead = asRecord(input?.cached_tokens_details);
  const read = (member: string): ModalityUsage | undefined => {
    const inputTokens = asInteger(input?.[member]);
    const outputTokens = asInteger(output?.[member]);
    const cacheReadInputTokens = asInteger(cacheRead?.[member]);
    const known = inputTokens ?? outputTokens ?? cacheReadInputTokens;
    return known === undefined ? undefined : { inputTokens, outputTokens, cacheReadInputTokens };
  };
  return { text: read('text_tokens'), image: read('image_tokens'), audio: read('audio_tokens') };
}
