import { z } from 'zod';
import type { Turn } from './turn.js';

/** All parts of a condition must hold. An empty condition always holds. Case is ignored when texts are compared. */
export const conditionSchema = z.strictObject({
  instructionsInclude: z.string().min(1).optional(),
  lastUserIncludes: z.string().min(1).optional(),
  offersTool: z.string().min(1).optional(),
  hasToolResultFor: z.array(z.string().min(1)).min(1).optional(),
  toolResultCount: z.int().nonnegative().optional(),
});

export type Condition = z.infer<typeof conditionSchema>;

export function fits(condition: Condition, turn: Turn): boolean {
  const { instructionsInclude, lastUserIncludes, offersTool, hasToolResultFor, toolResultCount } = condition;
  const answered = turn.toolResults.map((result) => result.name);
  return (
    (instructionsInclude === undefined || includes(turn.instructions, instructionsInclude)) &&
    (lastUserIncludes === undefined || includes(turn.lastUser, lastUserIncludes)) &&
    (offersTool === undefined || turn.offeredTools.some((name) => same(name, offersTool))) &&
    (hasToolResultFor === undefined ||
      hasToolResultFor.every((wanted) => answered.some((name) => same(name, wanted)))) &&
    (toolResultCount === undefined || answered.length === toolResultCount)
  );
}

function includes(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}

/** The Agents SDK keeps the case of an agent's name in `transfer_to_…`, so case must not matter. */
export function same(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}
