// An application that knows nothing of recording: `--import chronicle-otel/register` has to be enough.
import { trader } from './agent.mjs';

console.log(await trader('sell $1,000 worth'));
