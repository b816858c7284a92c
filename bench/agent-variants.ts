/** What runs of agents are measured with; the first is the baseline. */
export const VARIANTS = ['uninstrumented', 'traces', 'traces and events'] as const;

export type Variant = (typeof VARIANTS)[number];
