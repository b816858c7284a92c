/** The three agents of a research: one plans the searches, several search, one writes. */
import { Agent } from '@openai/agents';
import { z } from 'zod';
import { searchPagesTool } from './pages.js';

export const planSchema = z.object({
  searches: z.array(z.object({ query: z.string(), reason: z.string() })),
});

export const reportSchema = z.object({
  summary: z.string(),
  markdown: z.string(),
  follow_up_questions: z.array(z.string()),
});

export type ResearchReport = z.infer<typeof reportSchema>;

export function createResearchAgents(model: string, maxSearches: number) {
  const planner = new Agent({
    name: 'planner',
    model,
    instructions: `You are a research planner. Name at most ${maxSearches} searches that together answer the question, each with the reason for it.`,
    outputType: planSchema,
  });

  const searcher = new Agent({
    name: 'searcher',
    model,
    instructions:
      'You are a research searcher. Search the library for the given query, and summarise what it says in two sentences.',
    tools: [searchPagesTool],
  });

  const writer = new Agent({
    name: 'writer',
    model,
    instructions:
      'You are a research writer. From the findings write a report: a summary of two sentences, the report in Markdown, and questions to look into next.',
    outputType: reportSchema,
  });

  return { planner, searcher, writer };
}
