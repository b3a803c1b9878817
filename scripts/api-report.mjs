// @ts-check
// Writes docs/api-report.txt: every name that the package exports, with its declaration, out of the built declarations.
// With --check it compares instead, so that a change of what users see is seen in review. Build first.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'docs/api-report.txt');
const ENTRIES = {
  'chronicle-otel': 'index',
  'chronicle-otel/register': 'register',
  'chronicle-otel/envelope': 'envelope',
  'chronicle-otel/semconv': 'semconv',
};

const files = Object.values(ENTRIES).map((name) => join(root, 'dist', `${name}.d.mts`));
const program = ts.createProgram(files, { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: [], noLib: true });
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: true });

/** @param {ts.Declaration} declaration */
function textOf(declaration) {
  const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const text = printer.printNode(ts.EmitHint.Unspecified, statement, statement.getSourceFile());
  return text.replace(/^(?:export )?(?:declare )?/, '');
}

/** @param {string} name @param {string} path */
function sectionOf(name, path) {
  const source = program.getSourceFile(path);
  if (source === undefined) throw new Error(`There is no ${path}. Run npm run build first.`);
  const module = checker.getSymbolAtLocation(source);
  const lines = (module === undefined ? [] : checker.getExportsOfModule(module))
    .map((exported) => {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const declarations = (symbol.declarations ?? []).map(textOf);
      if (declarations.length === 0) throw new Error(`${path} exports ${exported.name}, which has no declaration.`);
      return { name: exported.name, text: declarations.join('\n') };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ text }) => text);
  return `=== ${name}\n\n${lines.length === 0 ? '(no exports)' : lines.join('\n')}\n`;
}

const head = 'What the package exports. Written by scripts/api-report.mjs (npm run api); a difference in review is a change for users.\n';
const report = [head, ...Object.entries(ENTRIES).map(([name], index) => sectionOf(name, /** @type {string} */ (files[index])))].join('\n');

if (process.argv.includes('--check')) {
  let committed = '';
  try {
    committed = readFileSync(target, 'utf8');
  } catch {
    // There is none yet, which is a difference as well.
  }
  if (committed !== report) {
    const before = new Set(committed.split('\n'));
    const after = new Set(report.split('\n'));
    for (const line of before) if (!after.has(line)) console.error(`- ${line}`);
    for (const line of after) if (!before.has(line)) console.error(`+ ${line}`);
    console.error('What the package exports differs from docs/api-report.txt. If that is meant, run: npm run api');
    process.exitCode = 1;
  }
} else writeFileSync(target, report);
