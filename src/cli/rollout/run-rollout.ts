import type { RolloutRequest } from '../../contract/index.ts';
import { BerthError } from '../../errors/index.ts';
import type { Context } from '../context.ts';
import { failureText, successText } from '../render/outcome-text.ts';
import { createPlainRenderer } from '../render/plain.ts';
import { silentRenderer, type Renderer } from '../render/renderer.ts';
import { TtyRenderer } from '../render/tty.ts';
import { OutcomeCollector, outcomeJson, type Outcome } from './outcome.ts';

/** Asks the server for a rollout, follows it to its end and says how it went. Answers the exit code. */
export async function runRollout(context: Context, request: RolloutRequest, how: { readonly detach?: boolean } = {}): Promise<number> {
  const { rollout, isInterrupted } = await startHearing(context, request);
  if (how.detach === true) {
    if (context.globals.json) context.printJson({ app: rollout.app, rollout: rollout.id, kind: rollout.kind });
    else context.print(`the ${rollout.kind} of ${rollout.app} runs on its own; \`berth events -f\` shows it`);
    return 0;
  }
  const outcome = await follow(context, rollout.id, isInterrupted);
  if (outcome === 'detached') return 130;
  report(context, outcome);
  return outcome.ended.exitCode;
}

/**
 * Asks for the rollout with an ear to Ctrl-C: pressed before the answer, it counts once there is something to cancel;
 * pressed twice, nobody waits for the answer any more.
 */
async function startHearing(context: Context, request: RolloutRequest): Promise<{ rollout: Started; isInterrupted: boolean }> {
  let presses = 0;
  const impatient = Promise.withResolvers<never>();
  const stopListening = context.world.onInterrupt(() => {
    presses += 1;
    const hint = 'If the server has begun, `berth events -f` shows it.';
    if (presses > 1) impatient.reject(new BerthError('CANCELLED', 'Cancelled before the server answered.', { hint }));
  });
  try {
    const rollout = await Promise.race([start(context, request), impatient.promise]);
    return { rollout, isInterrupted: presses > 0 };
  } finally {
    stopListening();
  }
}

type Started = { readonly id: string; readonly app: string; readonly kind: string };

/** The same request id makes asking again harmless, when the server died before it answered. */
async function start(context: Context, request: RolloutRequest): Promise<Started> {
  const { servers, ids } = context.world;
  const running = await servers.ready();
  const engine = { socket: await context.world.engineSocket(running?.engine) };
  const requestId = ids.next();
  const client = running?.client ?? (await servers.ensure());
  try {
    return await client.startRollout({ requestId, engine, request });
  } catch (error) {
    if (!(error instanceof BerthError) || error.code !== 'SERVER_UNREACHABLE') throw error;
    return await (await servers.ensure()).startRollout({ requestId, engine, request });
  }
}

async function follow(context: Context, id: string, isInterrupted: boolean): Promise<Outcome | 'detached'> {
  const { servers } = context.world;
  const renderer = pickRenderer(context);
  const collector = new OutcomeCollector();
  const detach = new AbortController();
  const interrupt = interruptions(context, { id, renderer, detach });
  const stopListening = context.world.onInterrupt(interrupt);
  if (isInterrupted) interrupt();
  try {
    for await (const record of servers.followRollout({ id }, detach.signal)) {
      collector.take(record);
      renderer.show(record);
    }
  } catch (error) {
    if (!detach.signal.aborted) throw error;
    renderer.note('Detached: the server goes on by itself. `berth events -f` shows the rest.');
    return 'detached';
  } finally {
    stopListening();
    renderer.end();
  }
  return collector.need();
}

/** The first Ctrl-C asks the server to go back, the second leaves it to itself. */
function interruptions(
  context: Context,
  { id, renderer, detach }: { id: string; renderer: Renderer; detach: AbortController },
): () => void {
  let presses = 0;
  return () => {
    presses += 1;
    if (presses > 1) {
      detach.abort(new BerthError('CANCELLED', 'Detached.'));
      return;
    }
    renderer.note('Cancelling: finishing the running steps, then going back. Ctrl-C again detaches and lets it run.');
    context.world.servers
      .ensure()
      .then((client) => client.cancelRollout({ id }))
      .catch((error: unknown) => renderer.note(`Could not cancel: ${error instanceof Error ? error.message : String(error)}`));
  };
}

function pickRenderer(context: Context): Renderer {
  const { world, globals } = context;
  if (globals.quiet) return silentRenderer;
  if (world.stderr.isTTY && world.env['TERM'] !== 'dumb' && !globals.verbose) {
    return new TtyRenderer({ output: world.stderr, style: context.err, clock: world.clock });
  }
  return createPlainRenderer((line) => world.stderr.write(`${line}\n`), context.err, { verbose: globals.verbose });
}

function report(context: Context, outcome: Outcome): void {
  if (context.globals.json) context.printJson(outcomeJson(outcome));
  else if (outcome.ended.exitCode === 0) context.print(successText(outcome, context.out));
  else context.world.stderr.write(`${failureText(outcome, context.err)}\n`);
}
