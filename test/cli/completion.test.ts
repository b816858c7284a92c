// agent-events completion: the scripts, evaluated by the shells themselves.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand, temporaryFolder } from './run-command.js';

const folder = temporaryFolder();

const COMMANDS = 'tree stats verify prove report tail convert view show doctor completion'.split(' ');

/** A command line up to the cursor, and the words that are offered for its last word; `files` stands for file names. */
const CASES: readonly (readonly [line: string, offered: readonly string[] | 'files'])[] = [
  ['', COMMANDS],
  ['co', ['convert', 'completion']],
  ['convert --to ', ['jsonl', 'rest', 'cloudevents', 'csv', 'openai-evals', 'chat-jsonl']],
  ['convert --to c', ['cloudevents', 'csv', 'chat-jsonl']],
  ['report --format m', ['markdown']],
  ['tail --severity ', ['debug', 'info', 'warn', 'error']],
  ['tail -f --type TOOL', ['TOOL_CALL_START', 'TOOL_CALL_END']],
  ['completion ', ['bash', 'zsh', 'fish']],
  ['verify --wit', ['--witness-key']],
  ['tree --j', ['--json']],
  ['--ver', ['--version']],
  ['tree ', 'files'],
  ['show 0193 ', 'files'],
  ['verify --public-key ', 'files'],
];

function installed(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0;
}

async function script(shell: string): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(['completion', shell]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

/** Runs one program for all cases, since each shell takes a while to start. It prints a line for each case. */
function completions(shell: string, args: readonly string[], program: string): string[] {
  // From a file: fish reads no program from the socket that Node makes of standard input.
  const file = path.join(folder, `program.${shell}`);
  writeFileSync(file, program);
  return execFileSync(shell, [...args, file], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '');
}

/** The words of a line after the name of the command; the last one may be empty. */
function wordsOf(line: string): string[] {
  return ['agent-events', ...line.split(' ')];
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(' ');
}

function expected(): string[] {
  return CASES.map(([line, offered]) => `${line}: ${offered === 'files' ? 'files' : offered.join(' ')}`);
}

describe('The completion', () => {
  test.skipIf(!installed('bash'))('of bash offers these words', async () => {
    const calls = CASES.map(([line]) => {
      const words = wordsOf(line);
      // Without an offer, bash completes files.
      return `COMP_WORDS=(${quoted(words)}); COMP_CWORD=${words.length - 1}; _agent_events
echo "${line}: \${COMPREPLY[*]:-files}"`;
    });
    const program = `${await script('bash')}\n${calls.join('\n')}\ncomplete -p agent-events`;
    expect(completions('bash', ['--norc'], program)).toEqual([
      ...expected(),
      'complete -o default -F _agent_events agent-events',
    ]);
  });

  test.skipIf(!installed('bash'))('of bash knows --to=csv, of which bash makes three words', async () => {
    const program = `${await script('bash')}
COMP_WORDS=(agent-events convert --to = c); COMP_CWORD=4; _agent_events; echo "\${COMPREPLY[*]}"
COMP_WORDS=(agent-events convert --to =); COMP_CWORD=3; _agent_events; echo "\${COMPREPLY[*]}"`;
    expect(completions('bash', ['--norc'], program)).toEqual([
      'cloudevents csv chat-jsonl',
      'jsonl rest cloudevents csv openai-evals chat-jsonl',
    ]);
  });

  test.skipIf(!installed('zsh'))('of zsh offers these words', async () => {
    // The functions of its completion system show what they are given; it filters by the beginning of the word itself.
    const stubs = `
compdef() { }
compadd() { shift; offer "$@" }
_describe() { offer \${\${(P)2}%%:*} }
_files() { print -rn -- files }
offer() { print -rn -- \${(M)@:#\${PREFIX}*} }
`;
    const calls = CASES.map(([line]) => {
      const words = wordsOf(line);
      return `words=(${quoted(words)}); CURRENT=${words.length}; PREFIX='${words.at(-1)}'
print -rn -- '${line}: '; _agent_events; print`;
    });
    const program = `${stubs}${await script('zsh')}\n${calls.join('\n')}`;
    expect(completions('zsh', ['-f'], program)).toEqual(expected());
  });

  test.skipIf(!installed('fish'))('of fish offers these words', async () => {
    const files = path.join(folder, 'files');
    mkdirSync(files);
    writeFileSync(path.join(files, 'only.jsonl'), '');
    const calls = CASES.map(
      ([line]) =>
        `echo '${line}: '(complete -C 'agent-events ${line}' | string replace -r '\\t.*' '' | sort | string join ' ')`,
    );
    const offered = completions(
      'fish',
      ['--no-config'],
      `${await script('fish')}\ncd ${files}\n${calls.join('\n')}`,
    );
    for (const [index, [line, words]] of CASES.entries()) {
      const shown = offered[index]?.slice(line.length + 2).split(' ') ?? [];
      if (words === 'files') expect(shown).toEqual(['only.jsonl']);
      else expect(shown).toEqual([...words].sort());
    }
  });

  test('of another shell is wrong usage', async () => {
    const { exitCode, stderr } = await runCommand(['completion', 'tcsh']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Allowed choices are bash, zsh, fish');
  });
});
