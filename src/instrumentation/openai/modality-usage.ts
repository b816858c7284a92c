import { asInteger, asRecord, type ForeignRecord } from '../../foreign/read.js';
import type { ModalityUsage, Usage } from './usage.js';

/** Tokens by modality, as the details of a usage's input and output break them down, in all APIs alike. */
export function readModalityUsage(
  input: ForeignRecord | undefined,
  output: ForeignRecord | undefined,
): Pick<Usage, 'text' | 'image' | 'audio'> {
  const cacheRead = asRecord(input?.cached_tokens_details);
  const read = (member: string): ModalityUsage | undefined => {
    const usage = {
      inputTokens: asInteger(input?.[member]),
      outputTokens: asInteger(output?.[member]),
      cacheReadInputTokens: asInteger(cacheRead?.[member]),
    };
    return Object.values(usage).some((count) => count !== undefined) ? usage : undefined;
  };
  return { text: read('text_tokens'), image: read('image_tokens'), audio: read('audio_tokens') };
}
