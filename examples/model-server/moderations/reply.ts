import type OpenAI from 'openai';
import { derivedId } from '../ids.js';
import { type Judged, judgedInputs, type ModerationsRequest } from './request.js';

type Category = keyof OpenAI.Moderation['categories'];

/** Every category, and whether it applies to images. */
const SEES_IMAGES: Readonly<Record<Category, boolean>> = {
  harassment: false,
  'harassment/threatening': false,
  hate: false,
  'hate/threatening': false,
  illicit: false,
  'illicit/violent': false,
  'self-harm': true,
  'self-harm/instructions': true,
  'self-harm/intent': true,
  sexual: true,
  'sexual/minors': false,
  violence: true,
  'violence/graphic': true,
};

/** Words whose texts are flagged, by category. */
const WORDS: Partial<Readonly<Record<string, string>>> = { violence: 'attack', hate: 'hate' };

const FLAGGED_SCORE = 0.97;
const CLEAN_SCORE = 0.0001;

export function reply(request: ModerationsRequest, seed: string): object {
  return {
    id: derivedId('modr-', seed),
    model: request.model ?? 'omni-moderation-latest',
    results: judgedInputs(request).map(judgement),
  };
}

export function judgement({ text, kinds }: Judged): object {
  const found = (category: string) => {
    const word = WORDS[category];
    return word !== undefined && text.toLowerCase().includes(word);
  };
  const categories = each((category) => found(category));
  return {
    flagged: Object.values(categories).includes(true),
    categories,
    category_scores: each((category) => (found(category) ? FLAGGED_SCORE : CLEAN_SCORE)),
    category_applied_input_types: each((_category, seesImages) =>
      kinds.filter((kind) => kind === 'text' || seesImages),
    ),
  };
}

function each<Value>(value: (category: string, seesImages: boolean) => Value): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(SEES_IMAGES).map(([category, seesImages]) => [category, value(category, seesImages)]),
  );
}
