/**
 * Decides which hook records a call that several could record. A client with options of its own goes before the hooks
 * that cover all clients. A client without options leaves its calls to them.
 */
export const HookRank = { clientWithOptions: 0, allClients: 1, client: 2 } as const;
