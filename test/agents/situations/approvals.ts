import * as agents from '@openai/agents';
import { z } from 'zod';
import { readAll, type Situation, type Tools } from './situation.js';
import { toolA } from './tools.js';

const guardedTool = (name: string) =>
  agents.tool({
    name,
    description: `tool ${name}`,
    parameters: z.object({}),
    needsApproval: true,
    execute: () => 'did it',
  });

const main = (model: string, ...tools: agents.Tool[]) => new agents.Agent({ name: 'Main', model, tools });

const danger = (model = 'calls-danger') => main(model, guardedTool('danger'));

interface Asked {
  readonly interruptions?: agents.RunToolApprovalItem[];
  readonly state: {
    approve(item: agents.RunToolApprovalItem): void;
    reject(item: agents.RunToolApprovalItem): void;
  };
}

/** Decides on all that a run waits for. */
function decide(result: Asked, decision: (name: string) => 'yes' | 'no') {
  for (const item of result.interruptions ?? []) {
    if (decision(item.name ?? '') === 'yes') result.state.approve(item);
    else result.state.reject(item);
  }
}

/** A run that waits, as text, so that another process can go on with it. */
export async function waitingRun(tools: Tools): Promise<string> {
  return (await tools.runner().run(danger(), 'go')).state.toString();
}

/** In a process that has seen nothing of the run's beginning. */
export function resumedElsewhere(text: string): Situation {
  return {
    name: 'hitl-approve-in-another-process',
    run: async (tools) => {
      const agent = danger();
      const state = await agents.RunState.fromString<undefined, typeof agent>(agent, text);
      for (const item of state.getInterruptions()) state.approve(item);
      return (await tools.runner().run(agent, state)).finalOutput;
    },
  };
}

/** Runs that stop and wait for a person, and go on. */
export const approvals: readonly Situation[] = [
  {
    name: 'hitl-approve',
    run: async (tools) => {
      const agent = danger();
      const runner = tools.runner({ groupId: 'group-of-hitl-approve' });
      const asked = await runner.run(agent, 'go');
      const state = await agents.RunState.fromString<undefined, typeof agent>(agent, asked.state.toString());
      for (const item of state.getInterruptions()) state.approve(item);
      return (await runner.run(agent, state)).finalOutput;
    },
  },
  {
    name: 'hitl-approve-without-group',
    run: async (tools) => {
      const agent = danger();
      const asked = await tools.runner().run(agent, 'go');
      const state = await agents.RunState.fromString<undefined, typeof agent>(agent, asked.state.toString());
      for (const item of state.getInterruptions()) state.approve(item);
      return (await tools.runner().run(agent, state)).finalOutput;
    },
  },
  {
    name: 'hitl-approve-in-another-request',
    run: async (tools) => {
      const agent = danger();
      const inRequest = <T>(name: string, action: () => Promise<T>) =>
        tools.tracer.startActiveSpan(name, async (span) => {
          try {
            return await action();
          } finally {
            span.end();
          }
        });
      const text = await inRequest('POST /ask', async () =>
        (await tools.runner().run(agent, 'go')).state.toString(),
      );
      return inRequest('POST /approve', async () => {
        const state = await agents.RunState.fromString<undefined, typeof agent>(agent, text);
        for (const item of state.getInterruptions()) state.approve(item);
        return (await tools.runner().run(agent, state)).finalOutput;
      });
    },
  },
  {
    name: 'hitl-approve-same-state',
    run: async (tools) => {
      const agent = danger();
      const runner = tools.runner();
      const asked = await runner.run(agent, 'go');
      decide(asked, () => 'yes');
      return (await runner.run(agent, asked.state)).finalOutput;
    },
  },
  {
    name: 'hitl-approve-always',
    run: async (tools) => {
      const agent = danger('calls-danger-twice');
      const asked = await tools.runner().run(agent, 'go');
      for (const item of asked.interruptions) asked.state.approve(item, { alwaysApprove: true });
      return (await tools.runner().run(agent, asked.state)).finalOutput;
    },
  },
  {
    name: 'hitl-approve-each-time',
    run: async (tools) => {
      const agent = danger('calls-danger-twice');
      const runner = tools.runner();
      let result = await runner.run(agent, 'go');
      while (result.interruptions.length > 0) {
        decide(result, () => 'yes');
        result = await runner.run(agent, result.state);
      }
      return result.finalOutput;
    },
  },
  {
    name: 'hitl-reject',
    run: async (tools) => {
      const agent = danger();
      const asked = await tools.runner().run(agent, 'go');
      decide(asked, () => 'no');
      return (await tools.runner().run(agent, asked.state)).finalOutput;
    },
  },
  {
    name: 'hitl-reject-always-with-message',
    run: async (tools) => {
      const agent = danger('calls-danger-twice');
      const asked = await tools.runner().run(agent, 'go');
      for (const item of asked.interruptions) {
        asked.state.reject(item, { alwaysReject: true, message: 'not on a Friday' });
      }
      return (await tools.runner().run(agent, asked.state)).finalOutput;
    },
  },
  {
    name: 'hitl-stream',
    run: async (tools) => {
      const agent = danger();
      const runner = tools.runner();
      const asked = await runner.run(agent, 'go', { stream: true });
      await readAll(asked);
      decide(asked, () => 'yes');
      return readAll(await runner.run(agent, asked.state, { stream: true }));
    },
  },
  {
    name: 'hitl-one-of-each',
    run: async (tools) => {
      const agent = main('calls-danger-and-peril', guardedTool('danger'), guardedTool('peril'));
      const asked = await tools.runner().run(agent, 'go');
      decide(asked, (name) => (name === 'danger' ? 'yes' : 'no'));
      return (await tools.runner().run(agent, asked.state)).finalOutput;
    },
  },
  {
    name: 'hitl-beside-a-tool-that-runs',
    run: async (tools) => {
      const agent = main('calls-danger-and-a', guardedTool('danger'), toolA());
      const asked = await tools.runner().run(agent, 'go');
      decide(asked, () => 'yes');
      return (await tools.runner().run(agent, asked.state)).finalOutput;
    },
  },
  {
    name: 'hitl-beside-a-guarded-tool',
    run: async (tools) => {
      const guardrail = agents.defineToolInputGuardrail({
        name: 'tig',
        run: async () => agents.ToolGuardrailFunctionOutputFactory.allow(),
      });
      const agent = main('calls-danger-and-a', guardedTool('danger'), {
        ...toolA(),
        inputGuardrails: [guardrail],
      });
      const asked = await tools.runner().run(agent, 'go');
      decide(asked, () => 'yes');
      return (await tools.runner().run(agent, asked.state)).finalOutput;
    },
  },
  {
    name: 'hitl-inside-agent-as-tool',
    run: async (tools) => {
      const sub = new agents.Agent({ name: 'Sub', model: 'calls-danger', tools: [guardedTool('danger')] });
      const agent = main('asks-sub', sub.asTool({ toolName: 'ask_sub', toolDescription: 'asks Sub' }));
      const asked = await tools.runner().run(agent, 'go');
      decide(asked, () => 'yes');
      return (await tools.runner().run(agent, asked.state)).finalOutput;
    },
  },
  {
    name: 'hitl-approve-always-inside-agent-as-tool',
    run: async (tools) => {
      const sub = new agents.Agent({
        name: 'Sub',
        model: 'calls-danger-twice',
        tools: [guardedTool('danger')],
      });
      const agent = main('asks-sub', sub.asTool({ toolName: 'ask_sub', toolDescription: 'asks Sub' }));
      const asked = await tools.runner().run(agent, 'go');
      for (const item of asked.interruptions) asked.state.approve(item, { alwaysApprove: true });
      return (await tools.runner().run(agent, asked.state)).finalOutput;
    },
  },
  {
    name: 'hitl-never-resumed',
    run: async (tools) =>
      (await tools.runner().run(danger(), 'go')).interruptions.map((item) => item.name ?? ''),
  },
];
