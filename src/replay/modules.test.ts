import { describe, expect, it } from 'vitest';
import { moduleFailure } from './modules.js';

const failure = (code: string | undefined, message: string): string =>
  moduleFailure('./agent.ts', Object.assign(new TypeError(message), code === undefined ? {} : { code }), '20.19.0').message;

describe('moduleFailure()', () => {
  it('says what is missing where Node does not read TypeScript', () => {
    expect(failure('ERR_UNKNOWN_FILE_EXTENSION', 'Unknown file extension ".ts" for /app/agent.ts')).toBe(
      'Cannot load ./agent.ts: Node 20.19.0 does not read TypeScript.\nInstall tsx (npm install --save-dev tsx) and start with NODE_OPTIONS="--import tsx", or use Node 22.18 or newer.',
    );
  });

  it('says so where the TypeScript needs more than stripping', () => {
    expect(failure('ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX', 'TypeScript enum is not supported in strip-only mode')).toBe(
      'Cannot load ./agent.ts: it holds TypeScript that Node 20.19.0 cannot strip (TypeError: TypeScript enum is not supported in strip-only mode).\n' +
        'Start with NODE_OPTIONS="--import tsx", or write it without enums, namespaces and parameter properties.',
    );
  });

  it('says what Node does not resolve in TypeScript', () => {
    expect(failure('ERR_MODULE_NOT_FOUND', "Cannot find module '/app/tools.js' imported from /app/agent.ts")).toBe(
      "Cannot load ./agent.ts: TypeError: Cannot find module '/app/tools.js' imported from /app/agent.ts.\n" +
        'If it imports TypeScript under a .js name, which Node does not resolve, start with NODE_OPTIONS="--import tsx".',
    );
  });

  it('keeps the cause, and no stack in the message', () => {
    const cause = new RangeError('no key');
    const error = moduleFailure('./agent.js', cause, '24.0.0');
    expect([error.code, error.message, error.cause]).toEqual([
      'CHRONICLE_MODULE_FAILED',
      'Cannot load ./agent.js: RangeError: no key.\nMake it load by itself first, as with node ./agent.js.',
      cause,
    ]);
  });
});
