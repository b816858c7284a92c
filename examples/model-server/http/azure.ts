import type { Exchange } from './environment.js';

export const AZURE = '/openai';
/** Base paths of the whole API: OpenAI's, and Azure's with and without a dated version. */
export const API_BASES = ['/v1', `${AZURE}/v1`, AZURE];
export const DEPLOYMENT_BASE = `${AZURE}/deployments/:deployment`;

/** Azure serves the same APIs under `/openai`, and a part of them under a deployment's name. */
export function isAzure(c: Exchange): boolean {
  return c.req.path.startsWith(`${AZURE}/`);
}

export function deploymentOf(c: Exchange): string | undefined {
  return c.req.param('deployment');
}
