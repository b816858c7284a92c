export type { ResearchReport } from './agents.js';
export {
  ResearchManager,
  type ResearchManagerOptions,
  type ResearchOptions,
  type ResearchProgress,
  type ResearchResult,
} from './research-manager.js';
