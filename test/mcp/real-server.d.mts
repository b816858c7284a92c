export interface RealServerOptions {
  /** The status of HTTP with which all requests are refused. */
  readonly handshakeStatus?: number;
  readonly wrongVersion?: boolean;
}

export interface RealServer {
  readonly url: string;
  stop(): Promise<void>;
}

export function startStreamable(options?: RealServerOptions): Promise<RealServer>;
export function startSse(options?: RealServerOptions): Promise<RealServer>;
