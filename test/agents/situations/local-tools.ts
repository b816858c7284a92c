import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as agents from '@openai/agents';
import { idleComputer } from '../idle-computer.js';
import { countingTurns } from './counting-turns.js';
import { failureOf, type Situation } from './situation.js';

const shell: agents.Shell = {
  async run({ commands }) {
    const output = await Promise.all(
      commands.map(async (command) => {
        const { stdout, stderr } = await promisify(execFile)('sh', ['-c', command]);
        return { stdout, stderr, outcome: { type: 'exit' as const, exitCode: 0 } };
      }),
    );
    return { output };
  },
};

const brokenShell: agents.Shell = {
  run() {
    throw new Error('no shell here');
  },
};

const editor: agents.Editor = {
  createFile: async () => ({ status: 'completed', output: 'created' }),
  updateFile: async () => ({ status: 'completed' }),
  deleteFile: async () => ({ status: 'completed' }),
};

const computer = idleComputer(async () => 'iVBORw0KGgo=');

const main = (model: string, tool: agents.Tool) =>
  new agents.Agent({ name: 'Main', model, instructions: countingTurns(), tools: [tool] });

/** Tools that run in this process and have no span in the SDK. */
export const localTools: readonly Situation[] = [
  {
    name: 'shell-tool',
    run: async (tools) =>
      (await tools.runner().run(main('uses-shell', agents.shellTool({ shell })), 'go')).finalOutput,
  },
  {
    name: 'shell-tool-fails',
    run: async (tools) =>
      failureOf(async () => {
        const agent = main('uses-shell', agents.shellTool({ shell: brokenShell }));
        return (await tools.runner().run(agent, 'go')).finalOutput;
      }),
  },
  {
    name: 'shell-tool-refused',
    run: async (tools) => {
      const tool = agents.shellTool({
        shell,
        needsApproval: true,
        onApproval: async () => ({ approve: false, reason: 'no commands' }),
      });
      return (await tools.runner().run(main('uses-shell', tool), 'go')).finalOutput;
    },
  },
  {
    name: 'apply-patch-tool',
    run: async (tools) =>
      (await tools.runner().run(main('patches', agents.applyPatchTool({ editor })), 'go')).finalOutput,
  },
  {
    name: 'computer-tool',
    run: async (tools) =>
      (await tools.runner().run(main('uses-computer', agents.computerTool({ computer })), 'go')).finalOutput,
  },
];
