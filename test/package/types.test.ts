// The declarations, as strict users of either module system and either line of the SDK meet them, libraries checked too.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';

const PROVIDER = {
  sdk2: `import { NodeTracerProvider as Provider } from '@opentelemetry/sdk-trace-node';
import { AlwaysOnSampler } from '@opentelemetry/sdk-trace-node';`,
  sdk3: `import { TracerProvider as Provider } from '@opentelemetry/sdk-trace';
import { AlwaysOnSampler } from '@opentelemetry/sdk-trace';`,
} as const;

const USE = `
import { boundary, ChronicleError, EnvelopeExporter, flush, isChronicleError, openArchive, recordBoundaries, RecordSpanProcessor, replay, ReplaySpanProcessor } from 'chronicle-otel';
import { readSegment, type Envelope } from 'chronicle-otel/envelope';
import { ATTR_CHRONICLE_BOUNDARY_KIND } from 'chronicle-otel/semconv';
import 'chronicle-otel/register';

const quote = boundary.tool('get_quote', async (symbol: string, depth?: number) => ({ symbol, price: 1, depth }), { effect: 'read' });
declare const settled: Awaited<ReturnType<typeof quote>>;
const price: number = settled.price;
// @ts-expect-error the wrapped function keeps its parameters
void quote(1);
const general = boundary({ kind: 'step', name: 'part' }, (n: number) => n + 1);
const sum: number = general(price);
const stream = boundary.model('stream', async function* () { yield 'a'; });
const parts: AsyncGenerator<string> = stream();

class Broker {
  @boundary.tool('place_order')
  async place(order: { shares: number }): Promise<string> { return String(order.shares); }
}

const provider = new Provider({
  sampler: recordBoundaries(new AlwaysOnSampler()),
  spanProcessors: [new RecordSpanProcessor({ store: 'file:./runs' })],
});

async function main(): Promise<void> {
  const report = await replay('ref', { store: 'file:./runs', policy: { place_order: 'block' } });
  const verdict: 'same' | 'changed' | 'diverged' | 'refused' = report.verdict;
  const { recording } = await (await openArchive('file:./runs')).find('ref');
  new Provider({ spanProcessors: [new ReplaySpanProcessor({ recording, policy: { place_order: 'block' } })] });
  const first: Envelope | undefined = recording.envelopes[0];
  const value: unknown = first?.input.decode();
  try { await flush(); } catch (error) { if (isChronicleError(error, 'CHRONICLE_STORE_UNAVAILABLE')) throw new ChronicleError(error.code, error.message); }
  void [verdict, value, sum, parts, new Broker(), provider, readSegment, EnvelopeExporter, ATTR_CHRONICLE_BOUNDARY_KIND];
}
void main;
`;

it.each(inject('apps'))('are right for .mts and .cts, $line', async ({ line, directory }) => {
  const checkout = inject('checkout');
  for (const form of ['mts', 'cts']) writeFileSync(join(directory, `typed.${form}`), `${PROVIDER[line]}\n${USE}`);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2023', 'esnext.disposable'],
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [join(checkout, 'node_modules/@types')],
  };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['typed.mts', 'typed.cts'] }));
  const output = await new Promise<string>((done) => {
    execFile(process.execPath, [join(checkout, 'node_modules/typescript/bin/tsc'), '-p', '.'], { cwd: directory }, (_, stdout) => done(stdout));
  });
  expect(output).toBe('');
});
