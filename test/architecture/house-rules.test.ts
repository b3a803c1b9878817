// Rules of the house that no compiler knows: who prints, who ends the process, who turns values into JSON.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { VERSION } from '../../src/version.js';
import { checkout, findIn, readSources, type SourceFile } from './sources.js';

const sources = readSources();

function uses(wanted: RegExp, room: (file: SourceFile) => boolean): string[] {
  const isUse = (node: ts.Node): node is ts.PropertyAccessExpression => ts.isPropertyAccessExpression(node) && wanted.test(node.getText());
  return sources.filter(room).flatMap((file) => findIn(file, isUse).map(({ at }) => at));
}

const outsideOfCli = ({ room }: SourceFile): boolean => room !== 'cli' && room !== 'viewer';

it('prints nowhere but in the command', () => {
  expect(uses(/^(?:globalThis\.)?(?:console\.\w+|process\.(?:stdout|stderr))$/, outsideOfCli)).toEqual([]);
});

it('never ends the process, nor sets its exit code, but in the command', () => {
  // `kill` with the signal 0 only asks whether a process is there.
  const endsNothing = ({ path }: SourceFile): boolean => path === 'archive/process-life.ts';
  expect(uses(/^(?:globalThis\.)?process\.(?:exit|exitCode|abort|kill|reallyExit)$/, (file) => outsideOfCli(file) && !endsNothing(file))).toEqual([]);
});

it('reads argv nowhere but in the command, and where facts about the process are taken', () => {
  expect(uses(/^(?:globalThis\.)?process\.argv$/, (file) => outsideOfCli(file) && file.path !== 'export/process-facts.ts')).toEqual([]);
});

it('carries the version of package.json', () => {
  const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { version: string };
  expect(VERSION).toBe(version);
});

/**
 * Who may give JSON.stringify more than a text to put in quotes, and why. It throws for a bigint and a cycle, drops
 * undefined, functions and symbols, and calls `toJson` of the user's objects, so a user's value must never meet it.
 */
const STRINGIFIES: Readonly<Record<string, string>> = {
  'setup/program-replay.ts': 'writes a report whose values were converted before',
};

it('gives JSON.stringify nothing but text, so that no value of a user is lost in it', () => {
  const program = ts.createProgram(
    sources.map(({ path }) => join(checkout, 'src', path)).filter((path) => path.endsWith('.ts')),
    { ...compilerOptions(), noEmit: true },
  );
  const checker = program.getTypeChecker();
  const isStringify = (node: ts.Node): node is ts.CallExpression => ts.isCallExpression(node) && node.expression.getText() === 'JSON.stringify';
  const used = new Set<string>();
  const wrong = sources.filter(outsideOfCli).flatMap((file) => {
    const syntax = program.getSourceFile(join(checkout, 'src', file.path));
    if (syntax === undefined) return [];
    return findIn({ ...file, syntax }, isStringify)
      .filter(({ node: { arguments: args } }) => args[0] === undefined || !isText(checker.getTypeAtLocation(args[0]), checker))
      .filter(() => {
        used.add(file.path);
        return STRINGIFIES[file.path] === undefined;
      })
      .map(({ at }) => at);
  });
  expect(wrong).toEqual([]);
  expect(
    Object.keys(STRINGIFIES).filter((path) => !used.has(path)),
    'these no longer do, so the list can forget them',
  ).toEqual([]);
}, 60_000);

/** Whether values of a type are texts, numbers, booleans or lists of them: JSON.stringify is then only a way of writing. */
function isText(type: ts.Type, checker: ts.TypeChecker): boolean {
  if (type.isUnion()) return type.types.every((one) => isText(one, checker));
  if ((type.flags & ts.TypeFlags.TypeParameter) !== 0) {
    const constraint = checker.getBaseConstraintOfType(type);
    return constraint !== undefined && isText(constraint, checker);
  }
  const item = checker.isArrayLikeType(type) ? type.getNumberIndexType() : undefined;
  if (item !== undefined) return isText(item, checker);
  return (type.flags & (ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BooleanLike | ts.TypeFlags.Undefined)) !== 0;
}

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(checkout, 'tsconfig.json'), ts.sys.readFile) as { config: { compilerOptions: object } };
  return ts.convertCompilerOptionsFromJson(config.compilerOptions, checkout).options;
}
