import { stableJson } from '../../kit/index.ts';
import { toBerthError, BerthError } from '../../errors/index.ts';
import type { Plan, Project, Release } from '../../model/index.ts';
import type { RolloutRequest } from '../../contract/index.ts';
import { withDependencies } from '../../plan/index.ts';
import { keepSecretPairs } from '../certificate/secret-pairs.ts';
import type { Side } from '../deps.ts';
import { pinSecrets, releaseSecrets } from '../target/secrets.ts';
import { sideInputOf, type SideInput } from '../target/side.ts';
import { assignPorts } from './assign-ports.ts';
import { done, forward, unchanged } from './endings.ts';
import { needApp, needCurrentRelease, rollbackTarget } from './goal.ts';
import { needImages, tagImages, toReleaseImages } from './images.ts';
import { withLastingCertificates } from './lasting-certificates.ts';
import { checkCertificates, preflight } from './preflight.ts';
import { chosenServices, prepareImages, prepareProxies } from './prepare.ts';
import { pruneReleases, type Ending } from './rollout-record.ts';
import { awayMs, type StepRunner } from './step-runner.ts';
import { verifyServing } from './verify-serving.ts';

/** Goes to an earlier release: a new one with its specification, images and secrets, through the same gates. */
export async function rollBack(run: StepRunner, to: number | undefined): Promise<Ending> {
  const { ctx } = run;
  const target = run.ownRelease() ?? (await needTarget(run, to));
  const wanted = { release: target.number, images: target.images };
  await run.patiently(() => needImages(ctx, wanted, run.halt.signal), awayMs.forward);
  return rollTo(run, { input: { ...sideInputOf(target, {}), returning: true }, origin: { kind: 'rollback', to: target.number }, only: [] });
}

async function needTarget(run: StepRunner, to: number | undefined): Promise<Release> {
  const { ctx } = run;
  const target = rollbackTarget(ctx.store, ctx.app, to);
  const { release, kept } = await withLastingCertificates(ctx, target, needCurrentRelease(ctx.store, ctx.app).project);
  for (const service of kept) {
    const message = `The certificate of ${service} in release ${target.number} has ended; the one that serves now stays.`;
    run.emit({ type: 'notice', level: 'info', message });
  }
  return release;
}

/** Rolls to what the file says now: images and secrets first, then a new release, unless nothing would change. */
export async function rollUp(run: StepRunner, request: Extract<RolloutRequest, { kind: 'up' }>): Promise<Ending> {
  const { ctx } = run;
  const { store, app } = ctx;
  await warnOnceAboutBoot(run);
  const own = run.ownRelease();
  const asked = await run.patiently(() => assignPorts(ctx, request.deployment.project, { keep: true }), awayMs.forward);
  const only = withDependencies(asked.services, request.services);
  if (own !== undefined) return rollTo(run, { input: sideInputOf(own, {}), origin: { kind: 'up' }, only });
  const { project, secrets } = await withSecrets(run, asked);
  const chosen = chosenServices(project, only);
  // Before anything is built, which may take minutes.
  await checkCertificates(ctx, project, chosen);
  const [ids] = await Promise.all([
    prepareImages(run, { project, services: chosen, wish: { build: request.build, pull: 'as-written' } }),
    prepareProxies(run, chosen),
  ]);
  const images = run.currentRelease()?.images ?? {};
  for (const [name, image] of Object.entries(images)) if (!ids.has(name)) ids.set(name, image.id);
  const next = (store.listReleases(app)[0]?.number ?? 0) + 1;
  const input = {
    release: next,
    project,
    images: toReleaseImages(app, project, next, ids),
    pins: store.getPins(app),
    secrets,
    replicas: {},
    force: [],
  };
  return rollTo(run, { input, origin: { kind: 'up' }, only });
}

/** The versions of secrets that a new release pins, and its project with the certificates that are among them. */
async function withSecrets(run: StepRunner, asked: Project): Promise<{ readonly project: Project; readonly secrets: Side['secrets'] }> {
  const { ctx, halt } = run;
  const { pins, read } = await pinSecrets(ctx, asked, { names: releaseSecrets(asked), keep: true, signal: halt.signal });
  const { project, remarks } = await keepSecretPairs(ctx, asked, read);
  for (const message of remarks) run.emit({ type: 'notice', level: 'warning', message });
  return { project, secrets: pins };
}

/** Rolls to a release: a new one, unless nothing would change. */
async function rollTo(
  run: StepRunner,
  { input, origin, only }: { readonly input: SideInput; readonly origin: Release['origin']; readonly only: readonly string[] },
): Promise<Ending> {
  const { ctx } = run;
  if (run.ownRelease() === undefined) {
    const draft = await run.side(input);
    const plan = await run.plan(draft, forward(only, { promote: false }));
    const current = run.currentRelease();
    if (origin.kind === 'up' && current !== undefined && isSameRelease(current, input)) return repair(run, draft, plan, only);
    await run.patiently(() => preflight(ctx, draft, only, run.halt.signal), awayMs.forward);
    writeRelease(run, input, origin);
  }
  const own = run.ownRelease();
  if (own === undefined) throw new BerthError('INTERNAL', 'The new release was not written.');
  // The release is written before its tags are given: what a kill leaves behind is known, and taken away with it.
  await run.patiently(() => tagImages(ctx, own.images, run.halt.signal), awayMs.forward);
  const side = await run.side({ ...sideInputOf(own, {}), returning: origin.kind === 'rollback' });
  await run.execute(side, await run.plan(side, forward(only)));
  recordUp(run, only);
  await tidy(run);
  return done;
}

/** What `berth scale` and `berth stop` had set is over with the next `up`. */
function recordUp(run: StepRunner, only: readonly string[]): void {
  const { store, app } = run.ctx;
  const record = needApp(store, app);
  const stoppedServices = only.length === 0 ? [] : record.stoppedServices.filter((s) => !only.includes(s));
  store.putApp({ ...record, replicas: {}, stoppedServices });
}

/** Old releases and their images go. The release serves by now: what cannot be tidied is said, and tried again next time. */
async function tidy(run: StepRunner): Promise<void> {
  try {
    await pruneReleases(run.ctx, run.suspend.signal);
  } catch (thrown) {
    run.emit({
      type: 'notice',
      level: 'warning',
      message: `Old releases could not be tidied away: ${toBerthError(thrown).message}`,
    });
  }
}

/** The release is the one that serves already: what is missing of it is brought back, under its own number. */
async function repair(run: StepRunner, side: Side, draft: Plan, only: readonly string[]): Promise<Ending> {
  const { ctx } = run;
  const current = needCurrentRelease(ctx.store, ctx.app);
  if (draft.steps.length === 0) {
    await run.patiently(() => verifyServing(ctx, run.halt.signal), awayMs.forward);
    return unchanged;
  }
  run.update({ toRelease: current.number });
  const own = await run.side({ ...sideInputOf(current, {}), project: side.project });
  await run.execute(own, await run.plan(own, forward(only, { promote: false })));
  recordUp(run, only);
  return done;
}

function writeRelease(run: StepRunner, input: SideInput, origin: Release['origin']): void {
  const { ctx } = run;
  const number = ctx.store.nextRelease(ctx.app);
  const ids = new Map(Object.entries(input.images).map(([name, image]) => [name, image.id]));
  const tagged = toReleaseImages(ctx.app, input.project, number, ids);
  const images = Object.fromEntries(
    Object.entries(tagged).map(([name, image]) => [name, { ...image, source: input.images[name]?.source ?? image.source }]),
  );
  const { project, pins, secrets } = input;
  ctx.store.putRelease({
    app: ctx.app,
    number,
    createdAtMs: ctx.clock.now(),
    state: 'pending',
    origin,
    project,
    images,
    pins,
    ...(Object.keys(secrets).length === 0 ? {} : { secrets }),
    rolloutId: ctx.rolloutId,
  });
  run.update({ toRelease: number });
}

/** Traffic survives a reboot without the server, watching and going back do not: said once per installation. */
async function warnOnceAboutBoot(run: StepRunner): Promise<void> {
  const { store, host } = run.ctx;
  if (store.getSetting('warned.boot') !== undefined || (await host.startsAtBoot())) return;
  store.putSetting('warned.boot', 'yes');
  const message =
    'After a reboot the apps and their edge come back by themselves, the berth server only with the next command: `berth server install` starts it at boot.';
  run.emit({ type: 'notice', level: 'warning', message });
}

/** Whether a release would be the same again: project (but for the places in files), images and versions of secrets. */
function isSameRelease(current: Release, input: SideInput): boolean {
  const ids = (images: Release['images']): Record<string, string> =>
    Object.fromEntries(Object.entries(images).map(([name, image]) => [name, image.id]));
  const comparable = (r: Pick<Release, 'project' | 'images' | 'secrets'>): string =>
    stableJson({ project: { ...r.project, places: {} }, images: ids(r.images), secrets: r.secrets ?? {} });
  return comparable(current) === comparable(input);
}
