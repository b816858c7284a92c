export interface McpMessage {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** @returns the answer; `undefined` for a notification. */
export function answerMcp(message: McpMessage): object | undefined;
