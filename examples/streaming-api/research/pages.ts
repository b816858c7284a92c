/** A library of pages to search, in place of a search engine. */
import { tool } from '@openai/agents';
import { z } from 'zod';

interface Page {
  readonly title: string;
  readonly text: string;
}

const PAGES: readonly Page[] = [
  {
    title: 'How a heat pump works',
    text: 'A heat pump moves heat from outside air, ground or water into a building. For one unit of electricity it delivers three to four units of heat at mild temperatures.',
  },
  {
    title: 'Heat pumps in cold climates',
    text: 'Cold-climate heat pumps keep working down to about −25 °C. Their efficiency falls with the temperature: about 3.5 at 7 °C, about 2.2 at −15 °C.',
  },
  {
    title: 'What a heat pump costs',
    text: 'An air-source heat pump for a house costs between 8,000 and 16,000 EUR with installation. The running cost depends on the price of electricity relative to gas.',
  },
  {
    title: 'Noise of heat pumps',
    text: 'Outdoor units produce 40 to 60 dB at one metre. Rules for the distance to a neighbour differ from place to place.',
  },
  {
    title: 'Insulation first',
    text: 'In a badly insulated house insulation saves more per euro than a new heating system. A heat pump then can be smaller and cheaper.',
  },
  {
    title: 'Why cities plant trees',
    text: 'Trees lower summer temperatures in a street by 2 to 8 °C, hold back rain, and raise the value of houses nearby.',
  },
  {
    title: 'Cost and upkeep of city trees',
    text: 'Planting a street tree costs 300 to 1,500 EUR. In the first three years watering is most of the cost; after that pruning is.',
  },
];

const MAX_HITS = 3;

/** Returns the pages that share the most words with the query, best first. */
export function searchPages(query: string): Page[] {
  const words = new Set(wordsOf(query));
  const score = (page: Page) =>
    wordsOf(`${page.title} ${page.text}`).filter((word) => words.has(word)).length;
  return PAGES.map((page) => ({ page, hits: score(page) }))
    .filter(({ hits }) => hits > 0)
    .sort((a, b) => b.hits - a.hits)
    .slice(0, MAX_HITS)
    .map(({ page }) => page);
}

function wordsOf(text: string): string[] {
  return (text.toLowerCase().match(/\p{L}{4,}/gu) ?? []).map((word) => word.replace(/s$/, ''));
}

export const searchPagesTool = tool({
  name: 'search_pages',
  description: 'Searches the library and returns the best pages.',
  parameters: z.object({ query: z.string().min(1).max(200) }),
  execute: ({ query }) => {
    const pages = searchPages(query);
    if (pages.length === 0) return 'Nothing was found.';
    return pages.map((page) => `- ${page.title}: ${page.text}`).join('\n');
  },
});
