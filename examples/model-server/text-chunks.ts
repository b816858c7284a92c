/** Splits a text that is streamed into words, each with the space after it. Joined, they are the text again. */
export function words(text: string): string[] {
  return text.match(/\s*\S+\s*|\s+/g) ?? [];
}

const FRAGMENT_LENGTH = 10;

/** Splits JSON into pieces that are not JSON themselves, so that clients have to join them. */
export function fragments(json: string): string[] {
  const size = Math.min(FRAGMENT_LENGTH, Math.max(1, Math.ceil(json.length / 2)));
  const characters = Array.from(json);
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; start += size) {
    pieces.push(characters.slice(start, start + size).join(''));
  }
  return pieces;
}
