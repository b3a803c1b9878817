// An application that knows nothing of recording: `--require chronicle-otel/register` has to be enough.
const { trader } = require('./agent.cjs');

void trader('sell $1,000 worth').then(console.log);
