/** The support desk under load: customers in sessions of their own, several at once, some with a shop that is down. */
import { run, setDefaultOpenAIClient, setTraceProcessors } from '@openai/agents';
import { OpenAI } from 'openai';
import { recordPolicyDecision, withSession } from 'opentelemetry-instrumentation-openai-agents';
import { startModelServer } from '../model-server/server.js';
import { createDesk } from '../support-desk/desk.js';
import { telemetry } from './telemetry.js';

const customers = Number(process.env.CUSTOMERS ?? 200);
const atOnce = Number(process.env.AT_ONCE ?? 10);
const REQUEST = 'My kettle from order A-1001 arrived broken. I would like my money back.';
/** Every so many customers meet a shop that is down. */
const DOWN_EVERY = 7;
/** An origin at which nothing listens. */
const SHOP_THAT_IS_DOWN = 'http://127.0.0.1:9';

const server = await startModelServer();
setTraceProcessors([]);
setDefaultOpenAIClient(
  new OpenAI({
    apiKey: 'sk-local',
    baseURL: server.url,
    defaultHeaders: { 'x-scenario': 'support-desk' },
  }),
);
const desk = createDesk('gpt-5-mini', server.origin);
const deskOfShopThatIsDown = createDesk('gpt-5-mini', SHOP_THAT_IS_DOWN);

let next = 0;
await Promise.all(Array.from({ length: atOnce }, serve));
await server.close();
await telemetry.shutdown();
const { eventsMade, eventsDelivered, eventsDropped } = telemetry.stats().events ?? {};
console.log(
  JSON.stringify({ tenant: process.env.TENANT, customers, eventsMade, eventsDelivered, eventsDropped }),
);

async function serve(): Promise<void> {
  while (next < customers) {
    next += 1;
    const customer = next;
    await withSession({ id: `customer-${process.env.TENANT}-${customer}` }, async () => {
      const outcome = customer % 3 === 0 ? 'review' : 'allow';
      recordPolicyDecision({ policyId: 'refund-limit', outcome, rationale: 'the limit is 100 EUR' });
      await run(customer % DOWN_EVERY === 0 ? deskOfShopThatIsDown : desk, REQUEST);
    });
  }
}
