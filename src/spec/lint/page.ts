import { allRules } from './lint.ts';

/** The reference page of the rules of `berth check`. */
export function checksPage(): string {
  const rows = allRules.map(
    ({ id, severity, finds, why, fix }) => `### \`${id}\`\n\n**${severity}**: ${finds}\n\n- Why it matters: ${why}\n- What to do: ${fix}\n`,
  );
  return `# What \`berth check\` finds

\`berth check\` reads the application as \`berth up\` would, changes nothing, and needs neither the server nor the engine. Each
finding has a rule, a severity, a place, the reason and the way out; \`--json\` prints one object with all of them. This page is
made from the rules themselves (\`src/spec/lint\`): \`npm run generate\`.

- **error**: it will fail. The exit code is 2.
- **warning**: it may hurt. The exit code stays 0; with \`--strict\` it is 2.
- **note**: worth knowing, and never changes the exit code.

A finding that is meant is left out by a comment on its line, or on a line of its own above it; the reason belongs to it:

    image: registry.example.com/tool:latest # berth: ignore image-tag the vendor has no other tag

    # berth: ignore no-memory-limit it is the only service of this machine
    db:

## Rules

${rows.join('\n')}`;
}
