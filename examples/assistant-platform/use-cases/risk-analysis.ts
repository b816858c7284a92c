/** `POST /risk-analysis`: a history of purchases in, a finding in a fixed form out. */
import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAIService } from '../openai-service/openai-service.js';
import { purchaseSchema } from '../purchases/spending-rules.js';
import { type HistoricPurchase, RISK_KINDS, riskSignals } from './risk-signals.js';
import {
  createPlatformRouter,
  jsonContent,
  MODEL_PROBLEMS,
  type PlatformRouter,
  requestIds,
  requestIdsShape,
  SECURITY,
  usageSchema,
} from './routes.js';
import type { UseCaseRunner } from './runner.js';
import { structuredAnswer } from './structured-answer.js';

const INSTRUCTIONS =
  'You analyse purchases for risk. The signals were computed; do not contradict them. Rate the whole history, and explain each signal in one sentence.';

const LEVELS = ['low', 'medium', 'high'] as const;

const bodySchema = z
  .strictObject({
    history: z
      .array(
        purchaseSchema.extend({
          id: z.string().min(1).max(64),
          at: z.iso.datetime({ offset: true }).openapi({ example: '2026-11-30T12:00:00Z' }),
        }),
      )
      .min(1)
      .max(500),
  })
  .openapi('RiskAnalysisRequest');

/** What the model writes. It names no purchases, so it cannot invent any. */
const assessmentSchema = z.object({
  risk: z.enum(LEVELS),
  summary: z.string(),
  findings: z.array(
    z.object({ kind: z.enum(RISK_KINDS), severity: z.enum(LEVELS), explanation: z.string() }),
  ),
});

const resultSchema = z
  .object({
    risk: z.enum(LEVELS),
    summary: z.string(),
    findings: z.array(
      z.object({
        kind: z.enum(RISK_KINDS),
        severity: z.enum(LEVELS),
        explanation: z.string(),
        purchases: z.array(z.string()).openapi({ description: 'Ids of the purchases that show the risk.' }),
      }),
    ),
    usage: usageSchema,
    ...requestIdsShape,
  })
  .openapi('RiskAnalysis');

const route = createRoute({
  method: 'post',
  path: '/risk-analysis',
  summary: 'Finds unusual spending, high-risk merchants and rapid purchases',
  tags: ['purchases'],
  security: SECURITY,
  request: { body: { content: jsonContent(bodySchema), required: true } },
  responses: { 200: { description: 'The finding.', content: jsonContent(resultSchema) }, ...MODEL_PROBLEMS },
});

export interface RiskAnalysisParts {
  readonly service: OpenAIService;
  readonly runner: UseCaseRunner;
}

export function riskAnalysisRoutes({ service, runner }: RiskAnalysisParts): PlatformRouter {
  const router = createPlatformRouter();

  router.openapi(route, async (c) => {
    const { history } = c.req.valid('json');
    const principal = c.get('principal');
    const merchants = history.map(({ merchant }) => merchant).join('\n');
    const result = await runner.run('risk-analysis', { principal, text: merchants }, () =>
      analyse(history, service, { principal, signal: c.req.raw.signal }),
    );
    return c.json({ ...result, ...requestIds(c) }, 200);
  });

  return router;
}

async function analyse(
  history: readonly HistoricPurchase[],
  service: OpenAIService,
  options: Parameters<OpenAIService['complete']>[1],
) {
  const signals = riskSignals(history);
  const kinds = signals.map(({ kind }) => kind);
  const { value, completion } = await structuredAnswer(
    service,
    { schema: assessmentSchema, name: 'risk_assessment' },
    {
      messages: [
        { role: 'system', content: INSTRUCTIONS },
        {
          role: 'user',
          content: `Signals: ${kinds.join(' + ') || 'none'}.\n${JSON.stringify({ signals, history })}`,
        },
      ],
    },
    options,
  );
  return {
    risk: value.risk,
    summary: value.summary,
    // Each signal is reported, explained by the model or not; what the model adds to them is not.
    findings: signals.map(({ kind, purchases }) => {
      const { severity = 'medium', explanation = '' } =
        value.findings.find((found) => found.kind === kind) ?? {};
      return { kind, severity, explanation, purchases: [...purchases] };
    }),
    usage: completion.usage,
  };
}
