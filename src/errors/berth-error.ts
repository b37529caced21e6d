import { catalogue, type ErrorCode } from './catalogue.ts';

/** Where in a user's file a problem lies; `line` and `column` count from 1. */
export type Place = { readonly file: string; readonly line?: number; readonly column?: number };

/** Everything that describes one failure besides its code and message. */
export type BerthErrorInput = {
  readonly hint?: string;
  readonly where?: Place;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
};

/** The JSON form of a {@link BerthError}, as it crosses the API. */
export type BerthErrorData = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly where?: Place | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
};

/** The one error class of berth: a code of the catalogue, one sentence, and the way out. */
export class BerthError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly where: Place | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, input: BerthErrorInput = {}) {
    super(message, input.cause === undefined ? undefined : { cause: input.cause });
    this.name = 'BerthError';
    this.code = code;
    this.hint = input.hint;
    this.where = input.where;
    this.details = input.details ?? {};
  }

  /** The process exit code of this failure (DESIGN §8). */
  get exitCode(): number {
    return catalogue[this.code].exit;
  }

  /** The HTTP status of this failure on berth's own API. */
  get status(): number {
    return catalogue[this.code].status;
  }

  /** Whether the same call may succeed a moment later without a change by the user. */
  get retryable(): boolean {
    return catalogue[this.code].retryable;
  }

  toJSON(): BerthErrorData {
    return { code: this.code, message: this.message, hint: this.hint, where: this.where, details: this.details };
  }

  /** Rebuilds an error that crossed the API. */
  static from(data: BerthErrorData): BerthError {
    return new BerthError(data.code, data.message, {
      ...(data.hint === undefined ? {} : { hint: data.hint }),
      ...(data.where === undefined ? {} : { where: data.where }),
      ...(data.details === undefined ? {} : { details: data.details }),
    });
  }
}

/** Turns anything thrown into a {@link BerthError}; what is not one already is a bug of berth's. */
export function toBerthError(thrown: unknown): BerthError {
  if (thrown instanceof BerthError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new BerthError('INTERNAL', message, { cause: thrown });
}
