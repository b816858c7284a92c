export function runCommand(
  command: string,
  args: readonly string[],
  options?: { readonly cwd?: string },
): { readonly stdout: string; readonly stderr: string };
