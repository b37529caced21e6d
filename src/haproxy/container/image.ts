import { BerthError, toBerthError } from '../../errors/index.ts';
import { labels } from '../../model/index.ts';
import type { Engine, ImageDetails } from '../../ports/index.ts';

/** An image to be made from Debian's packages. */
export type PackagedImage = {
  readonly id: string;
  readonly suite: 'trixie';
  readonly packages: readonly string[];
  readonly command: readonly string[];
  readonly repository: string;
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
};

/** Where HAProxy comes from. */
export type ImageSettings = {
  /** `BERTH_BASES`: from a registry, from packages, or the first of the two that works. */
  readonly bases: 'registry' | 'distro' | 'auto';
  /** `BERTH_HAPROXY_IMAGE`: an image of one's own in place of berth's, pulled when the engine has it not. */
  readonly reference?: string | undefined;
  /** Makes an image from Debian's packages. Throws TOOL_MISSING and BASE_FAILED. */
  readonly makeImage: (image: PackagedImage, signal?: AbortSignal) => Promise<string>;
  /** Says what takes long. */
  readonly onProgress?: ((message: string) => void) | undefined;
};

/** The line of HAProxy that berth is written for: `wait`, `mworker-max-reloads` and the answer of `reload` need it. */
const version = '3.0';
const registryReference = `docker.io/library/haproxy:${version}`;
/** The number after the version counts the recipes below. */
const repository = 'berth/haproxy';
const tag = `${version}-2`;

/** What every proxy is started from. */
export function proxyImage(settings: Pick<ImageSettings, 'reference'>): string {
  return settings.reference ?? `${repository}:${tag}`;
}

const recipe: PackagedImage = {
  id: `haproxy:${version}`,
  suite: 'trixie',
  // dash: a shell stays in every front, and busybox as one takes a megabyte more.
  packages: ['base-files', 'libc6', 'ca-certificates', 'dash', 'busybox-static', 'haproxy'],
  command: ['haproxy', '-v'],
  repository,
  tag,
  labels: { 'dev.berth.base': `haproxy:${version}` },
};

/** Makes sure that the engine has HAProxy's image: kept from before, pulled, or made from packages. */
export async function ensureImage(engine: Engine, settings: ImageSettings, signal?: AbortSignal): Promise<void> {
  const wanted = proxyImage(settings);
  if ((await engine.inspectImage(wanted, signal)) !== undefined) return;
  if (settings.reference !== undefined) {
    settings.onProgress?.(`Pulling ${wanted}`);
    await engine.pullImage({ reference: wanted }, () => undefined, signal);
    return;
  }
  const refused = settings.bases === 'distro' ? undefined : await pull(engine, settings, signal);
  if ((await engine.inspectImage(wanted, signal)) !== undefined) return;
  if (settings.bases === 'registry' && refused !== undefined) throw refused;
  settings.onProgress?.(`Making the HAProxy ${version} image from Debian packages (once)`);
  try {
    await settings.makeImage(recipe, signal);
  } catch (thrown) {
    if (refused === undefined || signal?.aborted === true) throw thrown;
    const { code, message, hint, details } = toBerthError(thrown);
    throw new BerthError(code, `${message} Before, ${registryReference} could not be pulled: ${refused.message}`, {
      ...(hint === undefined ? {} : { hint }),
      details,
      cause: thrown,
    });
  }
}

/**
 * Makes HAProxy's image once more where it comes from, so that security updates get into it: another image has the name
 * then, and proxies are outdated. Packages that are the same leave it as it is, and so does an image of one's own.
 */
export async function renewImage(engine: Engine, settings: ImageSettings, signal?: AbortSignal): Promise<void> {
  const before = await engine.inspectImage(proxyImage(settings), signal);
  if (before === undefined || settings.reference !== undefined) return ensureImage(engine, settings, signal);
  const refused = settings.bases === 'distro' ? undefined : await pull(engine, settings, signal);
  if (settings.bases === 'registry' && refused !== undefined) throw refused;
  if (settings.bases === 'distro' || refused !== undefined) await remake(engine, { settings, before }, signal);
  await removeNameless(engine, signal);
}

async function remake(
  engine: Engine,
  { settings, before }: { readonly settings: ImageSettings; readonly before: ImageDetails },
  signal: AbortSignal | undefined,
): Promise<void> {
  settings.onProgress?.(`Making the HAProxy ${version} image from the newest Debian packages`);
  const next = `${tag}-next`;
  const id = await settings.makeImage({ ...recipe, tag: next }, signal);
  const made = await engine.inspectImage(id, signal);
  if (made?.labels[labels.build] !== before.labels[labels.build]) await engine.tagImage(id, repository, tag, signal);
  await engine.removeImage(`${repository}:${next}`, signal);
}

/** Images that have lost their name to a newer one. The engine keeps those that a container still runs. */
async function removeNameless(engine: Engine, signal: AbortSignal | undefined): Promise<void> {
  for (const image of await engine.listImages({ labels: recipe.labels }, signal)) {
    if (image.tags.length === 0) await engine.removeImage(image.id, signal);
  }
}

/** Any failure to pull is answered, not thrown: it is our own image, and packages are as good. */
async function pull(engine: Engine, settings: ImageSettings, signal: AbortSignal | undefined): Promise<BerthError | undefined> {
  settings.onProgress?.(`Pulling ${registryReference}`);
  try {
    await engine.pullImage({ reference: registryReference }, () => undefined, signal);
    await engine.tagImage(registryReference, repository, tag, signal);
    return undefined;
  } catch (thrown) {
    signal?.throwIfAborted();
    const refused = toBerthError(thrown);
    settings.onProgress?.(`${registryReference} could not be pulled: ${refused.message}`);
    return refused;
  }
}
