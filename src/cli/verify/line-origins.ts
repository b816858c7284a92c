/** Where a line stood. */
export interface Origin {
  readonly input: string;
  readonly line: number;
}

/** Several inputs are verified as one stream, since a session may go on in the next file; this tells them apart again. */
export class LineOrigins {
  readonly #inputs: { readonly name: string; readonly offset: number }[] = [];
  #lines = 0;

  begin(input: string): void {
    this.#inputs.push({ name: input, offset: this.#lines });
  }

  /** The number that a line of the newest input has in the stream; to be asked in the order of the lines. */
  inStream(lineNumber: number): number {
    this.#lines = (this.#inputs.at(-1)?.offset ?? 0) + lineNumber;
    return this.#lines;
  }

  /** Undefined for line 0, which is none. */
  of(lineInStream: number): Origin | undefined {
    if (lineInStream < 1) return undefined;
    const input = this.#inputs.findLast(({ offset }) => offset < lineInStream);
    return input && { input: input.name, line: lineInStream - input.offset };
  }
}
