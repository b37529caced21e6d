import { BerthError } from '../errors/index.ts';
import type { Engine } from '../ports/index.ts';
import { messageOf } from './errors.ts';
import { readJsonLines } from './frames.ts';
import { toImage, toImageSummary, type RawImage, type RawImageSummary } from './from-engine.ts';
import { deadlines, segment, toFilters, type EngineHttp } from './http.ts';
import { pullImage } from './pull.ts';

type ImageCalls = Pick<Engine, 'inspectImage' | 'listImages' | 'pullImage' | 'tagImage' | 'removeImage' | 'loadImage' | 'importImage'>;

const { lookMs, changeMs, unpackMs } = deadlines;

/** The calls of the port that are about images. */
export function imageCalls(http: EngineHttp): ImageCalls {
  return {
    async inspectImage(reference, signal) {
      const raw = await http.get<RawImage>({ path: `/images/${segment(reference)}/json`, doing: `look at image ${reference}`, signal });
      return raw === undefined ? undefined : toImage(raw);
    },
    async listImages({ labels = {}, reference }, signal) {
      const filters = toFilters(labels, reference === undefined ? {} : { reference: [reference] });
      const call = { method: 'GET', path: '/images/json', query: { filters }, doing: 'list images', timeoutMs: lookMs, signal } as const;
      return (await http.json<RawImageSummary[]>(call)).map(toImageSummary);
    },
    pullImage: (input, onProgress, signal) => pullImage(http, input, onProgress, signal),
    async tagImage(reference, repository, tag, signal) {
      const doing = `tag ${reference} as ${repository}:${tag}`;
      const path = `/images/${segment(reference)}/tag`;
      const reply = await http.send({ method: 'POST', path, query: { repo: repository, tag }, doing, timeoutMs: changeMs, signal }, [404]);
      if (reply.status !== 404) return;
      throw new BerthError('IMAGE_NOT_FOUND', `Could not ${doing}: ${messageOf(reply.body.toString())}`);
    },
    async removeImage(reference, signal) {
      const path = `/images/${segment(reference)}`;
      const doing = `remove image ${reference}`;
      const reply = await http.send({ method: 'DELETE', path, doing, timeoutMs: changeMs, signal }, [404, 409]);
      return reply.status !== 409;
    },
    async loadImage(tar, signal) {
      const doing = 'load an image archive';
      const call = { method: 'POST', path: '/images/load', bytes: tar, doing, timeoutMs: unpackMs, idleMs: unpackMs, signal } as const;
      await readToEnd(doing, await http.open(call));
      signal?.throwIfAborted();
    },
    async importImage({ tar, repository, tag, changes }, signal) {
      const doing = `import ${repository}:${tag}`;
      // The API takes one `changes` value for each line.
      const query = new URLSearchParams({ fromSrc: '-', repo: repository, tag });
      for (const change of changes) query.append('changes', change);
      const path = `/images/create?${query.toString()}`;
      const id = await readToEnd(
        doing,
        await http.open({ method: 'POST', path, bytes: tar, doing, timeoutMs: unpackMs, idleMs: unpackMs, signal }),
      );
      signal?.throwIfAborted();
      if (id?.startsWith('sha256:') === true) return id;
      throw new BerthError('ENGINE_REFUSED', `Could not ${doing}: the engine named no image.`);
    },
  };
}

/** Reads progress to its end and answers the last status; an error in it is thrown. */
async function readToEnd(doing: string, chunks: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  let last: string | undefined;
  for await (const line of readJsonLines<{ status?: string; error?: string; errorDetail?: { code?: number } }>(chunks)) {
    if (line.error !== undefined) {
      throw new BerthError('ENGINE_REFUSED', `Could not ${doing}: ${line.error}`, { details: { status: line.errorDetail?.code } });
    }
    last = line.status ?? last;
  }
  return last?.trim();
}
