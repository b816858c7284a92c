import { run, Usage, withTrace } from '@openai/agents';
import { z } from 'zod';
import { createResearchAgents, planSchema, type ResearchReport, reportSchema } from './agents.js';

/** Progress of a research. `done` and `total` count searches. */
export interface ResearchProgress {
  readonly stage: 'planning' | 'searching' | 'writing';
  readonly message: string;
  readonly done?: number;
  readonly total?: number;
}

export interface ResearchOptions {
  /** Stops the research: requests to the model in flight are cancelled. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ResearchProgress) => void;
}

export interface ResearchResult {
  readonly report: ResearchReport;
  /** The use of all agents together. */
  readonly usage: Usage;
  /** The searches that were made, and those of them that failed. */
  readonly searches: { readonly query: string; readonly failed: boolean }[];
}

export interface ResearchManagerOptions {
  readonly model: string;
  /** Default 5. They run at the same time. */
  readonly maxSearches?: number;
}

type ResearchAgents = ReturnType<typeof createResearchAgents>;

/**
 * Plans searches for a question, makes them at the same time, and writes a report of what they found. All of it is one
 * trace. A search that fails is left out; the research fails if the plan, the report or every search does.
 *
 * @example
 * const research = new ResearchManager({ model: 'gpt-5-mini' });
 * const { report } = await research.run('Are heat pumps worth it?', { onProgress: (step) => console.log(step.message) });
 */
export class ResearchManager {
  readonly #maxSearches: number;
  readonly #agents: ResearchAgents;

  constructor({ model, maxSearches = 5 }: ResearchManagerOptions) {
    this.#maxSearches = maxSearches;
    this.#agents = createResearchAgents(model, maxSearches);
  }

  run(question: string, { signal, onProgress = () => {} }: ResearchOptions = {}): Promise<ResearchResult> {
    return withTrace('research', async () => {
      const usage = new Usage();
      const { planner, searcher, writer } = this.#agents;
      const ask = async <Output>(
        agent: ResearchAgents[keyof ResearchAgents],
        input: string,
        output: z.ZodType<Output>,
      ): Promise<Output> => {
        const result = await run(agent, input, signal === undefined ? {} : { signal });
        usage.add(result.runContext.usage);
        return output.parse(result.finalOutput);
      };

      onProgress({ stage: 'planning', message: 'Planning the searches' });
      const plan = await ask(planner, question, planSchema);
      const queries = plan.searches.slice(0, this.#maxSearches).map(({ query }) => query);
      if (queries.length === 0)
        throw new Error('The planner named no searches; ask the question differently.');

      const findings = await searchAll(queries, (query) => ask(searcher, query, z.string()), onProgress);
      signal?.throwIfAborted();

      onProgress({ stage: 'writing', message: 'Writing the report' });
      const texts = findings.map(({ query, text }) => text && `## ${query}\n\n${text}`).filter(Boolean);
      const report = await ask(
        writer,
        `Question: ${question}\n\nFindings:\n\n${texts.join('\n\n')}`,
        reportSchema,
      );
      const searches = findings.map(({ query, text }) => ({ query, failed: text === undefined }));
      return { report, usage, searches };
    });
  }
}

async function searchAll(
  queries: readonly string[],
  search: (query: string) => Promise<string>,
  onProgress: (progress: ResearchProgress) => void,
) {
  const total = queries.length;
  let done = 0;
  let failure: unknown;
  onProgress({ stage: 'searching', message: `Searching for ${total} topics`, done, total });
  const findings = await Promise.all(
    queries.map(async (query) => {
      const text = await search(query).catch((error: unknown) => {
        failure = error;
        return undefined;
      });
      done += 1;
      const message = text === undefined ? `The search for "${query}" failed` : `Searched for "${query}"`;
      onProgress({ stage: 'searching', message, done, total });
      return { query, text };
    }),
  );
  if (findings.every(({ text }) => text === undefined)) throw failure;
  return findings;
}
