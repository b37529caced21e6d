import type { CommandRefusal, ContainerBody, ExecInput, ExecResult, ImageDetails } from '../../../src/ports/index.ts';

/** What the application in a container does, counted from each start. Left out means: runs for ever, listens on nothing. */
export type Behaviour = {
  readonly listens?: readonly { readonly port: number; readonly address?: string }[];
  /** When it begins to listen. */
  readonly readyAfterMs?: number;
  /** The HTTP status it answers; a port that speaks no HTTP has none. */
  readonly status?: number | ((request: { path: string; host: string | undefined; upMs: number }) => number | undefined);
  /** How long an answer takes. */
  readonly answerMs?: number;
  /** Ends by itself: a crash, an out-of-memory kill, or a job that is done. */
  readonly exit?: { readonly afterMs: number; readonly code: number; readonly oom?: boolean };
  /** Time from the stop signal to its end; Infinity ignores the signal. */
  readonly stopTakesMs?: number;
  /** Exit code after a stop signal. */
  readonly stopCode?: number;
  /** Results of the health check over time; counts only where the image or the container has a health check. */
  readonly health?: readonly { readonly afterMs: number; readonly to: 'healthy' | 'unhealthy' }[];
  readonly logs?: readonly { readonly afterMs?: number; readonly stream?: 'stdout' | 'stderr'; readonly text: string }[];
  /** The engine cannot start it: no such command, a bad mount. */
  readonly startError?: string;
  /** Copies attached standard input to its output and ends with it. */
  readonly echoes?: boolean;
  readonly exec?: (input: ExecInput) => Partial<ExecResult> & { readonly refusal?: CommandRefusal };
};

/** What a behaviour may depend on. */
export type StartOfContainer = { readonly name: string; readonly body: ContainerBody; readonly starts: number };

/** An image that the fake engine holds or can pull. */
export type FakeImage = Partial<Omit<ImageDetails, 'id' | 'tags'>> & {
  readonly behaviour?: Behaviour | ((start: StartOfContainer) => Behaviour);
};
