export const binary: string;
export function hasGo(): boolean;
export function build(): void;
