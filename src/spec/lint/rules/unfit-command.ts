import { child } from '../../text/node.ts';
import type { Facts, Rule, ServiceFacts } from '../rule.ts';

const development =
  /\bmanage\.py\s+runserver\b|\bflask\s+(?:--\S+\s+)*run\b|\bnodemon\b|\b(?:npm|pnpm|yarn)\s+(?:run\s+)?dev\b|\b(?:next|nuxt|astro)\s+dev\b|\bwebpack(?:-dev-server|\s+serve)\b|\b(?:uvicorn|gunicorn)\b.*\s--reload\b|\bphp\s+-S\b/;
const ending =
  /^(?:(?:ba)?sh\s+-c\s+["']?)?(?:python3?\s+|npx\s+)?(?:\.\/)?(manage\.py\s+(?:migrate|collectstatic|check)|prisma\s+migrate|alembic\s+upgrade|knex\s+migrate)\b[^;&|]*$/;

/** Commands that are not those of a service in production. */
export const unfitCommand: Rule = {
  id: 'unfit-command',
  severity: 'warning',
  finds: 'A service starts a development server (`runserver`, `npm run dev`, `--reload`), or a command that ends, such as a migration.',
  why: 'A development server is slow, watches files, and shows its insides to everybody; a command that ends is started again and again.',
  fix: 'Start the server of production (gunicorn, `node server.js`); a migration belongs under `x-berth.release`, which runs once per release.',
  *find(facts) {
    for (const service of facts.services) {
      const command = commandOf(service, facts);
      if (command === undefined || service.isJob) continue;
      const mark = child(service.node, 'command')?.mark ?? service.mark;
      const server = development.exec(command)?.[0];
      const task = ending.exec(command)?.[1];
      if (server !== undefined) yield { mark, message: `\`${service.name}\` starts a development server: \`${server}\`` };
      else if (task !== undefined) yield { mark, message: `\`${service.name}\` starts a command that ends: \`${task}\`` };
    }
  },
};

function commandOf({ model }: ServiceFacts, { sourceFacts }: Facts): string | undefined {
  if (model.command !== undefined) return model.command.join(' ');
  if (model.entrypoint !== undefined || model.build === undefined) return undefined;
  return model.build.generated === undefined ? sourceFacts.get(model.build.context)?.command : undefined;
}
