/** `POST /transactions`: a purchase is checked by the spending rules and by the model, and booked if both approve. */
import { createRoute, z } from '@hono/zod-openapi';
import { LRUCache } from 'lru-cache';
import { recordPolicyDecision } from 'opentelemetry-instrumentation-openai-agents';
import { ProblemError, problemResponse } from '../../service/problem.js';
import type { CompletionOptions, OpenAIService } from '../openai-service/openai-service.js';
import type { Ledger } from '../purchases/ledger.js';
import {
  checkPurchase,
  DECISIONS,
  type Decision,
  purchaseSchema,
  type RuleCheck,
  stricter,
} from '../purchases/spending-rules.js';
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
  'You validate purchases for a bank. Call validate_transaction first. Then answer with your decision and one sentence of reason. Decide for review if the purchase is unusual for the category or the merchant.';

const STATUS = { approve: 'approved', review: 'in_review', decline: 'declined' } as const;

/** Ids of transactions that are remembered, so that none is processed twice. */
const REMEMBERED = 10_000;

const transactionSchema = purchaseSchema
  .extend({
    transaction_id: z
      .string()
      .regex(/^[\w.:-]{1,64}$/)
      .openapi({ description: 'Chosen by the client. A second transaction with this id is refused.' }),
    customer_id: z
      .string()
      .regex(/^[\w.:-]{1,64}$/)
      .openapi({ example: 'c-100' }),
  })
  .strict()
  .openapi('Transaction');
type Transaction = z.infer<typeof transactionSchema>;

/** What the model thinks. */
const opinionSchema = z.object({ decision: z.enum(DECISIONS), reason: z.string() });

const resultSchema = z
  .object({
    transaction_id: z.string(),
    status: z.enum(['approved', 'in_review', 'declined']),
    rules: z.object({
      decision: z.enum(DECISIONS),
      violations: z.array(z.object({ rule: z.string(), message: z.string() })),
    }),
    ai: opinionSchema,
    usage: usageSchema,
    ...requestIdsShape,
  })
  .openapi('TransactionResult');

const route = createRoute({
  method: 'post',
  path: '/transactions',
  summary: 'Processes a purchase',
  description:
    'The stricter of two decisions counts: the model can stop what the rules allow, but not allow what they stop.',
  tags: ['purchases'],
  security: SECURITY,
  request: { body: { content: jsonContent(transactionSchema), required: true } },
  responses: {
    200: { description: 'The decision.', content: jsonContent(resultSchema) },
    ...MODEL_PROBLEMS,
    409: problemResponse('A transaction with this id exists.'),
  },
});

export interface TransactionParts {
  readonly service: OpenAIService;
  readonly ledger: Ledger;
  readonly runner: UseCaseRunner;
}

export function transactionRoutes({ service, ledger, runner }: TransactionParts): PlatformRouter {
  const router = createPlatformRouter();
  /** By owner and id. */
  const seen = new LRUCache<string, true>({ max: REMEMBERED });

  router.openapi(route, async (c) => {
    const transaction = c.req.valid('json');
    const principal = c.get('principal');
    const key = `${principal.name} ${transaction.transaction_id}`;
    if (seen.has(key)) throw duplicate(transaction.transaction_id);
    // Before the model answers, so that the same request sent twice at once is processed once.
    seen.set(key, true);
    try {
      const result = await runner.run('transaction', { principal, text: transaction.merchant }, () =>
        process(transaction, service, ledger, { principal, signal: c.req.raw.signal }),
      );
      return c.json({ ...result, ...requestIds(c) }, 200);
    } catch (error) {
      // Nothing was booked, so the client may try again.
      seen.delete(key);
      throw error;
    }
  });

  return router;
}

async function process(
  { transaction_id, customer_id, ...purchase }: Transaction,
  service: OpenAIService,
  ledger: Ledger,
  options: CompletionOptions,
) {
  const rules = checkPurchase(purchase, ledger.spentThisMonth(customer_id, purchase.category));
  const { value: ai, completion } = await structuredAnswer(
    service,
    { schema: opinionSchema, name: 'purchase_decision' },
    {
      messages: [
        { role: 'system', content: INSTRUCTIONS },
        { role: 'user', content: `Purchase: ${JSON.stringify({ customer_id, ...purchase })}` },
      ],
      functionChoice: { name: 'validate_transaction' },
    },
    options,
  );
  const decision = stricter(rules.decision, ai.decision);
  record(decision, rules, ai.reason, transaction_id);
  if (decision === 'approve') {
    ledger.book(customer_id, { ...purchase, id: transaction_id, at: new Date().toISOString() });
  }
  const violations = [...rules.violations];
  return {
    transaction_id,
    status: STATUS[decision],
    rules: { decision: rules.decision, violations },
    ai,
    usage: completion.usage,
  };
}

/** The decision becomes a POLICY_DECISION in the audit trail. */
function record(decision: Decision, rules: RuleCheck, reason: string, transactionId: string): void {
  recordPolicyDecision({
    policyId: 'spending-rules',
    outcome: ({ approve: 'allow', review: 'review', decline: 'deny' } as const)[decision],
    ruleIds: rules.violations.map(({ rule }) => rule),
    author: 'system',
    metadata: { transaction_id: transactionId, decided_by: rules.decision === decision ? 'rules' : 'model' },
    content: { reason },
  });
}

function duplicate(id: string): ProblemError {
  return new ProblemError({
    status: 409,
    code: 'duplicate_transaction',
    title: 'Duplicate transaction',
    detail: `The transaction ${id} was processed before.`,
  });
}
