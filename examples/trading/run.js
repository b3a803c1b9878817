// Runs the agent once: node --import ./examples/trading/otel.js examples/trading/run.js 'sell $1,000 worth of ACME stock'

import { trader } from './agent.js';

const result = await trader(process.argv[2] ?? 'sell $1,000 worth of ACME stock');
console.log(result);
