import { BerthError, toBerthError } from '../../errors/index.ts';
import type { CertificateWish, Service } from '../../model/index.ts';
import { certificateWarning, certificateWish } from '../../plan/index.ts';
import type { RunContext } from '../deps.ts';

/** Makes sure that there is something to speak TLS with, and warns of files that end soon: nobody else renews them. */
export async function ensureCertificate(ctx: RunContext, service: Service): Promise<void> {
  const held = await ctx.certificateKeeper.ensure(needWish(ctx, service));
  const warning = held.kind === 'files' ? certificateWarning(held, ctx.clock.now()) : undefined;
  if (warning !== undefined) ctx.events.emit(ctx.rolloutId, ctx.app, { type: 'notice', level: 'warning', message: `${warning}.` });
}

/** Orders a certificate. One that cannot be had fails nothing: the placeholder serves, and the order is tried again later. */
export async function orderForService(ctx: RunContext, service: Service, signal: AbortSignal): Promise<{ note?: string }> {
  const wish = needWish(ctx, service);
  try {
    await ctx.certificateKeeper.order(wish, signal);
    return {};
  } catch (thrown) {
    signal.throwIfAborted();
    const { message, hint } = toBerthError(thrown);
    const { issuer } = await ctx.certificateKeeper.ensure(wish);
    const text = `${message} A certificate of ${issuer} serves meanwhile, and the order is tried again.${hint === undefined ? '' : ` ${hint}`}`;
    ctx.events.emit(ctx.rolloutId, ctx.app, { type: 'notice', level: 'warning', message: text });
    return { note: 'not issued yet' };
  }
}

function needWish(ctx: RunContext, service: Service): CertificateWish {
  const wish = certificateWish(ctx.app, service);
  if (wish === undefined) throw new BerthError('INTERNAL', `${service.name} needs no certificate.`);
  return wish;
}
