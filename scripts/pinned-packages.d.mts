export function installPinned(name: string): string;
