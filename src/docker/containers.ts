import type { ContainerBody, ContainerDetails, Engine, RestartPolicy } from '../ports/index.ts';
import { BerthError } from '../errors/index.ts';
import { toEngineError, messageOf } from './errors.ts';
import { toDetails, toSummary, type RawContainer, type RawSummary } from './from-engine.ts';
import { compareVersions, deadlines, segment, toFilters, type EngineHttp } from './http.ts';

type ContainerCalls = Pick<
  Engine,
  | 'listContainers'
  | 'inspectContainer'
  | 'createContainer'
  | 'startContainer'
  | 'stopContainer'
  | 'killContainer'
  | 'unpauseContainer'
  | 'removeContainer'
  | 'renameContainer'
  | 'setRestartPolicy'
>;
type ContentCalls = Pick<Engine, 'waitContainer' | 'putArchive' | 'getArchive'>;

const { lookMs, changeMs } = deadlines;
/** The engine kills after the grace; what it needs beyond that. */
const stopSlackMs = 20_000;

/** A container as the engine shows it, or undefined. A name that is only the beginning of some id is not a match. */
export async function inspectRaw(http: EngineHttp, idOrName: string, signal?: AbortSignal): Promise<RawContainer | undefined> {
  const raw = await http.get<RawContainer>({
    path: `/containers/${segment(idOrName)}/json`,
    doing: `look at container ${idOrName}`,
    signal,
  });
  if (raw === undefined) return undefined;
  const isThis = raw.Name === `/${idOrName}` || raw.Name === idOrName || (idOrName.length >= 12 && raw.Id.startsWith(idOrName));
  return isThis ? raw : undefined;
}

/** Lets a container go on, whoever else may do so at the same time. */
export async function unpauseContainer(http: EngineHttp, id: string, signal?: AbortSignal): Promise<void> {
  const doing = `let container ${id} go on`;
  const reply = await http.exchange({ method: 'POST', path: `/containers/${segment(id)}/unpause`, doing, timeoutMs: changeMs, signal });
  if (reply.status < 400) return;
  // Engines disagree about the status for a container that is not paused: look.
  const isPaused = (await inspectRaw(http, id, signal))?.State?.Status === 'paused';
  if (isPaused) throw toEngineError(doing, reply.status, messageOf(reply.body.toString()));
}

/** The calls of the port that look at containers and change them. */
export function containerCalls(http: EngineHttp): ContainerCalls {
  const inspectContainer = async (idOrName: string, signal?: AbortSignal): Promise<ContainerDetails | undefined> => {
    const raw = await inspectRaw(http, idOrName, signal);
    return raw === undefined ? undefined : toDetails(raw);
  };
  /** A change of one container by POST. */
  const change = (
    id: string,
    verb: string,
    more: { doing: string; query?: Record<string, string | number>; signal: AbortSignal | undefined },
  ) => http.send({ method: 'POST', path: `/containers/${segment(id)}/${verb}`, timeoutMs: changeMs, ...more });

  return {
    async listContainers({ labels, all = false }, signal) {
      const raw = await http.json<RawSummary[]>({
        method: 'GET',
        path: '/containers/json',
        query: { all, filters: toFilters(labels) },
        doing: 'list containers',
        timeoutMs: lookMs,
        signal,
      });
      return raw.map(toSummary);
    },
    inspectContainer,
    createContainer: (name, body, signal) => createContainer(http, name, body, signal),
    async startContainer(id, signal) {
      await change(id, 'start', { doing: `start container ${id}`, signal });
    },
    stopContainer: (id, input, signal) => stopContainer(http, id, input, signal),
    async killContainer(id, unixSignal, signal) {
      await change(id, 'kill', { doing: `send ${unixSignal} to container ${id}`, query: { signal: unixSignal }, signal });
    },
    unpauseContainer: (id, signal) => unpauseContainer(http, id, signal),
    removeContainer: (id, input, signal) => removeContainer(http, id, input, signal),
    async renameContainer(id, name, signal) {
      await change(id, 'rename', { doing: `rename container ${id} to ${name}`, query: { name }, signal });
    },
    async setRestartPolicy(id, policy, signal) {
      const json = { RestartPolicy: toRestartBody(policy) };
      const path = `/containers/${segment(id)}/update`;
      await http.send({ method: 'POST', path, json, doing: `set the restart policy of container ${id}`, timeoutMs: changeMs, signal });
    },
  };
}

/** The calls of the port about what is in a container, and how it ends. */
export function contentCalls(http: EngineHttp): ContentCalls {
  return {
    async waitContainer(id, signal) {
      const ended = await http.json<{ StatusCode: number }>({
        method: 'POST',
        path: `/containers/${segment(id)}/wait`,
        query: { condition: 'not-running' },
        doing: `wait for container ${id}`,
        signal,
      });
      return ended.StatusCode;
    },
    async putArchive(id, path, tar, signal) {
      const doing = `write files to ${path} of container ${id}`;
      await http.send({
        method: 'PUT',
        path: `/containers/${segment(id)}/archive`,
        query: { path },
        bytes: tar,
        doing,
        timeoutMs: changeMs,
        signal,
      });
    },
    async getArchive(id, path, signal) {
      const doing = `read ${path} of container ${id}`;
      const call = {
        method: 'GET',
        path: `/containers/${segment(id)}/archive`,
        query: { path },
        doing,
        timeoutMs: changeMs,
        signal,
      } as const;
      const reply = await http.send(call, [404]);
      return reply.status === 404 ? undefined : reply.body;
    },
  };
}

function toRestartBody({ name, maxRetries }: RestartPolicy): { Name: string; MaximumRetryCount: number } {
  return { Name: name, MaximumRetryCount: maxRetries ?? 0 };
}

/** `Platform` in the body becomes the API's query value. Engines below API 1.44 take one network here, others are connected. */
async function createContainer(http: EngineHttp, name: string, body: ContainerBody, signal: AbortSignal | undefined): Promise<string> {
  const doing = `create container ${name}`;
  const { Platform: platform, ...json } = body;
  const query = { name, platform: typeof platform === 'string' ? platform : undefined };
  const reply = await http.send({ method: 'POST', path: '/containers/create', query, json, doing, timeoutMs: changeMs, signal }, [404]);
  if (reply.status !== 404) return (JSON.parse(reply.body.toString()) as { Id: string }).Id;
  const engineMessage = messageOf(reply.body.toString());
  throw new BerthError('IMAGE_NOT_FOUND', `Could not ${doing}: ${engineMessage}`, { details: { status: 404, engineMessage } });
}

async function stopContainer(
  http: EngineHttp,
  id: string,
  input: { graceMs: number; signal?: string | undefined },
  signal: AbortSignal | undefined,
): Promise<void> {
  const doing = `stop container ${id}`;
  const timeoutMs = input.graceMs + stopSlackMs;
  const call = { method: 'POST', path: `/containers/${segment(id)}/stop`, doing, timeoutMs, signal } as const;
  const t = Math.ceil(input.graceMs / 1000);
  if (input.signal === undefined || compareVersions(await http.version(signal), '1.42') >= 0) {
    await http.send({ ...call, query: { t, signal: input.signal } }, [404]);
    return;
  }
  // Below API 1.42 a stop always sends the container's own signal: another one is sent as a kill, and then waited for.
  const raw = await inspectRaw(http, id, signal);
  if (raw === undefined) return;
  if (input.signal === (raw.Config?.StopSignal ?? 'SIGTERM')) {
    await http.send({ ...call, query: { t } }, [404]);
    return;
  }
  const kill = { ...call, path: `/containers/${segment(id)}/kill`, query: { signal: input.signal } };
  const killed = await http.send(kill, [404, 409]);
  if (killed.status < 400) await waitStopped(http, id, input.graceMs, signal);
  await http.send({ ...call, query: { t: 0 } }, [404]);
}

/** Waits until a container stops, at most `graceMs`. */
async function waitStopped(http: EngineHttp, id: string, graceMs: number, signal: AbortSignal | undefined): Promise<void> {
  const query = { condition: 'not-running' };
  const doing = `stop container ${id}`;
  try {
    await http.send({ method: 'POST', path: `/containers/${segment(id)}/wait`, query, doing, timeoutMs: graceMs, signal }, [404]);
  } catch (error) {
    if (!(error instanceof BerthError) || error.code !== 'ENGINE_TIMEOUT') throw error;
  }
}

async function removeContainer(
  http: EngineHttp,
  id: string,
  input: { force?: boolean; volumes?: boolean },
  signal: AbortSignal | undefined,
): Promise<void> {
  const doing = `remove container ${id}`;
  const query = { force: input.force ?? false, v: input.volumes ?? false };
  const path = `/containers/${segment(id)}`;
  const reply = await http.send({ method: 'DELETE', path, query, doing, timeoutMs: changeMs, signal }, [404, 409]);
  if (reply.status !== 409) return;
  // Refused because it runs, or because an earlier removal is still at work: that one is waited for.
  const raw = await inspectRaw(http, id, signal);
  if (raw === undefined) return;
  if (raw.State?.Status !== 'removing') throw toEngineError(doing, 409, messageOf(reply.body.toString()));
  const wait = { method: 'POST', path: `${path}/wait`, query: { condition: 'removed' }, doing, timeoutMs: changeMs, signal } as const;
  await http.send(wait, [404]);
}
