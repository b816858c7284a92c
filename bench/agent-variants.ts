/** The variants in which runs of agents are measured; the first is the baseline. */
export const VARIANTS = ['uninstrumented', 'traces', 'traces and events'] as const;

export type Variant = (typeof VARIANTS)[number];
