import { defineCommand } from '../command.ts';

/** `berth check`: what would fail or hurt. */
export const check = defineCommand({
  name: 'check',
  summary: 'say what would fail or hurt if this were deployed, and change nothing',
  description:
    'Exit code 2 when there is an error; with `--strict`, also when there is a warning. Notes never change it. A comment `# berth: ignore RULE why` on the line, or on a line of its own above it, leaves a finding out.',
  flags: {},
  examples: [
    ['berth check', 'each finding with its place, the reason and the way out'],
    ['berth -e prod check --strict', 'before a deploy to prod, as a gate of CI'],
    ['berth check --json', 'the same as data'],
  ],
  async run(context) {
    const { checkApplication } = await import('../load/application.ts');
    const { checkText, countOf } = await import('../render/check-text.ts');
    const checked = await checkApplication(context);
    const counts = countOf(checked.findings);
    if (context.globals.json) context.printJson({ ...checked, counts });
    else context.print(checkText(checked, context.out));
    return counts.error > 0 || (context.globals.strict && counts.warning > 0) ? 2 : 0;
  },
});
