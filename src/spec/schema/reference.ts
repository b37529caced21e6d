import type { Effect } from './shape.ts';
import { asInService } from './idle-keys.ts';
import { keyRows, type KeyRow } from './rows.ts';

const effects: Readonly<Record<Effect, string>> = { acts: 'yes', reported: 'no, reported', refused: 'no, an error' };
/** What the same key does on Kubernetes, where berth cannot deploy yet. */
const onKubernetes: Readonly<Record<Effect, string>> = { acts: 'not yet', reported: 'no, reported', refused: 'no, an error' };

const sections: readonly (readonly [title: string, prefix: string])[] = [
  ['`x-berth` in a service', 'services.*.x-berth'],
  ['`build`', 'services.*.build'],
  ['`deploy`', 'services.*.deploy'],
  ['Services', 'services.*'],
  ['Networks', 'networks.*'],
  ['Volumes', 'volumes.*'],
  ['Secrets', 'secrets.*'],
  ['Configs', 'configs.*'],
  ['Jobs', 'jobs.*'],
  ['Models', 'models.*'],
  ['`x-berth` at the top', 'x-berth'],
];

const head = `# The application file

berth reads Compose files as they are: \`compose.yaml\` (or \`compose.yml\`, \`docker-compose.y[a]ml\`), in the directory where it is
started or in one above it. This page lists every key of the Compose Specification (compose-go 2.16.2) and of \`x-berth\`, and what
berth does with it. It is made from the table that also checks the file: \`npm run generate\`.

- **yes**: the key does what the specification says.
- **no, reported**: the key is accepted; \`berth\` says once that it has no effect, and with \`--strict\` that is an error.
- **no, an error**: the key is known but not built yet, and ignoring it would deploy the wrong thing.

Keys that start with \`x-\` are allowed everywhere and mean nothing, save \`x-berth\`. Every other unknown key is an error. \`jobs.*\` and
\`pre_start\` also have the keys of a container in a service.

## Files, environments and variables

- Files: \`-f\` (several, later ones over earlier ones), else \`COMPOSE_FILE\` (split at \`COMPOSE_PATH_SEPARATOR\`), else the one that is found.
  With it, \`compose.override.yaml\`; with a chosen environment (\`-e\`, \`BERTH_ENV\`), \`compose.<env>.yaml\` instead. An environment without
  a \`compose.<env>.yaml\` or \`.env.<env>\` is an error.
- Variables, the later wins: \`.env\` beside the file (or \`--env-file\`, several), \`.env.<env>\`, the process environment.
- Layers merge by Compose's rules: mappings deep, lists appended; ports, mounts, devices, secrets and configs once for each target;
  \`command\`, \`entrypoint\` and \`healthcheck.test\` replaced; \`!reset\` takes away, \`!override\` replaces. \`--set PATH=VALUE\` is the last layer.

## Differences from \`docker compose\` that are meant

- \`v:/data\` mounts the volume \`v\`; Compose takes one letter before a colon for a Windows drive.
- An unquoted \`;\`, \`|\`, \`&\`, \`<\` or \`>\` in a \`command\` line is an error; Compose cuts the command off there in silence.
- An unknown option of a mount is an error; Compose ignores it.
- \`\${A:-\${B:?no}}\` asks for \`B\` only when \`A\` is unset or empty.
- A secret or config whose relative path leaves the project (and every build context) with \`..\` is an error; an absolute path is not.
- Two services that want one port of the machine are an error, unless routes tell them apart; so is a UDP port for several replicas.
- A range such as \`8000-8010:80\` gives the lowest port that no other mapping of the file has.
- \`links\` give the other service a further name on the network, so it stays right when its containers are replaced.
- \`volumes_from\` takes the mounts that have a source; a volume without one stays with its own container.
- What an included file and the file that includes it both have must be the same (Compose from 2.3x on merges the two): change it in a
  file above, or in a second file under \`path\`.
- An unknown key under \`include\` or \`extends\`, a build context or a file of a secret or config that is not there: errors; Compose finds
  them later or not at all. A remote \`include\` or build context is an error, since it is not built yet.
- \`cpu_period\` and its like also take durations; \`mode: "0440"\` is octal whether quoted or not.
- \`berth config\` leaves out what has no value (\`command: null\`, \`ipam: {}\`), shows variables of \`env_file\` and \`label_file\` in their place,
  and prints a whole number with an exponent in full.
- A text such as \`2001-01-01\`, \`.inf\` or \`.nan\` stays as it is written; Compose refuses the last two in some places.
- A \`-\` alone between the brackets of \`{}\` or \`[]\` is not YAML, and an error; Compose takes it for text.
- An env file that layers name in different words (\`a.env\`, \`./a.env\`) is read once.
- A number or boolean may be quoted, or come from a variable, everywhere; Compose takes that for most keys. An option
  of a log driver may be a boolean.
- \`mem_limit\` beside a \`deploy.resources.limits\` that says nothing of memory counts, and an entry of \`group_add\` that another file
  repeats counts once; Compose 2.26 rejects both, newer ones do not.

## Routes from labels of other proxies

Where a service has no \`x-berth.routes\`, what it says to another proxy is read, \`berth plan\` shows the routes that were made of it, and
whatever is not understood is said with its place (with \`--strict\` it is an error). Where a part is missing without which more would get
through (an unknown middleware, a matcher, a guard), no route is made. \`x-berth: {routes: []}\` leaves the labels to the other proxy; so does
that proxy as a service of the same file.

- **Traefik**, in \`labels\` or \`deploy.labels\`: HTTP routers with \`Host\`, \`HostRegexp\` (anything in front of a name), \`PathPrefix\`, \`Path\` (taken
  with all below it), \`&&\`, \`||\`; the entry points \`web\`, \`http\` (80) and \`websecure\`, \`https\` (443); \`tls\`; the middlewares \`stripPrefix\`,
  \`addPrefix\`, \`redirectScheme\`, \`redirectRegex\` (to another host), \`headers\`, \`basicAuth\`, \`ipAllowList\`, \`rateLimit\`, \`compress\`, \`buffering\`
  (\`maxRequestBodyBytes\`), \`chain\`, whichever service of the file describes them; of services the port, \`scheme: h2c\` and the sticky cookie; TCP routers with \`HostSNI\` and
  \`ipAllowList\`.
- **caddy-docker-proxy**: \`caddy\` and \`caddy_N\` sites; \`reverse_proxy\`, \`handle\`, \`handle_path\`, \`route\`, \`redir\`, \`header\`, \`request_header\`,
  \`basic_auth\`, \`encode\`, \`request_body.max_size\`, \`tls\` (\`internal\` or an address of mail).
- **nginx-proxy**: \`VIRTUAL_HOST\`, \`VIRTUAL_PORT\`, \`VIRTUAL_PATH\`, \`VIRTUAL_DEST\`, \`VIRTUAL_PROTO: grpc\`, \`HTTPS_METHOD\`, \`HSTS\`,
  \`SELF_SIGNED_HOST\`; \`LETSENCRYPT_HOST\`, \`LETSENCRYPT_EMAIL\`, \`LETSENCRYPT_TEST\` and \`ACME_CA_URI\` of its companion.

Labels that ask for TLS without saying who signs get a certificate of berth's own authority and a warning, until \`x-berth.tls\` says more.
`;

/** The reference page of the application file, in Markdown. */
export function referencePage(): string {
  const left = new Map(keyRows().map((row) => [row.path, row]));
  const tables = sections.map(([title, prefix]) => {
    const rows = [...left.values()].filter((row) => row.path.startsWith(`${prefix}.`) || row.path.startsWith(`${prefix}[]`));
    for (const row of rows) left.delete(row.path);
    return { title, prefix, rows };
  });
  const top = table('Top level', '', [...left.values()]);
  const order = [3, 1, 2, 0, 4, 5, 6, 7, 9, 10, 8];
  const parts = order.flatMap((index) => tables[index] ?? []).map(({ title, prefix, rows }) => table(title, prefix, rows));
  return `${[head.trimEnd(), top, ...parts].join('\n\n')}\n`;
}

function table(title: string, prefix: string, rows: readonly KeyRow[]): string {
  const own = rows.filter((row) => row.how !== asInService);
  const lines = own.map(
    (row) =>
      `| \`${shorten(row.path, prefix)}\` | ${effects[row.effect]} | ${onKubernetes[row.effect]} | ${row.how.replaceAll('|', String.raw`\|`)} |`,
  );
  return [`## ${title}`, '', '| key | acts on a host | acts on Kubernetes | how |', '|---|---|---|---|', ...lines].join('\n');
}

function shorten(path: string, prefix: string): string {
  return prefix === '' ? path : path.slice(prefix.length + 1);
}
