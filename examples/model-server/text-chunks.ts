/** Words with the space after them: what a streamed text is sent in. Joined, they are the text again. */
export function words(text: string): string[] {
  return text.match(/\s*\S+\s*|\s+/g) ?? [];
}

const FRAGMENT_LENGTH = 10;

/** Pieces of JSON that are no JSON by themselves, so that clients have to put arguments together. */
export function fragments(json: string): string[] {
  const size = Math.min(FRAGMENT_LENGTH, Math.max(1, Math.ceil(json.length / 2)));
  const characters = Array.from(json);
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; start += size) {
    pieces.push(characters.slice(start, start + size).join(''));
  }
  return pieces;
}
