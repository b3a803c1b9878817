// The demo with a real Jaeger: the run is found there, and the address of its page is the ref of the replays.

import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readTrace } from '../servers/jaeger-api.js';
import { describeServers, type Jaeger, startJaeger } from '../servers/servers.js';
import { copyOfCheckout, demo, run } from './checkout-copy.js';

const SPANS_OF_THE_RUN = 7;

describeServers('the demo with Jaeger', () => {
  let jaeger: Jaeger;
  let copy: string;

  beforeAll(async () => {
    jaeger = await startJaeger();
    copy = await copyOfCheckout();
  });
  afterAll(async () => {
    await jaeger?.stop();
    await rm(copy, { recursive: true, force: true });
  });

  it('finds the run there, and replays it from its address', async () => {
    const ended = await demo(copy, '--otlp', jaeger.otlpUrl, '--jaeger', jaeger.queryUrl);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const [address = '', traceId = '', spanId = ''] = /In Jaeger: \S+\/trace\/([0-9a-f]{32})\?uiFind=([0-9a-f]{16})$/m.exec(ended.stdout) ?? [];
    const url = address.replace('In Jaeger: ', '');
    expect(url.startsWith(`${jaeger.queryUrl}/trace/`)).toBe(true);

    const spans = await readTrace(jaeger.queryUrl, traceId, SPANS_OF_THE_RUN);
    expect(spans.map(({ name }) => name)).toHaveLength(SPANS_OF_THE_RUN);
    const [root] = spans;
    expect(root).toMatchObject({ spanId, parentSpanId: undefined });
    expect(root?.attributes['chronicle.span_ref']).toBe(`${traceId}:${spanId}`);
    expect(root?.resource['service.name']).toBe('trading-desk');

    expect(ended.stdout.replaceAll(/ \\\n\s+/g, ' ')).toContain(`$ npx chronicle replay '${url}' --import examples/trading/agent.js`);
    // A page of it that was opened without picking a span out means the whole run.
    const whole = await run(copy, process.execPath, [
      'dist/cli.cjs',
      'replay',
      `${jaeger.queryUrl}/trace/${traceId}`,
      '--import',
      'examples/trading/agent.js',
      '--store',
      'file:./chronicle-runs',
    ]);
    expect(whole).toMatchObject({ code: 0 });
  });
});
