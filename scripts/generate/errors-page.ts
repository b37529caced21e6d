import type { catalogue } from '../../src/errors/index.ts';

/** The reference page of error codes. */
export function errorsPage(codes: typeof catalogue): string {
  const rows = Object.entries(codes).map(
    ([code, { exit, status, retryable, doc }]) => `| \`${code}\` | ${exit} | ${status} | ${retryable ? 'yes' : 'no'} | ${doc} |`,
  );
  return `# Error codes

Made from \`src/errors/catalogue.ts\` by \`npm run generate\`. A code once released never gets another meaning.
\`--json\` prints the code; the exit code is the process's, the status that of berth's own API. "Again" says whether the
same command may succeed a moment later without a change.

| code | exit | status | again | meaning |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

## Exit codes

| code | meaning |
| --- | --- |
| 0 | ok |
| 1 | failed; the old release is still serving (a first release: nothing was serving) |
| 2 | the command line or a file is wrong; nothing was changed |
| 3 | failed, and NOT back in a good state; the message says what to do |
| 4 | another rollout holds the lease of this app |
| 5 | the engine or the server cannot be reached |
| 130 | cancelled |
`;
}
