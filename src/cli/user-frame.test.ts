import { describe, expect, it } from 'vitest';
import { frameText, userFrameOf } from './user-frame.js';

const OWN = '/app/node_modules/chronicle-otel/dist';

function placeOf(...lines: string[]): string | undefined {
  const frame = userFrameOf(lines.join('\n'), OWN);
  return frame === undefined ? undefined : frameText(frame, '/app');
}

describe('userFrameOf()', () => {
  it('finds the first frame that is neither ours nor of Node', () => {
    expect(
      placeOf(
        'Error: no',
        '    at cross (/app/node_modules/chronicle-otel/dist/index.cjs:1:2)',
        '    at f (file:///app/src/agent.mjs:2:21)',
        '    at file:///app/src/agent.mjs:3:1',
      ),
    ).toBe('src/agent.mjs:2:21 (in f)');
    expect(placeOf('Error: no', '    at node:internal/modules/cjs/loader:1521:14', '    at async file:///app/a%20b.mjs?v=1:3:1')).toBe('a b.mjs:3:1');
    expect(placeOf('Error: no', '    at Object.<anonymous> (/app/agent.cjs:2:6)')).toBe('agent.cjs:2:6');
    expect(placeOf('Error: no', '    at async Promise.all (index 0)', '    at new Agent (/other/agent.cjs:2:6)')).toBe('/other/agent.cjs:2:6 (in new Agent)');
  });

  it('prefers the user to a package of theirs, and a package to nothing', () => {
    expect(placeOf('Error: no', '    at g (/app/node_modules/openai/index.js:9:9)', '    at f (/app/agent.js:2:1)')).toBe('agent.js:2:1 (in f)');
    expect(placeOf('Error: no', '    at g (/app/node_modules/openai/index.js:9:9)')).toBe('node_modules/openai/index.js:9:9 (in g)');
  });

  it('reads the place that Node puts before a syntax error', () => {
    expect(
      placeOf(
        'file:///app/link.mjs:1',
        'import {nope} from "./other.mjs";',
        '        ^^^^',
        "SyntaxError: The requested module './other.mjs' does not provide an export named 'nope'",
        '    at ModuleJob._instantiate (node:internal/modules/esm/module_job:213:21)',
      ),
    ).toBe('link.mjs:1');
    expect(placeOf('/app/syntax.cjs:1', 'const x=;', '        ^', '', "SyntaxError: Unexpected token ';'")).toBe('syntax.cjs:1');
  });

  it('finds nothing where there is nothing', () => {
    expect(placeOf('Error: no')).toBeUndefined();
    expect(placeOf('Error: no', '    at ModuleJob.run (node:internal/modules/esm/module_job:325:25)')).toBeUndefined();
  });
});
