/** An image reference taken apart. `registry` is `docker.io` where none is written; `tag` is `latest` without a digest. */
type Reference = {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
};

// The grammar of github.com/distribution/reference.
const part = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const host = `(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const grammar = new RegExp(
  `^(?:(?<host>${host})/)?(?<path>${part}(?:/${part})*)(?::(?<tag>[\\w][\\w.-]{0,127}))?(?:@(?<digest>[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}))?$`,
);

/** Takes a reference apart; undefined when it is none. */
export function parseReference(text: string): Reference | undefined {
  const groups = grammar.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const { tag, digest } = groups;
  const { registry, path } = whose(groups['host'], groups['path'] ?? '');
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  return { registry, repository, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest };
}

/** The first part of a path is a host only if it looks like one: with a dot, a port, or `localhost`. */
function whose(first: string | undefined, path: string): { registry: string; path: string } {
  if (first === undefined) return { registry: 'docker.io', path };
  const isHost = /[.:[]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  if (!isHost) return { registry: 'docker.io', path: `${first}/${path}` };
  return { registry: first === 'index.docker.io' ? 'docker.io' : first, path };
}
