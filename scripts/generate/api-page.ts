import * as z from 'zod';
import type { AnyEndpoint } from '../../src/contract/index.ts';

/** The reference page of berth's own API. */
export function apiPage(endpoints: readonly (readonly [name: string, endpoint: AnyEndpoint])[]): string {
  const rows = endpoints.map(
    ([name, { method, path, mode, summary, params }]) =>
      `| \`${name}\` | \`${method} ${path}\` | ${queryNames(path, params)} | ${mode} | ${summary} |`,
  );
  return `# The server's API

Made from \`src/contract/api.ts\` by \`npm run generate\`. HTTP over the Unix socket \`server.sock\` in berth's home; only its
owner may connect. Bodies and replies are JSON, checked against the schemas in \`src/contract/schemas.ts\`; \`events\` are
Server-Sent Events, one JSON object each. A failure answers the status and the code of [errors.md](errors.md).

| name | request | query | reply | what it does |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

\`exec\` and \`run\` are interactive: \`POST /v1/apps/:app/exec\` and \`/run\` with \`Upgrade: berth\` turn the connection into frames.
`;
}

/** The parameters that are not part of the path. */
function queryNames(path: string, params: z.ZodType): string {
  const names = params instanceof z.ZodObject ? Object.keys(params.shape) : [];
  return names
    .filter((name) => !path.includes(`:${name}`))
    .map((name) => `\`${name}\``)
    .join(', ');
}
