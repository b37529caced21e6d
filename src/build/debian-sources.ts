/** Where Debian's packages come from on this site: the archive and its security updates. */
export type DebianMirrors = { readonly archive: string; readonly security: string };

const publicMirrors: DebianMirrors = { archive: 'http://deb.debian.org/debian', security: 'http://deb.debian.org/debian-security' };

/** Reads the mirrors out of a machine's own apt sources (both formats), so that a site's mirror serves the bases too. */
export function findDebianMirrors(sources: readonly string[]): DebianMirrors {
  const found: { archive?: string; security?: string } = {};
  for (const { uri, suite } of sources.flatMap((text) => [...oneLine(text), ...deb822(text)])) {
    if (/^(?:bookworm|trixie|bullseye|forky|stable|oldstable)$/.test(suite)) found.archive ??= uri;
    if (/^(?:bookworm|trixie|bullseye|forky|stable|oldstable)-security$/.test(suite)) found.security ??= uri;
  }
  return { archive: found.archive ?? publicMirrors.archive, security: found.security ?? publicMirrors.security };
}

/** The lines that mmdebstrap takes as its mirrors. */
export function sourceLines(mirrors: DebianMirrors, suite: string): string[] {
  return [
    `deb ${mirrors.archive} ${suite} main`,
    `deb ${mirrors.archive} ${suite}-updates main`,
    `deb ${mirrors.security} ${suite}-security main`,
  ];
}

type Source = { readonly uri: string; readonly suite: string };

function oneLine(text: string): Source[] {
  return [...text.matchAll(/^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+:\S+)\s+(\S+)/gm)].map((match) => ({
    uri: trim(match[1]),
    suite: match[2] ?? '',
  }));
}

function deb822(text: string): Source[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const value = (key: string): string[] => new RegExp(String.raw`^${key}:[ \t]*(.+)$`, 'im').exec(stanza)?.[1]?.trim().split(/\s+/) ?? [];
    if (!value('Types').includes('deb') || value('Enabled')[0] === 'no') return [];
    return value('URIs').flatMap((uri) => value('Suites').map((suite) => ({ uri: trim(uri), suite })));
  });
}

function trim(uri: string | undefined): string {
  return (uri ?? '').replace(/\/+$/, '');
}
