import { Buffer } from 'node:buffer';
import type { SessionRequest } from '../contract/index.ts';
import { BerthError, toBerthError } from '../errors/index.ts';
import type { AttachSession, CommandRefusal, Engine, ExecSession } from '../ports/index.ts';

/** How engines, as shells do, say that a command could not begin. */
const refusals = new Map<number, CommandRefusal>([
  [126, 'not-executable'],
  [127, 'not-found'],
]);

/** The output of a command in an instance. One that could not begin has none: what comes instead is the engine's words. */
export async function* outputOfBegun(session: ExecSession, request: SessionRequest): AsyncGenerator<Chunk, void> {
  let refusal: CommandRefusal | undefined;
  let hasBegun = false;
  const words: Uint8Array[] = [];
  for await (const chunk of session.output) {
    refusal ??= hasBegun ? undefined : await session.refusal();
    hasBegun = refusal === undefined;
    if (hasBegun) yield chunk;
    else words.push(chunk.data);
  }
  if (refusal !== undefined) throw toRefused(refusal, request, Buffer.concat(words).toString().trim());
}

type Chunk = AttachSession['output'] extends AsyncIterable<infer T> ? T : never;

/** Starts a one-off container, whose exit code says why where its command could not begin. */
export async function startOneOff(
  { engine, name, request }: { engine: Pick<Engine, 'startContainer' | 'inspectContainer'>; name: string; request: SessionRequest },
  signal: AbortSignal,
): Promise<void> {
  try {
    await engine.startContainer(name, signal);
  } catch (thrown) {
    const error = toBerthError(thrown);
    const details = error.code === 'ENGINE_REFUSED' ? await engine.inspectContainer(name, signal) : undefined;
    const refusal = details?.startedAtMs === undefined ? refusals.get(details?.exitCode ?? 0) : undefined;
    if (refusal === undefined) throw error;
    throw toRefused(refusal, request, details?.error ?? '', error);
  }
}

function toRefused(refusal: CommandRefusal, { service, command }: SessionRequest, words: string, cause?: unknown): BerthError {
  const name = command[0] ?? 'The command';
  const more = { details: { service, lines: words === '' ? [] : [words] }, cause };
  return refusal === 'not-found'
    ? new BerthError('COMMAND_NOT_FOUND', `${name} was not found in ${service}'s image.`, more)
    : new BerthError('COMMAND_NOT_EXECUTABLE', `${name} in ${service}'s image cannot be executed.`, more);
}
