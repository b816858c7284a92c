import { createHash } from 'node:crypto';

/** The part of a message that stands for data, by its size and hash. */
export function blob(modality: string, base64: string, mime_type?: string) {
  const data = Buffer.from(base64, 'base64');
  return {
    type: 'blob',
    modality,
    ...(mime_type !== undefined && { mime_type }),
    bytes: data.length,
    sha256: createHash('sha256').update(data).digest('hex'),
  };
}
