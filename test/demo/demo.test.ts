// The demo as its users run it: the script, in a copy of the checkout, and afterwards the commands that it prints.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyOfCheckout, demo, type Ended, run } from './checkout-copy.js';

const WIDTH = 80;

/** What stands under each heading of the demo. */
function sectionsOf(stdout: string): Map<string, string> {
  const parts = stdout.split(/^(?=\d\. |Recording$|Try next$)/m).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part]));
}

/** The commands of a text, each in one line: those after `$`, or those of a list of things to try. */
function commandsIn(text: string, start: RegExp): string[] {
  const joined = text.replaceAll(/ \\\n\s+/g, ' ');
  return joined.split('\n').flatMap((line) => start.exec(line)?.[1] ?? []);
}

/** A text in one line. */
function unwrapped(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

describe('the demo', () => {
  let copy: string;
  let ended: Ended;
  let sections: Map<string, string>;

  beforeAll(async () => {
    copy = await copyOfCheckout();
    ended = await demo(copy);
    sections = sectionsOf(ended.stdout);
  }, 120_000);
  afterAll(() => rm(copy, { recursive: true, force: true }));

  it('goes through, step by step', () => {
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect([...sections.keys()]).toEqual([
      '1. An agent runs, and is recorded',
      '2. The run, as it was recorded',
      '3. The world is switched off',
      '4. Replay: the same wrong order, without a call',
      '5. The fix: the guardrail compares with the dollars asked for',
      '6. Replay with the fixed guardrail live: the order is blocked',
      'Recording',
      'Try next',
    ]);
  });

  const section = (start: string): string => [...sections].find(([heading]) => heading.startsWith(start))?.[1] ?? '';

  it('records the wrong order through real requests, all answered with 200', () => {
    expect(section('1.')).toContain('quantity: 1000');
    expect(section('1.')).toContain('5 requests, each answered with 200, and no exception.');
  });

  it('shows the run as a tree', () => {
    for (const name of ['agent trader', 'model decide', 'tool get_quote', 'guardrail limits', 'tool place_order']) expect(section('2.')).toContain(name);
  });

  it('stops the model and the broker before it replays', () => {
    expect(section('3.')).toMatch(/port \d+ refuses connections/);
  });

  it('replays the run with the verdict same', () => {
    expect(unwrapped(section('4.'))).toContain('same: the run ended as recorded; 6 calls were answered from the recording and none ran live.');
  });

  it('shows the fix as a difference', () => {
    expect(section('5.')).toMatch(/^ +\+ +const worth = order\.quantity \* price;$/m);
    expect(section('5.')).toMatch(/^ +- export function checkLimits\(order\) \{$/m);
  });

  it('replays with the fix with the verdict changed, and says what changed', () => {
    const text = section('6.');
    expect(text).toMatch(/^ {2}changed: /m);
    expect(text).toContain('worth $42150, not $1000');
    expect(text).toContain('place_order');
  });

  it('prints the commands that it runs, in lines of at most 80 columns', () => {
    const commands = commandsIn(ended.stdout, /^\$ (.*)/);
    expect(
      commands.map((line) =>
        line
          .replaceAll(/[0-9a-f]{32}/g, 'TRACE')
          .replaceAll(/[0-9a-f]{16}/g, 'SPAN')
          .replace(/^OUTSIDE_URL=\S+ /, ''),
      ),
    ).toEqual([
      "node --import ./examples/trading/otel.js examples/trading/run.js 'sell $1,000 worth of ACME stock'",
      'npx chronicle show TRACE --store file:./chronicle-runs',
      'npx chronicle replay TRACE:SPAN --import examples/trading/agent.js --store file:./chronicle-runs',
      'LIMITS=./limits-fixed.js npx chronicle replay TRACE:SPAN --import examples/trading/agent.js --live limits --store file:./chronicle-runs',
    ]);
    const tooLong = ended.stdout.split('\n').filter((line) => line.length > WIDTH && line.trim().includes(' '));
    expect(tooLong).toEqual([]);
  });

  it('ends with the path of a recording that is there', async () => {
    const [path = ''] = /chronicle-runs\/\S+\.chronicle/.exec(section('Recording')) ?? [];
    expect((await readFile(join(copy, path))).length).toBeGreaterThan(0);
    const shown = await run(copy, process.execPath, ['dist/cli.cjs', 'show', path]);
    expect(shown).toMatchObject({ code: 0 });
  });

  it('ends with three commands that work when they are pasted', async () => {
    const commands = commandsIn(section('Try next'), /^ {3}(npx .*)/);
    expect(commands).toHaveLength(3);
    const pasted = await Promise.all(commands.map((command) => run(copy, 'sh', ['-c', command])));
    expect(pasted.map(({ code }) => code)).toEqual([0, 0, 1]);
    expect(pasted[0]?.stdout).toContain('"allowed": true');
    expect(pasted[1]?.stdout).toContain('quantity: 1000');
    expect(pasted[1]?.stderr).toMatch(/^\s*same: /);
    expect(pasted[2]?.stdout).toMatch(/^diverged: .*now \{"symbol":"ACME","price":900\}/);
  }, 120_000);

  it('runs again over what it left behind', async () => {
    expect(await demo(copy)).toMatchObject({ code: 0, stderr: '' });
  }, 120_000);

  it('takes another port where its own is taken', async () => {
    const other = createServer();
    // Where something else has the port already, it is taken all the same.
    await new Promise<void>((resolve) => other.once('error', () => resolve()).listen(8377, '127.0.0.1', resolve));
    const again = await demo(copy);
    other.close();
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toContain('OUTSIDE_URL=http://127.0.0.1:');
  }, 120_000);

  it('fails where a step does not end as it says', async () => {
    const broken = await copyOfCheckout(copy);
    try {
      const buggy = await readFile(join(broken, 'examples/trading/limits.js'));
      await writeFile(join(broken, 'examples/trading/limits-fixed.js'), buggy);
      const failed = await demo(broken);
      expect(failed.code).toBe(1);
      expect(failed.stderr).toContain('The demo failed: the report does not say what changed');
    } finally {
      await rm(broken, { recursive: true, force: true });
    }
  }, 120_000);

  it('says how it is used, for an option that it does not know', async () => {
    const wrong = await demo(copy, '--oltp', 'http://127.0.0.1:4318');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('--otlp URL');
  });
});
