import { BerthError } from '../errors/index.ts';

/** Turns an HTTP status of the engine into ours. The engine's message is carried for people, never judged. */
export function toEngineError(doing: string, status: number, message: string): BerthError {
  const code = status === 409 ? 'ENGINE_CONFLICT' : 'ENGINE_REFUSED';
  const said = message.trim() === '' ? `the engine answered ${status}` : message.trim();
  return new BerthError(code, `Could not ${doing}: ${said}`, { details: { status, engineMessage: message.trim() } });
}

/** The `message` of an engine's error body, or the text itself. */
export function messageOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed) return String(parsed.message);
  } catch {
    // Podman and proxies also answer plain text.
  }
  return body;
}

/** Turns a failure of the connection itself into ours. */
export function toConnectionError(doing: string, socket: string, thrown: unknown): BerthError {
  if (thrown instanceof BerthError) return thrown;
  const errno = errnoOf(thrown);
  const hint =
    errno === 'EACCES' || errno === 'EPERM'
      ? 'Run berth as root, or as a user that may use the engine (`sudo usermod -aG docker $USER`, then log in again).'
      : 'Start the container engine (`systemctl start docker`).';
  const why = whyUnreachable[errno ?? ''] ?? (thrown instanceof Error ? thrown.message : String(thrown));
  return new BerthError('ENGINE_UNREACHABLE', `Could not ${doing}: ${why} (${socket}).`, {
    hint,
    cause: thrown,
    details: { socket, ...(errno === undefined ? {} : { errno }) },
  });
}

const whyUnreachable: Readonly<Record<string, string>> = {
  EACCES: 'this user may not use the engine socket',
  EPERM: 'this user may not use the engine socket',
  ENOENT: 'there is no engine socket',
  ECONNREFUSED: 'no engine answers at its socket',
  ECONNRESET: 'the engine closed the connection',
  EPIPE: 'the engine closed the connection',
};

/** The system's error name (`ENOENT`), where a thrown value carries one. */
export function errnoOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** What a call throws when its time is over. */
export function toTimeout(doing: string, ms: number): BerthError {
  const span = ms < 1000 ? `${ms} ms` : `${Math.round(ms / 1000)} s`;
  return new BerthError('ENGINE_TIMEOUT', `Could not ${doing}: the engine did not answer in ${span}.`);
}
