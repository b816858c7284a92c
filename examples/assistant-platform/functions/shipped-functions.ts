/** The functions that the platform ships. */
import { recordDataAccess } from 'opentelemetry-instrumentation-openai-agents';
import { z } from 'zod';
import { searchProducts } from '../purchases/catalogue.js';
import { type Ledger, startOfMonth } from '../purchases/ledger.js';
import { CATEGORIES, type Category, checkPurchase, purchaseSchema } from '../purchases/spending-rules.js';
import { FunctionError, type FunctionRegistry } from './registry.js';

const customerId = z.string().trim().min(1).max(64).describe('Id of the customer, such as c-100.');

const spendingPeriod = z.object({
  customer_id: customerId,
  category: z.enum(CATEGORIES).optional(),
  since: z.iso
    .date()
    .optional()
    .describe('First day, such as 2026-11-01. The first of this month if absent.'),
});

export function registerShippedFunctions(registry: FunctionRegistry, ledger: Ledger): FunctionRegistry {
  return registry
    .register({
      name: 'validate_transaction',
      description: 'Checks a purchase against the spending rules: limits by category and blocked merchants.',
      parameters: purchaseSchema.extend({ customer_id: customerId }),
      timeoutMs: 2_000,
      access: 'any',
      handler: ({ customer_id, ...purchase }) =>
        checkPurchase(purchase, ledger.spentThisMonth(customer_id, purchase.category)),
    })
    .register({
      name: 'get_spending',
      description: 'Sums what a customer has spent, by category.',
      parameters: spendingPeriod,
      timeoutMs: 2_000,
      access: ['analyst'],
      handler: ({ customer_id, category, since }) => spending(ledger, customer_id, category, since),
    })
    .register({
      name: 'search_products',
      description: 'Finds products by words in their name or description, the cheapest first.',
      // A JSON Schema, to show that both forms work.
      parameters: {
        type: 'object',
        properties: {
          query: { type: 'string', minLength: 1, maxLength: 100 },
          max_price: { type: 'number', exclusiveMinimum: 0, description: 'In euros.' },
        },
        required: ['query'],
        additionalProperties: false,
      },
      timeoutMs: 2_000,
      access: 'any',
      handler: (args) => {
        const { query, max_price } = searchArguments.parse(args);
        return { products: searchProducts(query, max_price) };
      },
    });
}

/** The type of arguments that a JSON Schema has validated is unknown to the compiler. */
const searchArguments = z.object({ query: z.string(), max_price: z.number().optional() });

function spending(
  ledger: Ledger,
  customer: string,
  category: Category | undefined,
  since: string | undefined,
) {
  if (!ledger.has(customer)) throw new FunctionError('unknown_customer', `There is no customer ${customer}.`);
  recordDataAccess({ datasource: 'memory://ledger', documentIds: [customer] });
  return ledger.summary(customer, since === undefined ? startOfMonth(new Date()) : new Date(since), category);
}
