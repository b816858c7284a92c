/** A block comment, or line comments on lines that follow each other. */
export interface Comment {
  /** The words of the comment, without `/*`, `//` and the stars of its margin. */
  readonly text: string;
  /** The line on which it starts, counted from 1. */
  readonly line: number;
}

/** Splits TypeScript into its comments and its code; in the code each comment is replaced by blanks of its length. */
export function splitComments(source: string): {
  readonly comments: readonly Comment[];
  readonly code: string;
};
