import { BerthError } from '../errors/index.ts';
import type { PullProgress, RegistryAuth } from '../ports/index.ts';
import { readJsonLines } from './frames.ts';
import { deadlines, segment, type EngineHttp } from './http.ts';

type Progress = {
  id?: string;
  status?: string;
  progressDetail?: { current?: number; total?: number };
  error?: string;
  errorDetail?: { code?: number; message?: string };
};
type PullInput = { reference: string; platform?: string | undefined; auth?: RegistryAuth | undefined };

/** Pulls an image and reports bytes over all layers; what stops it becomes one of three errors (see `explain`). */
export async function pullImage(
  http: EngineHttp,
  input: PullInput,
  onProgress: (p: PullProgress) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { repository, version } = split(input.reference);
  const auth = authHeader(input.auth);
  try {
    const chunks = await http.open({
      method: 'POST',
      path: '/images/create',
      query: { fromImage: repository, tag: version, platform: input.platform },
      headers: auth,
      doing: `pull ${input.reference}`,
      timeoutMs: deadlines.idleMs,
      idleMs: deadlines.idleMs,
      signal,
    });
    const layers = new Map<string, { current: number; total: number }>();
    for await (const line of readJsonLines<Progress>(chunks)) {
      if (line.error !== undefined || line.errorDetail !== undefined) throw new PullFailure(line);
      onProgress(sum(layers, line));
    }
    signal?.throwIfAborted();
  } catch (error) {
    const said = refusal(error);
    if (said === undefined) throw error;
    throw await explain(http, { input, auth, said, cause: error }, signal);
  }
}

/** An error inside of a pull's stream, whose HTTP status was 200. */
class PullFailure extends Error {
  readonly status: number | undefined;

  constructor(line: Progress) {
    super(line.errorDetail?.message ?? line.error ?? 'the engine gave no reason');
    this.status = line.errorDetail?.code;
  }
}

/** What the engine said against a pull, if it is the pull that failed and not the connection to the engine. */
function refusal(error: unknown): { status: number | undefined; message: string } | undefined {
  if (error instanceof PullFailure) return { status: error.status, message: error.message };
  if (!(error instanceof BerthError) || error.code !== 'ENGINE_REFUSED') return undefined;
  const { status, engineMessage } = error.details;
  return { status: typeof status === 'number' ? status : undefined, message: String(engineMessage) };
}

/**
 * Tells denied, not found and unreachable apart. A pull's own status does not (404 is also "denied", 500 is everything
 * else), so the engine is asked to look the image up in its registry, which passes the registry's status on.
 */
async function explain(
  http: EngineHttp,
  failed: { input: PullInput; auth: Record<string, string>; said: { status: number | undefined; message: string }; cause: unknown },
  signal: AbortSignal | undefined,
): Promise<BerthError> {
  const { input, auth, said } = failed;
  const seen = [401, 403].includes(said.status ?? 0)
    ? (said.status ?? 0)
    : await lookUp(http, { reference: input.reference, auth }, signal);
  const details = { reference: input.reference, status: said.status, registryStatus: seen, engineMessage: said.message };
  const more = { details, cause: failed.cause };
  if (seen === 401 || seen === 403) {
    const hint = 'Check the name, and run `docker login` for that registry if the image is private.';
    return new BerthError('REGISTRY_DENIED', `Could not pull ${input.reference}: the registry denies access: ${said.message}`, {
      ...more,
      hint,
    });
  }
  if (seen === 404) {
    const hint = 'Check the name and the tag of the image.';
    return new BerthError('IMAGE_NOT_FOUND', `Could not pull ${input.reference}: the registry has no such image: ${said.message}`, {
      ...more,
      hint,
    });
  }
  if (seen < 400) {
    // The registry has it and lets us in: the download itself broke, or there is none for this platform.
    if (said.status === 404) return new BerthError('IMAGE_NOT_FOUND', `Could not pull ${input.reference}: ${said.message}`, more);
    return new BerthError('REGISTRY_UNREACHABLE', `Could not pull ${input.reference}: the download failed: ${said.message}`, more);
  }
  const hint = 'Check the network and the registry; an image that is on the engine already needs no registry.';
  return new BerthError('REGISTRY_UNREACHABLE', `Could not pull ${input.reference}: the registry could not be used: ${said.message}`, {
    ...more,
    hint,
  });
}

/** The status with which the registry answers for an image, as the engine passes it on. */
async function lookUp(
  http: EngineHttp,
  input: { reference: string; auth: Record<string, string> },
  signal: AbortSignal | undefined,
): Promise<number> {
  const path = `/distribution/${segment(input.reference)}/json`;
  const doing = `look up ${input.reference} in its registry`;
  const ask = async (headers: Record<string, string>): Promise<number> =>
    (await http.exchange({ method: 'GET', path, headers, doing, timeoutMs: deadlines.changeMs, signal })).status;
  const status = await ask(input.auth);
  // A registry with basic authentication and no credentials is a 500 like one that is down; with any it is a 401.
  const isOpen = status < 500 || Object.keys(input.auth).length > 0;
  return isOpen ? status : ask(authHeader({ username: 'anonymous', password: 'anonymous' }));
}

function sum(layers: Map<string, { current: number; total: number }>, line: Progress): PullProgress {
  const { id, status = '', progressDetail: detail } = line;
  // Extracting counts the same bytes again: a layer that is down stays whole.
  if (id !== undefined && detail?.total !== undefined && detail.current !== undefined) {
    const before = layers.get(id);
    const current = Math.max(detail.current, before?.current ?? 0);
    layers.set(id, { current: Math.min(current, detail.total), total: Math.max(detail.total, before?.total ?? 0) });
  }
  let current = 0;
  let total = 0;
  for (const layer of layers.values()) {
    current += layer.current;
    total += layer.total;
  }
  return { current, total, status };
}

/** Repository and tag or digest, the way the API wants them. */
function split(reference: string): { repository: string; version: string } {
  const at = reference.indexOf('@');
  if (at > 0) return { repository: reference.slice(0, at), version: reference.slice(at + 1) };
  const colon = reference.lastIndexOf(':');
  if (colon > reference.lastIndexOf('/')) return { repository: reference.slice(0, colon), version: reference.slice(colon + 1) };
  return { repository: reference, version: 'latest' };
}

/** X-Registry-Auth: base64url with its padding, which older engines need. */
function authHeader(auth: RegistryAuth | undefined): Record<string, string> {
  if (auth === undefined) return {};
  const value = Buffer.from(JSON.stringify(auth)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  return { 'X-Registry-Auth': value };
}
