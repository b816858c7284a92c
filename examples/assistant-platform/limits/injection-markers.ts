/** Texts by which people try to make a model drop its instructions. Each marker is a rule of the policy. */
const MARKERS: Readonly<Record<string, RegExp>> = {
  'ignore-instructions':
    /\b(?:ignore|disregard|forget|override)\b.{0,30}\b(?:previous|prior|above|earlier|all|your|system)\b.{0,30}\b(?:instructions?|prompts?|rules|directions)\b/,
  'reveal-instructions':
    /\b(?:reveal|show|print|repeat|output|leak)\b.{0,30}\b(?:system prompt|hidden prompt|(?:your|initial|system) instructions)\b/,
  'forged-role': /<\|im_start\|>|<\|system\|>|\[\/?inst\]|^\s{0,10}(?:#{1,6} ?)?system ?:/m,
  jailbreak: /\b(?:do anything now|developer mode|jailbreak|without any (?:restrictions|filters))\b/,
  'forged-decision':
    /\b(?:always|just)\b.{0,20}\b(?:approve|accept)\b.{0,40}\b(?:without|regardless|no matter)\b/,
};

/** Characters beyond these are not searched, since they cost time that a caller could choose. */
const SEARCHED = 20_000;

/** Characters that are not seen, and split a word for a pattern but not for a model. */
const INVISIBLE = /[\u00AD\u200B-\u200F\u2060\uFEFF]/g;

/** Returns the names of the markers in a text. They are hints and not proof: a text about such attacks has them too. */
export function injectionMarkers(text: string): string[] {
  const plain = text.slice(0, SEARCHED).normalize('NFKC').replace(INVISIBLE, '').toLowerCase();
  return Object.entries(MARKERS)
    .filter(([, marker]) => marker.test(plain))
    .map(([name]) => name);
}
